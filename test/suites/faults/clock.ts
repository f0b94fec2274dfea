import { vi } from 'vitest';

const TURN_MS = 10;

const RealDate = Date;
let now = 0;
let monotonic = 0;
let isStopped = false;

function pass(ms: number): void {
  now += ms;
  monotonic += ms;
}

setInterval(() => pass(isStopped ? 0 : TURN_MS), TURN_MS).unref();

/**
 * Counts turns of the event loop and can be moved forward, so that no test waits for the minute between two checks. A turn adds
 * 10 ms and takes at least as long: a duration on this clock is what a check waited for, not how busy the machine is.
 */
class TurnDate extends RealDate {
  constructor(...parts: readonly unknown[]) {
    super(...((parts.length === 0 ? [now] : parts) as [number]));
  }

  static override now(): number {
    return now;
  }
}

/** The performance timer of Node, whose `now` goes by the same turns. */
function turnPerformance(): typeof performance {
  return new Proxy(performance, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      return key === 'now' ? () => monotonic : typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export const clock = {
  /** Until `vi.unstubAllGlobals`. */
  install(): void {
    now = RealDate.now();
    isStopped = false;
    vi.stubGlobal('Date', TurnDate);
    vi.stubGlobal('performance', turnPerformance());
  },
  skip(ms: number): void {
    pass(ms);
  },
  /** Sets the wall clock alone: back, or forth as a frozen process finds it. The monotonic clock stays. */
  step(ms: number): void {
    now += ms;
  },
  /** To so many milliseconds after that moment; where it is past, nothing is skipped. */
  skipTo(moment: number, ms: number): void {
    pass(Math.max(0, moment + ms - now));
  },
  /** From now on only `skip` moves it. */
  stop(): void {
    isStopped = true;
  },
};
