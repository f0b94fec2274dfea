/** What has to be gone when this process goes, newest last. */
const leftovers = new Set<() => void>();

/**
 * Registers what ends and removes something at once, for the case that the run is interrupted: by Ctrl-C, by a signal, or
 * because the test runner above this process died. Whoever has removed it in the ordinary way, takes it back.
 *
 * @returns takes it back
 */
export function whenInterrupted(remove: () => void): () => void {
  leftovers.add(remove);
  return () => leftovers.delete(remove);
}

for (const event of ['disconnect', 'SIGHUP', 'SIGINT', 'SIGTERM']) {
  process.once(event, () => {
    for (const remove of [...leftovers].reverse()) {
      remove();
    }
    // The runner forbids `process.exit` here, and there is nothing left to wait for.
    process.kill(process.pid, 'SIGKILL');
  });
}
