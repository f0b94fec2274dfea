import { vi } from 'vitest';

const RealDate = Date;
let ahead = 0;

/** Goes on as it is and can be put forward, so that a minute between two checks need not be waited for. */
class AheadDate extends RealDate {
  constructor(...parts: readonly unknown[]) {
    super(...((parts.length === 0 ? [AheadDate.now()] : parts) as [number]));
  }

  static override now(): number {
    return RealDate.now() + ahead;
  }
}

export const clock = {
  /** Until `vi.unstubAllGlobals`. */
  install(): void {
    ahead = 0;
    vi.stubGlobal('Date', AheadDate);
  },
  skip(ms: number): void {
    ahead += ms;
  },
  /** To so many milliseconds after that moment; where it is past, nothing is skipped. */
  skipTo(moment: number, ms: number): void {
    ahead += Math.max(0, moment + ms - AheadDate.now());
  },
};
