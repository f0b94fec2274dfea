import { describe, expect, it } from 'vitest';
import { problem } from '../../functions/core/problems.js';
import type { PoolerView, RoleSessions, ServerFacts } from '../../functions/core/sample.js';
import { evaluate } from '../../functions/core/verdict.js';
import { configOf, configWith, counts, facts, managed, seen, slots, unseen } from '../support/samples.js';

const PROXY: PoolerView = { kind: 'rds-proxy', source: 'host name', stats: null };
const NONE: PoolerView = { kind: 'none', source: 'backend', stats: null };
const UNKNOWN: PoolerView = { kind: 'unknown', source: 'backend', stats: null };
const SILENT_PGBOUNCER: PoolerView = { kind: 'pgbouncer', source: 'definition', stats: null };

describe('what sets the size of the pool', () => {
  const limitOf = (...args: Parameters<typeof evaluate>) => {
    const { poolSize, limitedBy } = evaluate(...args);
    return [poolSize, limitedBy];
  };
  const onServer = (maxConnections: number) => slots({ maxConnections });

  it('is the smallest limit', () => {
    expect(limitOf(configOf(10), seen({ managed: managed({ limit: 20 }), slots: onServer(30) }))).toEqual([10, 'app']);
    expect(limitOf(configOf(30), seen({ managed: managed({ limit: 20 }), slots: onServer(30) }))).toEqual([
      20,
      'managed',
    ]);
    expect(limitOf(configOf(50), seen({ managed: managed({ limit: 40 }), slots: onServer(30) }))).toEqual([
      30,
      'database',
    ]);
  });

  it('on a tie is the application, then the pooler', () => {
    const sample = seen({ managed: managed({ limit: 20 }), slots: onServer(20) });
    expect(limitOf(configOf(20), sample)).toEqual([20, 'app']);
    expect(limitOf(configOf(21), sample)).toEqual([20, 'managed']);
  });

  it('without a definition is unknown', () => {
    expect(limitOf(null, seen())).toEqual([null, null]);
  });

  it('is known of the application and the pooler while the database is not', () => {
    const problems = [problem('PROBE.TIMEOUT')];
    expect(limitOf(configOf(20), unseen({ problems }))).toEqual([20, 'app']);
    expect(limitOf(configOf(20), unseen({ problems, managed: managed({ limit: 5 }) }))).toEqual([5, 'managed']);
  });

  it('may be the written size of a pooler that does not report its limit', () => {
    const config = configWith({ pool: { min: 1, max: 50 }, managed: { kind: 'rds-proxy', name: 'shop', size: 30 } });
    expect(limitOf(config, seen({ managed: PROXY }))).toEqual([30, 'managed']);
    const reporting = { ...managed({ limit: 40 }), kind: 'rds-proxy' } as const;
    expect(limitOf(config, seen({ managed: reporting }))).toEqual([40, 'managed']);
    const unwritten = configWith({ pool: { min: 1, max: 50 }, managed: { kind: 'none' } });
    expect(limitOf(unwritten, seen({ managed: NONE }))).toEqual([50, 'app']);
  });

  describe('by the roles', () => {
    const ofRoles = (roles: readonly RoleSessions[], parts: Partial<ServerFacts> = {}) =>
      seen({ connections: counts({ total: 2, active: 1 }), facts: facts({ roles, ...parts }) });
    const counting = configWith({ pool: { min: 1, max: 20 }, count: { users: ['app', 'worker'] } });
    const role = (limit: number | null, total: number, elsewhere: number) => ({ limit, total, elsewhere });

    it('is the sum of their limits, less their sessions in other databases', () => {
      expect(limitOf(counting, ofRoles([role(10, 5, 4), role(7, 0, 0)]))).toEqual([13, 'database']);
      expect(limitOf(counting, ofRoles([role(10, 2, 0)]))).toEqual([10, 'database']);
    });

    it('counts a role with more sessions elsewhere than its limit as nothing', () => {
      expect(limitOf(counting, ofRoles([role(3, 8, 8), role(7, 2, 0)]))).toEqual([7, 'database']);
    });

    it('is nothing while one of them has no limit', () => {
      expect(limitOf(counting, ofRoles([role(10, 2, 0), role(null, 0, 0)]))).toEqual([20, 'app']);
    });

    it('is nothing where the definition names no roles, none exists, or the facts are unknown', () => {
      const everybody = configWith({ pool: { min: 1, max: 20 } });
      expect(limitOf(everybody, ofRoles([role(10, 2, 0)]))).toEqual([20, 'app']);
      expect(limitOf(counting, ofRoles([]))).toEqual([20, 'app']);
      expect(limitOf(counting, seen())).toEqual([20, 'app']);
    });
  });
});

describe('what utilization is a percentage of', () => {
  const basis = (pooler: PoolerView | null, utilization?: 'open' | 'active') =>
    evaluate(configWith({ ...(utilization && { utilization }) }), seen({ managed: pooler })).utilization.of;

  it.each([
    ['no pooler', NONE, 'open'],
    ['no sign of a pooler', null, 'open'],
    ['a PgBouncer in session mode', managed({}, 'session'), 'open'],
    ['a PgBouncer in transaction mode', managed({}, 'transaction'), 'active'],
    ['a PgBouncer in statement mode', managed({}, 'statement'), 'active'],
    ['a PgBouncer whose console never answered', SILENT_PGBOUNCER, 'open'],
    [
      'a PgBouncer known to be in transaction mode, whose console is silent',
      { ...SILENT_PGBOUNCER, mode: 'transaction' },
      'active',
    ],
    ['an RDS Proxy', PROXY, 'active'],
    ['a pooler of unknown kind', UNKNOWN, 'open'],
  ] as const)('behind %s', (_, pooler, expected) => {
    expect(basis(pooler)).toBe(expected);
    expect([basis(pooler, 'open'), basis(pooler, 'active')]).toEqual(['open', 'active']);
  });

  it('is unknown without a definition', () => {
    expect(evaluate(null, seen()).utilization.of).toBeNull();
  });

  const percentOf = (config: ReturnType<typeof configOf>, sample: ReturnType<typeof seen>) =>
    evaluate(config, sample).utilization.percent;

  it('counts behind a pooler those in use, by whoever sees more of them', () => {
    const connections = counts({ total: 18, active: 5 });
    const behind = (inUse: number | null) => seen({ connections, managed: managed({ inUse }, 'transaction') });
    expect(percentOf(configOf(20), behind(3))).toBe(25);
    expect(percentOf(configOf(20), behind(8))).toBe(40);
    expect(percentOf(configOf(20), behind(null))).toBe(25);
  });

  it('does not take what CloudWatch said minutes ago', () => {
    const view = managed({ inUse: 19, isLive: false });
    const sample = seen({
      connections: counts({ total: 18, active: 5 }),
      managed: { ...view, kind: 'rds-proxy', mode: undefined },
    });
    expect(percentOf(configOf(20), sample)).toBe(25);
  });

  it('is unknown where it is unknown what sessions do', () => {
    const connections = counts({ total: 18, active: null });
    expect(evaluate(configOf(20), seen({ connections, managed: PROXY }))).toMatchObject({
      status: 'unhealthy',
      utilization: { of: 'active', percent: null, status: 'unknown' },
    });
  });
});
