import { describe, expect, it, test } from 'vitest';
import { age, duration, number, percent } from '../../functions/core/format.js';
import { poolReport } from '../../functions/core/pool-report.js';
import { problem } from '../../functions/core/problems.js';
import type { PoolSample } from '../../functions/core/sample.js';
import { evaluate } from '../../functions/core/verdict.js';
import { layerPanels } from '../../functions/page/layers.js';
import { configOf, counts, managed, NOON, seen, slots, unseen } from '../support/samples.js';

/** The panels and their rows, seconds after the report was received. */
function panelsOf(sample: PoolSample, seconds = 0) {
  const config = configOf(20);
  const report = poolReport({ pool: 'orders', config, sample, verdict: evaluate(config, sample) }, NOON + 1_000);
  const [app, pooler, database] = layerPanels(report, seconds * 1_000);
  const rows = (panel: typeof app) => Object.fromEntries(panel.rows);
  return { app, pooler, database, appRows: rows(app), poolerRows: rows(pooler), databaseRows: rows(database) };
}

describe('the panels of the three layers', () => {
  it('have the figures of the report, each with its age, which grows until the next report', () => {
    const sample = seen({
      connections: counts({ total: 7, active: 3, idleInTransaction: 1, longestTransactionMs: 2_500, server: 30 }),
      slots: slots({ maxConnections: 100, superuserReserved: 3 }),
      managed: managed({ limit: 20, inUse: 3, waiting: 2, longestWaitMs: 800 }),
      app: { waiting: 4, takenAt: NOON - 59_000 },
    });
    const { app, pooler, database, appRows, poolerRows, databaseRows } = panelsOf(sample, 4);
    expect(appRows).toEqual({
      'Pool settings': 'min 1, max 20',
      'Connection timeout': '10 s',
      'Waiting requests': '4',
      'Idle in transaction': '1',
      'Oldest transaction': '2.5 s',
    });
    expect(poolerRows).toEqual({ 'Connections in use': '3 of 20', 'Waiting clients': '2', 'Longest wait': '800 ms' });
    expect(databaseRows).toEqual({
      'Open connections': '7 of 20',
      Active: '3',
      Idle: '4',
      'Pool size': "20, limited by the application's settings",
      'Server slots in use': '30 of 97',
    });
    expect([app.age, pooler.age, database.age]).toEqual(['64 s ago', '5 s ago', '5 s ago']);
    expect(pooler.name).toBe('PgBouncer');
  });

  it('relate to the pool size what utilization is a percentage of', () => {
    const connections = counts({ total: 12, active: 3 });
    const { databaseRows } = panelsOf(seen({ connections, managed: managed({ limit: 15 }, 'transaction') }));
    expect(databaseRows).toMatchObject({
      'Open connections': '12',
      Active: '3 of 15',
      'Pool size': '15, limited by the pooler',
    });
  });

  it('say unknown for figures that could not be read, and never 0', () => {
    const { database, appRows, poolerRows, databaseRows } = panelsOf(unseen({ problems: [problem('PROBE.DNS')] }));
    expect(Object.values(databaseRows)).toEqual([
      'unknown of 20',
      'unknown',
      'unknown',
      "20, limited by the application's settings",
      'unknown',
    ]);
    expect(database.age).toBeNull();
    expect(appRows).toMatchObject({
      'Waiting requests': 'not reported',
      'Idle in transaction': 'unknown',
      'Oldest transaction': 'unknown',
    });
    expect(poolerRows).toEqual({ Kind: 'unknown' });
  });

  it('show what RDS Proxy reports, and that it counts no queue', () => {
    const view = managed({
      takenAt: NOON - 149_000,
      isLive: false,
      limit: null,
      inUse: 12,
      pinned: 5,
      borrowWaitMs: 18,
    });
    const { pooler, poolerRows } = panelsOf(seen({ managed: { ...view, kind: 'rds-proxy' } }));
    expect([pooler.name, pooler.age]).toEqual(['RDS Proxy', '2 min ago']);
    expect(poolerRows).toEqual({
      'Connections in use': '12',
      'Waiting clients': 'not counted',
      'Mean wait': '18 ms',
      'Pinned connections': '5',
    });
  });

  it.each([
    ['none', { Kind: 'none' }],
    ['unknown', { Statistics: 'unknown' }],
    ['pgbouncer', { Statistics: 'unknown' }],
  ] as const)('invent no figures for kind %s without statistics', (kind, expected) => {
    expect(panelsOf(seen({ managed: { kind, source: 'backend', stats: null } })).poolerRows).toEqual(expected);
  });

  it.each([
    ['managed', seen({ connections: counts({ total: 3 }), problems: [problem('MANAGED.FULL')] })],
    ['database', unseen({ problems: [problem('PROBE.SLOTS_EXHAUSTED')] })],
    ['app', seen({ connections: counts({ total: 3 }), app: { waiting: 2, takenAt: NOON } })],
  ])('mark only %s as full', (id, sample) => {
    const { app, pooler, database } = panelsOf(sample);
    expect([app, pooler, database].filter(({ isFull }) => isFull).map((panel) => panel.id)).toEqual([id]);
  });

  it('tell an unknown transaction from none', () => {
    expect(panelsOf(seen()).appRows).toMatchObject({ 'Oldest transaction': 'none open' });
    expect(panelsOf(seen({ connections: null })).appRows).toMatchObject({ 'Oldest transaction': 'unknown' });
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
