import { vi } from 'vitest';

const TURN_MS = 10;

const RealDate = Date;
let now = 0;
let isStopped = false;

setInterval(() => {
  now += isStopped ? 0 : TURN_MS;
}, TURN_MS).unref();

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

export const clock = {
  /** Until `vi.unstubAllGlobals`. */
  install(): void {
    now = RealDate.now();
    isStopped = false;
    vi.stubGlobal('Date', TurnDate);
  },
  skip(ms: number): void {
    now += ms;
  },
  /** To so many milliseconds after that moment; where it is past, nothing is skipped. */
  skipTo(moment: number, ms: number): void {
    now = Math.max(now, moment + ms);
  },
  /** From now on only `skip` moves it. */
  stop(): void {
    isStopped = true;
  },
};
