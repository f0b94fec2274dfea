import { describe, expect, it, test } from 'vitest';
import { age, duration, number, percent } from '../../functions/core/format.js';
import { type PoolSummary, poolReport, worstOf } from '../../functions/core/pool-report.js';
import { problem } from '../../functions/core/problems.js';
import type { PoolSample } from '../../functions/core/sample.js';
import { byTrouble, levelOfSummary, troubleInWords } from '../../functions/core/trouble.js';
import { evaluate } from '../../functions/core/verdict.js';
import { layerPanels } from '../../functions/page/layers.js';
import { configOf, counts, managed, NOON, seen, slots, unseen } from '../support/samples.js';

/** The rows of the three sides, seconds after the report came. */
function sides(sample: PoolSample, seconds = 0) {
  const config = configOf(20);
  const report = poolReport({ pool: 'orders', config, sample, verdict: evaluate(config, sample) }, NOON + 1_000);
  const [app, beside, database] = layerPanels(report, seconds * 1_000);
  const rows = (side: typeof app) => Object.fromEntries(side.rows);
  return { app, beside, database, appRows: rows(app), besideRows: rows(beside), databaseRows: rows(database) };
}

describe('the three sides', () => {
  it('have the figures of the report, each with its age, which grows while no other comes', () => {
    const sample = seen({
      connections: counts({ total: 7, active: 3, idleInTransaction: 1, longestTransactionMs: 2_500, server: 30 }),
      slots: slots({ maxConnections: 100, superuserReserved: 3 }),
      managed: managed({ limit: 20, inUse: 3, waiting: 2, longestWaitMs: 800 }),
      app: { waiting: 4, takenAt: NOON - 59_000 },
    });
    const { app, beside, database, appRows, besideRows, databaseRows } = sides(sample, 4);
    expect(appRows).toEqual({
      'Its settings': 'min 1, max 20',
      'Waiting inside': '4',
      'Waits at most': '10 s',
      'Idle inside a transaction': '1',
      'Oldest transaction': '2.5 s',
    });
    expect(besideRows).toEqual({ Borrowed: '3 of 20', 'Clients that wait': '2', 'The first waits for': '800 ms' });
    expect(databaseRows).toEqual({
      'Open, of this pool': '7 of 20',
      Active: '3',
      Idle: '4',
      'Slots of the server': '30 of 97 in use',
    });
    expect([app.age, beside.age, database.age]).toEqual(['64 s ago', '5 s ago', '5 s ago']);
    expect(beside.name).toBe('PgBouncer');
  });

  it('say unknown for what could not be seen, and never 0', () => {
    const { database, appRows, besideRows, databaseRows } = sides(unseen({ problems: [problem('PROBE.DNS')] }));
    expect(Object.values(databaseRows)).toEqual(['unknown of 20', 'unknown', 'unknown', 'unknown']);
    expect(database.age).toBeNull();
    expect(appRows).toMatchObject({
      'Waiting inside': 'not published',
      'Idle inside a transaction': 'unknown',
      'Oldest transaction': 'unknown',
    });
    expect(besideRows).toEqual({ Kind: 'unknown' });
  });

  it('tell of an RDS Proxy what it tells, and that it counts no queue', () => {
    const view = managed({
      takenAt: NOON - 149_000,
      isLive: false,
      limit: null,
      inUse: 12,
      pinned: 5,
      borrowWaitMs: 18,
    });
    const { beside, besideRows } = sides(seen({ managed: { ...view, kind: 'rds-proxy' } }));
    expect([beside.name, beside.age]).toEqual(['RDS Proxy', '2 min ago']);
    expect(besideRows).toEqual({
      Borrowed: '12',
      'Clients that wait': 'not counted',
      'Mean wait to borrow': '18 ms',
      'Pinned to one client': '5',
    });
  });

  it.each([
    ['none', { Kind: 'none' }],
    ['unknown', { Figures: 'unknown' }],
    ['pgbouncer', { Figures: 'unknown' }],
  ] as const)('of kind %s without figures invent none', (kind, expected) => {
    expect(sides(seen({ managed: { kind, source: 'backend', stats: null } })).besideRows).toEqual(expected);
  });

  it.each([
    ['managed', seen({ connections: counts({ total: 3 }), problems: [problem('MANAGED.FULL')] })],
    ['database', unseen({ problems: [problem('PROBE.SLOTS_EXHAUSTED')] })],
    ['app', seen({ connections: counts({ total: 3 }), app: { waiting: 2, takenAt: NOON } })],
  ])('mark %s as the one that is full, and no other', (id, sample) => {
    const { app, beside, database } = sides(sample);
    expect([app, beside, database].filter(({ isFull }) => isFull).map((side) => side.id)).toEqual([id]);
  });

  it('know no transaction from none', () => {
    expect(sides(seen()).appRows).toMatchObject({ 'Oldest transaction': 'none open' });
    expect(sides(seen({ connections: null })).appRows).toMatchObject({ 'Oldest transaction': 'unknown' });
  });
});

describe('several pools', () => {
  const summary = (pool: string, status: PoolSummary['status'], percentage: number | null): PoolSummary => ({
    pool,
    status,
    percent: percentage,
  });

  it('are sorted by trouble, then by name as people count', () => {
    const pools = [
      summary('b', 'healthy', 10),
      summary('p10', 'healthy', 35),
      summary('p9', 'healthy', 35),
      summary('warm', 'healthy', 75),
      summary('dark', 'unhealthy', null),
      summary('full', 'unhealthy', 100),
      summary('fuller', 'unhealthy', 130),
      summary('ill', 'unhealthy', 20),
    ];
    const names = byTrouble(pools).map(({ pool }) => pool);
    expect(names).toEqual(['fuller', 'full', 'dark', 'ill', 'warm', 'p9', 'p10', 'b']);
  });

  it('begin with the one that pool-health calls the worst', () => {
    const assess = (pool: string, sample: PoolSample) => {
      const config = configOf(20);
      return { pool, config, sample, verdict: evaluate(config, sample) };
    };
    const all = [
      assess('quiet', seen({ connections: counts({ total: 2, active: 1 }) })),
      assess('down', unseen({ problems: [problem('PROBE.TIMEOUT')] })),
      assess('at-90', seen({ connections: counts({ total: 18 }) })),
      assess('at-95', seen({ connections: counts({ total: 19 }) })),
    ] as const;
    const summaries = all.map(({ pool, verdict }) => summary(pool, verdict.status, verdict.utilization.percent));
    expect(byTrouble(summaries)[0]?.pool).toBe(worstOf(all).pool);
    const withoutFullest = [all[0], all[1], all[2]] as const;
    expect(byTrouble(summaries.slice(0, 3))[0]?.pool).toBe(worstOf(withoutFullest).pool);
  });

  it('are counted by level', () => {
    const pools = [summary('a', 'healthy', 10), summary('b', 'healthy', 70), summary('c', 'unhealthy', null)];
    expect(pools.map(levelOfSummary)).toEqual(['healthy', 'warning', 'unhealthy']);
    expect(troubleInWords(pools)).toBe('3 pools: 1 unhealthy, 1 warning');
    expect(troubleInWords([summary('a', 'healthy', 10), summary('d', 'healthy', 0)])).toBe('2 pools: all healthy');
  });
});

test.each([
  [null, 'unknown'],
  [0, '0 ms'],
  [40.4, '40 ms'],
  [1_200, '1.2 s'],
  [10_000, '10 s'],
  [45_900, '45 s'],
  [119_999, '119 s'],
  [180_000, '3 min'],
  [7_200_000, '2 h'],
])('%s ms is %s', (milliseconds, expected) => {
  expect(duration(milliseconds)).toBe(expected);
});

test('ages and numbers that are not known are a word', () => {
  expect([age(null), age(0.4), age(1.9), age(95)]).toEqual(['unknown', 'now', '1 s ago', '95 s ago']);
  expect([number(null), number(0), number(2.25)]).toEqual(['unknown', '0', '2.3']);
  expect([percent(null), percent(0), percent(66.7)]).toEqual(['unknown', '0.0 %', '66.7 %']);
});
