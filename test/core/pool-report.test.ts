import { describe, expect, it } from 'vitest';
import type { ValidatedPoolConfig } from '../../functions/core/pool-config.js';
import { poolReport, worstOf, worstReport } from '../../functions/core/pool-report.js';
import { problem } from '../../functions/core/problems.js';
import type { PoolSample } from '../../functions/core/sample.js';
import { type Assessment, evaluate } from '../../functions/core/verdict.js';
import { configOf, configWith, counts, managed, NOON, seen, slots, unseen } from '../support/samples.js';

const assess = (config: ValidatedPoolConfig | null, sample: PoolSample, pool = 'orders'): Assessment => ({
  pool,
  config,
  sample,
  verdict: evaluate(config, sample),
});
const EXAMPLE = assess(
  configWith({ pool: { min: 2 } }),
  seen({ connections: counts({ total: 10, active: 3 }), managed: managed({ limit: null, waiting: 0 }) }),
);
const UNSEEN = assess(configOf(20), unseen({ problems: [problem('PROBE.TIMEOUT', { waitedMs: 4000 })] }));

describe('the JSON of a pool', () => {
  it("is the contract's example, with what is added beside it", () => {
    const { pool, managedPool, database, app, limitedBy, saturatedLayer, problems, ageMs, ...contract } = poolReport(
      EXAMPLE,
      NOON + 1500,
    );
    expect(JSON.parse(JSON.stringify(contract))).toEqual({
      status: 'healthy',
      metrics: {
        activeConnections: 3,
        idleConnections: 7,
        waitingRequests: 0,
        totalConnections: 10,
        poolSize: 20,
      },
      config: { min: 2, max: 20, idleTimeout: 30000, connectionTimeout: 10000 },
      utilization: { percent: 50.0, status: 'normal', of: 'open' },
      timestamp: '2026-01-02T12:00:00.000Z',
    });
    expect({ pool, managedPool, database, app, limitedBy, saturatedLayer, problems, ageMs }).toEqual({
      pool: 'orders',
      managedPool: {
        kind: 'pgbouncer',
        source: 'definition',
        size: null,
        inUse: null,
        waiting: 0,
        longestWaitMs: null,
        borrowWaitMs: null,
        pinned: null,
        ageSeconds: 2,
      },
      database: { slots: 10_000, usedSlots: 10, idleInTransaction: 0, longestTransactionMs: null },
      app: null,
      limitedBy: 'app',
      saturatedLayer: null,
      problems: [],
      ageMs: 1500,
    });
  });

  it('keeps every key when nothing could be seen: null, never 0 and never absent', () => {
    const report = poolReport(UNSEEN, NOON);
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({
      status: 'unhealthy',
      metrics: {
        activeConnections: null,
        idleConnections: null,
        waitingRequests: null,
        totalConnections: null,
        poolSize: 20,
      },
      utilization: { percent: null, status: 'unknown' },
    });
  });

  it('keeps every key of a managed pool that could not be asked', () => {
    const view = { kind: 'rds-proxy', source: 'definition', stats: null } as const;
    const report = poolReport(assess(configOf(20), seen({ managed: view })), NOON);
    expect(JSON.parse(JSON.stringify(report.managedPool))).toEqual({
      kind: 'rds-proxy',
      source: 'definition',
      size: null,
      inUse: null,
      waiting: null,
      longestWaitMs: null,
      borrowWaitMs: null,
      pinned: null,
      ageSeconds: null,
    });
  });

  it('tells how long clients of a managed pool wait', () => {
    const view = managed({ limit: 20, inUse: 20, waiting: 13, longestWaitMs: 1_200, pinned: 2, borrowWaitMs: 40 });
    expect(poolReport(assess(configOf(20), seen({ managed: view })), NOON).managedPool).toMatchObject({
      waiting: 13,
      longestWaitMs: 1_200,
      borrowWaitMs: 40,
      pinned: 2,
    });
  });

  it('has the gauges of the application with their age', () => {
    const report = poolReport(assess(configOf(20), seen({ app: { waiting: 3, takenAt: NOON - 90_000 } })), NOON);
    expect(report.app).toEqual({ waiting: 3, ageSeconds: 90 });
  });

  it('has the slots of a server whose sessions are hidden, and not those used', () => {
    const { database } = poolReport(
      assess(configOf(20), seen({ connections: null, slots: slots({ reserved: 3 }) })),
      NOON,
    );
    expect(database).toEqual({ slots: 9_997, usedSlots: null, idleInTransaction: null, longestTransactionMs: null });
    expect(poolReport(UNSEEN, NOON).database).toBeNull();
  });

  it('has the settings as null without a valid definition', () => {
    const report = poolReport(assess(null, unseen({ problems: [problem('CONFIG.MISSING')] })), NOON);
    expect(report.config).toEqual({ min: null, max: null, idleTimeout: null, connectionTimeout: null });
    expect(report.metrics.poolSize).toBeNull();
  });

  it.each([
    [1, 3, 33.3],
    [2, 3, 66.7],
    [1399, 2000, 70],
    [1799, 2000, 90],
    [1, 2000, 0.1],
    [0, 2000, 0],
    [5, 2, 250],
  ])('shows %i of %i as %f percent: one decimal', (total, max, percent) => {
    expect(poolReport(assess(configOf(max), seen({ connections: counts({ total }) })), NOON).utilization.percent).toBe(
      percent,
    );
  });

  it('was judged before rounding: 89.95 is shown as 90 and is healthy', () => {
    const report = poolReport(assess(configOf(2000), seen({ connections: counts({ total: 1799 }) })), NOON);
    expect(report).toMatchObject({ status: 'healthy', utilization: { percent: 90, status: 'warning' } });
  });

  it('has the age of the sample, and no negative one when clocks disagree', () => {
    expect(poolReport(EXAMPLE, NOON + 4999).ageMs).toBe(4999);
    expect(poolReport(EXAMPLE, NOON - 1).ageMs).toBe(0);
  });

  it('shows of a problem its code, severity, layer and text only', () => {
    const { problems } = poolReport(UNSEEN, NOON);
    expect(problems).toEqual([
      {
        code: 'PROBE.TIMEOUT',
        severity: 'error',
        layer: 'database',
        text: expect.stringContaining('did not answer within the deadline'),
      },
    ]);
  });

  it('names the layer that is full', () => {
    const full = assess(configOf(20), unseen({ problems: [problem('PROBE.SLOTS_EXHAUSTED')] }));
    expect(poolReport(full, NOON).saturatedLayer).toBe('database');
  });

  it('names no host, database, user, application or secret', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hidden-AbCdEf';
    const config = configWith({
      endpoint: 'hidden.example.com',
      database: 'hidden_database',
      user: 'hidden_user',
      auth: { type: 'secret', arn },
      count: { users: ['hidden_counted'], applications: ['hidden_app'] },
      managed: { kind: 'rds-proxy', name: 'hidden-proxy' },
    });
    const problems = [problem('PROBE.QUERY', { detail: 'hidden' })];
    expect(JSON.stringify(poolReport(assess(config, seen({ problems })), NOON))).not.toMatch(/hidden|example/);
  });
});

describe('the report of a deployment', () => {
  const fullTo = (total: number, pool: string) => assess(configOf(20), seen({ connections: counts({ total }) }), pool);

  it('with one pool is that pool, without a list', () => {
    expect(worstReport([EXAMPLE], NOON)).toEqual(poolReport(EXAMPLE, NOON));
    expect(worstReport([EXAMPLE], NOON)).not.toHaveProperty('pools');
  });

  it('with several is the worst one and a line for each, the worst first', () => {
    const report = worstReport([fullTo(2, 'a'), fullTo(19, 'b'), fullTo(15, 'c')], NOON);
    expect(report).toMatchObject({ pool: 'b', status: 'unhealthy', utilization: { percent: 95 } });
    expect(report.pools).toEqual([
      { pool: 'b', status: 'unhealthy', percent: 95, utilization: 'critical' },
      { pool: 'c', status: 'healthy', percent: 75, utilization: 'warning' },
      { pool: 'a', status: 'healthy', percent: 10, utilization: 'normal' },
    ]);
  });

  it('rounds the lines too and leaves unknown unknown', () => {
    const third = assess(configOf(3), seen({ connections: counts({ total: 1 }) }), 'third');
    expect(worstReport([third, { ...UNSEEN, pool: 'unseen' }], NOON).pools).toEqual([
      { pool: 'unseen', status: 'unhealthy', percent: null, utilization: 'unknown' },
      { pool: 'third', status: 'healthy', percent: 33.3, utilization: 'normal' },
    ]);
  });

  it('tells a full pool without a percentage from an unknown one', () => {
    expect(worstReport([full, unknown], NOON).pools).toMatchObject([
      { pool: 'full', percent: null, utilization: 'critical' },
      { pool: 'unknown', percent: null, utilization: 'unknown' },
    ]);
  });

  const error = [problem('PROBE.QUERY')];
  const unknown = assess(configOf(20), unseen({ problems: error }), 'unknown');
  const full = assess(configOf(20), unseen({ problems: [problem('MANAGED.FULL')] }), 'full');
  it.each([
    ['an unhealthy pool at 10 percent', assess(configOf(20), seen({ problems: error }), 'worse'), fullTo(17, 'better')],
    ['a warning', fullTo(14, 'worse'), fullTo(13, 'better')],
    ['the higher percentage of two warnings', fullTo(16, 'worse'), fullTo(15, 'better')],
    ['the higher percentage of two beyond 100', fullTo(50, 'worse'), fullTo(40, 'better')],
    ['one that cannot be seen', unknown, fullTo(18, 'better')],
    ['one that is critical', fullTo(19, 'worse'), unknown],
    ['one that is full, though it has no percentage', full, unknown],
    ['one that is full and cannot be seen, before every percentage', full, fullTo(50, 'better')],
    [
      'one that is full',
      full,
      assess(configOf(20), seen({ problems: error, connections: counts({ total: 17 }) }), 'better'),
    ],
  ])('takes for worse: %s', (_, worse, better) => {
    expect(worstReport([better, worse], NOON).pool).toBe(worse.pool);
    expect(worstReport([worse, better], NOON).pool).toBe(worse.pool);
  });

  it('lists by the same order, then by name as people count', () => {
    const pools = [
      fullTo(2, 'b'),
      fullTo(7, 'p10'),
      fullTo(7, 'p9'),
      fullTo(15, 'warm'),
      unknown,
      fullTo(20, 'at-100'),
      full,
      fullTo(26, 'at-130'),
      assess(configOf(20), seen({ problems: error, connections: counts({ total: 4 }) }), 'ill'),
    ] as const;
    const report = worstReport(pools, NOON);
    expect(report.pools?.map(({ pool }) => pool)).toEqual([
      'full',
      'at-130',
      'at-100',
      'unknown',
      'ill',
      'warm',
      'p9',
      'p10',
      'b',
    ]);
    expect(report.pool).toBe('full');
    expect(worstOf(pools).pool).toBe('full');
  });

  it('takes unhealthy for worse than healthy, however far beyond its size a pool may be', () => {
    const huge = assess(
      configOf(1),
      seen({ connections: counts({ total: 5_000_000 }), slots: slots({ maxConnections: 9_000_000 }) }),
      'huge',
    );
    expect(huge.verdict.utilization.percent).toBe(500_000_000);
    expect(worstReport([huge, full], NOON).status).toBe('unhealthy');
    const unseenButHealthy = worstReport([fullTo(17, 'healthy'), unknown], NOON);
    expect(unseenButHealthy.pool).toBe('unknown');
  });

  it('takes the first of equals, and leaves the list it was given as it was', () => {
    const list: [Assessment, ...Assessment[]] = [fullTo(5, 'a'), fullTo(5, 'b'), fullTo(19, 'c')];
    worstReport(list, NOON);
    expect(list.map(({ pool }) => pool)).toEqual(['a', 'b', 'c']);
    expect(worstReport([fullTo(5, 'a'), fullTo(5, 'b')], NOON).pool).toBe('a');
  });
});
