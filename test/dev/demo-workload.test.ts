import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neededConnections, wavePeriod } from '../../functions/dev/demo-workload.js';

const PERIOD = wavePeriod(10_000);

/** The need at every second of a period. */
function wave(max: number): number[] {
  return Array.from({ length: PERIOD / 1_000 }, (_, second) => neededConnections(second * 1_000, PERIOD, max));
}

describe('the wave of the demo', () => {
  it('rises from normal through warning to critical and falls again within a minute, with the settings of development', () => {
    expect(PERIOD).toBe(60_000);
    const judged = wave(10).map((needed) => (needed < 7 ? 'normal' : needed < 10 ? 'warning' : 'critical'));
    const changes = judged.filter((status, second) => status !== judged[second - 1]);
    expect(changes).toEqual(['normal', 'warning', 'critical', 'warning', 'normal']);
  });

  it('stays at each level long enough for a check every five seconds to detect it', () => {
    const needs = wave(10);
    const seconds = (from: number, to: number) => needs.filter((need) => need >= from && need <= to).length;
    expect(seconds(1, 6)).toBeGreaterThanOrEqual(20);
    expect(seconds(7, 9)).toBeGreaterThanOrEqual(10);
    expect(seconds(10, 10)).toBeGreaterThanOrEqual(10);
  });

  it('is a whole number from 1 to max at every moment, and the same in every period', () => {
    const moments = fc.integer({ min: 0, max: 10 * PERIOD });
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 5_000 }), (elapsedMs, max) => {
        const needed = neededConnections(elapsedMs, PERIOD, max);
        expect(Number.isInteger(needed)).toBe(true);
        expect(needed).toBeGreaterThanOrEqual(1);
        expect(needed).toBeLessThanOrEqual(max);
        expect(Math.abs(neededConnections(elapsedMs + PERIOD, PERIOD, max) - needed)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('leaves idle connections time to close, up to a period of a minute and a half', () => {
    expect(wavePeriod(30_000)).toBe(80_000);
    expect(wavePeriod(3_600_000)).toBe(90_000);
  });
});
