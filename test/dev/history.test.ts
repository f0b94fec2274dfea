import { beforeEach, expect, test } from 'vitest';
import { problem } from '../../functions/core/problems.js';
import type { PoolSample } from '../../functions/core/sample.js';
import { type Assessment, evaluate } from '../../functions/core/verdict.js';
import { LocalHistory } from '../../functions/dev/history.js';
import { historyInWords } from '../../functions/page/history-summary.js';
import { configOf, counts, managed, NOON, seen, unseen } from '../support/samples.js';

const STEP_MS = 5_000;

let now: number;
let history: LocalHistory;
beforeEach(() => {
  now = NOON;
  history = new LocalHistory(STEP_MS, () => now);
});

function check(at: number, sample: PoolSample, pool = 'local'): void {
  now = at;
  const taken = { ...sample, takenAt: at };
  const assessment: Assessment = { pool, config: configOf(10), sample: taken, verdict: evaluate(configOf(10), taken) };
  history.add([assessment]);
}

const total = (count: number, active = 1) => seen({ connections: counts({ total: count, active }) });
const iso = (at: number) => new Date(at).toISOString();

test('there is no pool before the first check', () => {
  expect(history.pools).toEqual([]);
});

test('the history has the values of the checks, oldest first', async () => {
  check(NOON, total(4, 3));
  check(NOON + STEP_MS, seen({ connections: counts({ total: 10, active: 10 }), managed: managed({ waiting: 2 }) }));
  now = NOON + 7_000;
  expect(history.pools).toEqual(['local']);
  expect(await history.history('local')).toEqual({
    pool: 'local',
    source: 'memory',
    stepSeconds: 5,
    from: iso(now - 300_000),
    to: iso(now),
    times: [NOON / 1_000, NOON / 1_000 + 5],
    series: {
      utilization: [40, 100],
      active: [3, 10],
      idle: [1, 0],
      waiting: [null, 2],
      healthy: [1, 0],
    },
    problems: [],
  });
});

test('an unknown value is null, not 0, and the verdict is known nevertheless', async () => {
  check(NOON, unseen({ problems: [problem('PROBE.UNREACHABLE')] }));
  const { series } = await history.history('local');
  expect(series).toEqual({ utilization: [null], active: [null], idle: [null], waiting: [null], healthy: [0] });
});

test('missing checks are a gap, not a line from before to after', async () => {
  check(NOON, total(4));
  check(NOON + 3 * STEP_MS, total(5));
  check(NOON + 40_000, total(6));
  const { times, series } = await history.history('local');
  expect(times.map((time) => time - NOON / 1_000)).toEqual([0, 15, 20, 25, 30, 35, 40]);
  expect(series.utilization).toEqual([40, 50, null, null, null, null, 60]);
  expect(series.healthy).toEqual([1, 1, null, null, null, null, 1]);
});

test('a gap is as long as the pause was', async () => {
  check(NOON, total(4));
  check(NOON + 600_000, total(6));
  expect(historyInWords(await history.history('local'))).toContain('unknown for 10 min');
  check(NOON + 10 * 3_600_000, total(6));
  expect((await history.history('local')).times).toHaveLength(720);
});

test('the history covers an hour, and older values are removed', async () => {
  for (let at = NOON; at <= NOON + 2 * 3_600_000; at += 60_000) {
    check(at, total(4));
  }
  const { from, to, times } = await history.history('local');
  expect([from, to]).toEqual([iso(now - 3_600_000), iso(now)]);
  expect(times.at(0)).toBe((now - 3_600_000) / 1_000);
  now += 1_800_000;
  expect((await history.history('local')).times.at(0)).toBe((now - 3_600_000) / 1_000);
});

test('each pool has a history of its own', async () => {
  check(NOON, total(1), 'orders');
  check(NOON, total(9), 'carts');
  expect(history.pools).toEqual(['orders', 'carts']);
  expect((await history.history('orders')).series.utilization).toEqual([10]);
  expect((await history.history('carts')).series.utilization).toEqual([90]);
});
