import { describe, expect, it, test } from 'vitest';
import { age, duration, number, percent } from '../../functions/core/format.js';
import { poolReport } from '../../functions/core/pool-report.js';
import { problem } from '../../functions/core/problems.js';
import type { PoolSample } from '../../functions/core/sample.js';
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
