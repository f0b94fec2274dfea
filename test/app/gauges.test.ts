import { describe, expect, test } from 'vitest';
import { Gauges } from '../../functions/app/gauges.js';

describe('gauges with a clock of the test', () => {
  function gauges(idle = 0) {
    const clock = { ms: 0 };
    return {
      clock,
      gauges: new Gauges(
        () => idle,
        () => clock.ms,
      ),
    };
  }

  test('the times of requests are counted in cumulative buckets', () => {
    const { clock, gauges: made } = gauges();
    for (const ms of [0, 0.5, 60_000, 1, 7, 99]) {
      const request = made.requested();
      clock.ms += ms;
      request.settled('acquired');
    }
    const { acquireTimes, longestWaitMs, acquires } = made.snapshot('orders', 5).totals;
    expect({ acquires, longestWaitMs, sumMs: acquireTimes.sumMs, count: acquireTimes.count }).toEqual({
      acquires: 6,
      longestWaitMs: 60_000,
      sumMs: 60_107.5,
      count: 6,
    });
    expect(acquireTimes.buckets.map(({ leMs, count }) => `${leMs}: ${count}`)).toEqual([
      '0: 1',
      '1: 3',
      '5: 3',
      '10: 4',
      '50: 4',
      '100: 5',
      '500: 5',
      '1000: 5',
      '5000: 5',
      '50000: 5',
    ]);
  });

  test('a request without a connection counts for the longest wait, and not as an acquire', () => {
    const { clock, gauges: made } = gauges();
    const [late, refused] = [made.requested(), made.requested()];
    late.waits();
    clock.ms = 3_000;
    late.settled('timeout');
    refused.settled('failed');
    expect(made.snapshot('orders', 5)).toMatchObject({
      waiting: 0,
      totals: {
        acquires: 0,
        acquireTimeouts: 1,
        acquireFailures: 1,
        waits: 1,
        longestWaitMs: 3_000,
        acquireTimes: { count: 0, sumMs: 0 },
      },
    });
  });

  test('peaks include a spike between two samples, and the next peaks start at the current values', () => {
    const { gauges: made } = gauges(2);
    const requests = [made.requested(), made.requested(), made.requested()];
    for (const request of requests) {
      request.waits();
    }
    for (let count = 0; count < 4; count += 1) {
      made.acquired();
    }
    made.released();
    requests.pop()?.settled('acquired');
    requests.pop()?.settled('acquired');
    expect(made.takePeaks()).toEqual({ open: 6, inUse: 4, waiting: 3 });
    expect(made.takePeaks()).toEqual({ open: 5, inUse: 3, waiting: 1 });
  });
});
