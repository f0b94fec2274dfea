import { readFileSync } from 'node:fs';

/** Whether a process runs; null is none. One that has ended and only waits to be reaped, as in a container without an init, does not. */
export function isAlive(pid: number | null): boolean {
  if (pid === null) {
    return false;
  }
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // There is no /proc here.
    return true;
  }
}
