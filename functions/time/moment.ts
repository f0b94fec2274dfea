/**
 * A moment on both clocks, in milliseconds. Neither clock alone can say how long ago a moment is: the wall clock is set back
 * and forth, and the monotonic clock stops while a Lambda is frozen or a computer sleeps.
 */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly wall: number;
  /** Milliseconds since the process started. */
  readonly monotonic: number;
}

/** Before every other moment: its age is infinite. */
export const NEVER: Moment = { wall: Number.NEGATIVE_INFINITY, monotonic: Number.NEGATIVE_INFINITY };

export function currentMoment(): Moment {
  return { wall: Date.now(), monotonic: monotonicMs() };
}

/**
 * The age of a moment, for every decision about "too old" and "long enough ago": the larger difference of the two clocks, and
 * infinite if the wall clock was set back behind the moment. How long ago it was is then unknown, since a frozen Lambda stops
 * the monotonic clock, and a value that is read again too early does less harm than one that counts as fresh for an hour.
 */
export function ageMs(since: Moment, until: Moment = currentMoment()): number {
  const wallMs = until.wall - since.wall;
  return wallMs < 0 ? Number.POSITIVE_INFINITY : Math.max(wallMs, until.monotonic - since.monotonic);
}

/** Whole milliseconds since a moment, for people to read: never negative, and finite also if the wall clock was set back. */
export function elapsedMs(since: Moment, until: Moment = currentMoment()): number {
  return Math.round(Math.max(until.wall - since.wall, until.monotonic - since.monotonic));
}

/** The monotonic clock, for deadlines and durations within one run: setting the wall clock does not move them. */
export function monotonicMs(): number {
  return performance.now();
}
