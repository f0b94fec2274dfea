/**
 * Emits `exit` however this process is interrupted, short of SIGKILL: by Ctrl-C, by a signal, or because the test runner
 * has died. The listeners of `exit` end programs and remove folders.
 */
for (const event of ['disconnect', 'SIGHUP', 'SIGINT', 'SIGTERM']) {
  process.once(event, () => {
    process.emit('exit', 1);
    // The runner forbids `process.exit` in here.
    process.kill(process.pid, 'SIGKILL');
  });
}
