/**
 * However this process is interrupted, short of SIGKILL, what listens to its `exit` is called: by Ctrl-C, by a signal, or
 * because the test runner above it has died. That is where programs and folders are removed.
 */
for (const event of ['disconnect', 'SIGHUP', 'SIGINT', 'SIGTERM']) {
  process.once(event, () => {
    process.emit('exit', 1);
    // The runner forbids `process.exit` in here.
    process.kill(process.pid, 'SIGKILL');
  });
}
