/** Part of `max` at the bottom and the top of the wave; beyond 1 it stays full for a while. */
const LEAST = 0.1;
const MOST = 1.1;

/**
 * How many connections the demo application needs at a moment: it rises slowly from few to all that it may have, stays
 * there for a quarter of the period and goes back. The same at every run.
 *
 * @param elapsedMs since the start
 * @param periodMs from one bottom to the next
 * @returns a whole number from 1 to `max`
 */
export function neededConnections(elapsedMs: number, periodMs: number, max: number): number {
  const height = (1 - Math.cos((2 * Math.PI * elapsedMs) / periodMs)) / 2;
  const needed = Math.round(max * (LEAST + (MOST - LEAST) * height));
  return Math.min(max, Math.max(1, needed));
}

/**
 * Milliseconds from bottom to bottom. A connection stays open for `idleTimeout` after it was used, so the wave leaves time
 * for that before it rises again; more than 40 s of it are not waited for.
 */
export function wavePeriod(idleTimeoutMs: number): number {
  return 50_000 + Math.min(idleTimeoutMs, 40_000);
}
