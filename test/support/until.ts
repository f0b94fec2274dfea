import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until a condition holds, however slow the machine is: a bound on hanging, not a measurement.
 *
 * @throws Error that says what did not come true
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 50_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) {
      throw new Error(`Not within ${withinMs} ms: ${what}`);
    }
    await pause(10);
  }
}
