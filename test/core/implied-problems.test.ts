import { describe, expect, it } from 'vitest';
import { hasLiveSign } from '../../functions/core/implied-problems.js';
import { type ProblemCode, problem } from '../../functions/core/problems.js';
import type { PoolerView, PoolSample, RoleSessions, ServerFacts } from '../../functions/core/sample.js';
import { evaluate } from '../../functions/core/verdict.js';
import { configWith, counts, facts, managed, NOON, seen, slots } from '../support/samples.js';

/** Each problem with its twin: what looks like it and is in order. */

const NONE: PoolerView = { kind: 'none', source: 'backend', stats: null };
const POOL = { min: 2, max: 10 };

/** An RDS Proxy with these figures of CloudWatch. */
function proxy(figures: Parameters<typeof managed>[0] = {}): PoolerView {
  const { stats } = managed(figures);
  return {
    kind: 'rds-proxy',
    source: 'host name',
    stats: stats && { ...stats, isLive: false, takenAt: NOON - 90_000 },
  };
}

const transactionPool = (figures: Parameters<typeof managed>[0] = {}) => managed(figures, 'transaction');

function verdictOf(definition: Readonly<Record<string, unknown>>, sample: PoolSample) {
  return evaluate(configWith({ pool: POOL, ...definition }), sample);
}

/** The problems as `CODE severity`, or only the severity of one of them. */
function problemsOf(definition: Readonly<Record<string, unknown>>, sample: PoolSample): string[] {
  return verdictOf(definition, sample).problems.map(({ code, severity }) => `${code} ${severity}`);
}

function severityOf(code: ProblemCode, definition: Readonly<Record<string, unknown>>, sample: PoolSample) {
  return verdictOf(definition, sample).problems.find((found) => found.code === code)?.severity ?? null;
}

const direct = (parts: Parameters<typeof counts>[0], more: Parameters<typeof seen>[0] = {}) =>
  seen({ connections: counts(parts), managed: NONE, ...more });

describe('a pool of 10', () => {
  it('that has 10 connections open, some of them idle, is near its limit', () => {
    const verdict = verdictOf({}, direct({ total: 10, active: 4 }));
    expect(verdict).toMatchObject({ status: 'unhealthy', saturatedLayer: null, limitedBy: 'app' });
    expect(verdict.problems).toMatchObject([
      { code: 'POOL.NEAR_LIMIT', values: { poolSize: 10, limitedBy: 'app', of: 'open', total: 10, active: 4 } },
    ]);
  });

  it('of which 10 are active is full: the application is the full layer', () => {
    const verdict = verdictOf({}, direct({ total: 10, active: 10 }));
    expect(verdict).toMatchObject({ status: 'unhealthy', saturatedLayer: 'app' });
    expect(problemsOf({}, direct({ total: 10, active: 10 }))).toEqual(['POOL.FULL error', 'POOL.NEAR_LIMIT error']);
  });

  it('is not full while one of its sessions is idle, or fewer than 10 are open', () => {
    expect(severityOf('POOL.FULL', {}, direct({ total: 11, active: 10 }))).toBeNull();
    expect(severityOf('POOL.FULL', {}, direct({ total: 9, active: 9 }))).toBeNull();
    expect(severityOf('POOL.FULL', {}, direct({ total: 10, active: null }))).toBeNull();
  });

  it('of which 8 are open and active is in order', () => {
    expect(problemsOf({}, direct({ total: 8, active: 8 }))).toEqual([]);
  });

  it('that an application of fixed size keeps open at night is in order', () => {
    const fixed = { pool: { min: 10, max: 10 }, utilization: 'active' };
    expect(verdictOf(fixed, direct({ total: 10, active: 0 }))).toMatchObject({ status: 'healthy', problems: [] });
    expect(problemsOf(fixed, direct({ total: 10, active: 10 }))).toEqual(['POOL.FULL error', 'POOL.NEAR_LIMIT error']);
  });
});

describe('more sessions than max x instances', () => {
  const rolling = direct({ total: 14, active: 3 });

  it('are a warning: a rolling deployment of a pool of fixed size stays healthy', () => {
    const verdict = verdictOf({ pool: { min: 10, max: 10 }, utilization: 'active' }, rolling);
    expect(verdict.status).toBe('healthy');
    expect(verdict.problems).toMatchObject([
      { code: 'POOL.ABOVE_MAX', severity: 'warning', values: { total: 14, max: 10 } },
    ]);
  });

  it('stand beside the error where open connections are what counts', () => {
    expect(problemsOf({}, rolling)).toEqual(['POOL.NEAR_LIMIT error', 'POOL.ABOVE_MAX warning']);
  });

  it('are no problem behind a pooler, which opens what it likes, nor exactly max', () => {
    expect(problemsOf({}, seen({ connections: counts({ total: 14, active: 3 }), managed: proxy() }))).toEqual([]);
    expect(severityOf('POOL.ABOVE_MAX', {}, direct({ total: 10, active: 3 }))).toBeNull();
  });
});

describe('behind a pooler that multiplexes', () => {
  const wide = { pool: { min: 2, max: 60 } };

  it('58 idle connections that an RDS Proxy keeps open are in order', () => {
    const sample = seen({ connections: counts({ total: 60, active: 2 }), managed: proxy({ limit: 800, open: 60 }) });
    expect(verdictOf(wide, sample)).toMatchObject({ status: 'healthy', problems: [] });
  });

  it('60 of 60 connections in transactions are a full application, though the proxy has 800', () => {
    const connections = counts({ total: 60, active: 60, idleInTransaction: 10 });
    const sample = seen({ connections, managed: proxy({ limit: 800, open: 60, inUse: 60 }) });
    expect(verdictOf(wide, sample)).toMatchObject({ status: 'unhealthy', saturatedLayer: 'app' });
    expect(problemsOf(wide, sample)).toEqual(['POOL.FULL error', 'POOL.NEAR_LIMIT error']);
  });

  it('a PgBouncer after a burst is in order', () => {
    const sample = seen({
      connections: counts({ total: 20, active: 1 }),
      managed: transactionPool({ limit: 20, open: 20, inUse: 1 }),
    });
    expect(verdictOf({ pool: { min: 2, max: 20 } }, sample)).toMatchObject({ status: 'healthy', problems: [] });
  });

  it('one batch transaction is in order', () => {
    const connections = counts({ total: 1, active: 1, longestTransactionMs: 3_600_000 });
    const sample = seen({ connections, managed: transactionPool({ limit: 20, open: 1, inUse: 1 }) });
    expect(problemsOf({}, sample)).toEqual([]);
  });

  it('the limit of the pooler is named at 90 percent of it', () => {
    const sample = seen({ connections: counts({ total: 20, active: 18 }), managed: proxy({ limit: 20 }) });
    const verdict = verdictOf({ pool: { min: 2, max: 20 }, instances: 1 }, sample);
    expect(verdict.problems).toMatchObject([{ code: 'POOL.NEAR_LIMIT', values: { limitedBy: 'app', of: 'active' } }]);
    const larger = verdictOf({ pool: { min: 2, max: 30 } }, sample);
    expect(larger.problems.at(-1)).toMatchObject({ code: 'POOL.NEAR_LIMIT', values: { limitedBy: 'managed' } });
  });

  it('a PgBouncer in session mode has its own queue: the application is not what is full', () => {
    const sample = seen({ connections: counts({ total: 10, active: 10 }), managed: managed({}, 'session') });
    expect(severityOf('POOL.FULL', {}, sample)).toBeNull();
  });
});

describe('connections that stay idle for too long', () => {
  const leaked = (idleTooLong: number | null, parts: Parameters<typeof counts>[0] = {}) =>
    direct({ total: 10, active: 0, idleTooLong, ...parts });

  it('are a warning when they are more than min x instances', () => {
    const verdict = verdictOf({}, leaked(3, { total: 4, active: 1 }));
    expect(verdict.status).toBe('healthy');
    expect(verdict.problems).toMatchObject([
      { code: 'POOL.LEAK_SUSPECTED', severity: 'warning', values: { idleTooLong: 3, total: 4, min: 2 } },
    ]);
    expect(severityOf('POOL.LEAK_SUSPECTED', { instances: 2 }, leaked(5))).toBe('warning');
  });

  it('name the application where they fill the pool and none is active', () => {
    expect(verdictOf({}, leaked(10))).toMatchObject({ status: 'unhealthy', saturatedLayer: 'app' });
    expect(verdictOf({}, leaked(9, { active: 1 })).saturatedLayer).toBeNull();
    expect(verdictOf({}, leaked(9, { total: 9 })).saturatedLayer).toBeNull();
  });

  it('are in order up to min x instances, which the pool keeps open', () => {
    expect(severityOf('POOL.LEAK_SUSPECTED', {}, leaked(2))).toBeNull();
    expect(severityOf('POOL.LEAK_SUSPECTED', { instances: 2 }, leaked(4))).toBeNull();
  });

  it('are not looked for without a written idleTimeout, behind a pooler, or in a pool of fixed size', () => {
    expect(severityOf('POOL.LEAK_SUSPECTED', {}, leaked(null))).toBeNull();
    expect(severityOf('POOL.LEAK_SUSPECTED', {}, { ...leaked(9), pooler: managed({}, 'session') })).toBeNull();
    expect(severityOf('POOL.LEAK_SUSPECTED', { utilization: 'active' }, leaked(9))).toBeNull();
  });
});

describe('a role at its CONNECTION LIMIT', () => {
  const counting = { count: { users: ['app'] } };
  const role = (limit: number | null, total: number, elsewhere = 0): RoleSessions => ({ limit, total, elsewhere });
  const withRoles = (roles: readonly RoleSessions[], parts: Parameters<typeof counts>[0], pooler: PoolerView = NONE) =>
    direct(parts, { facts: facts({ roles }), managed: pooler });

  it('below max x instances is an error that fills the database layer', () => {
    const verdict = verdictOf(counting, withRoles([role(5, 5)], { total: 5, active: 1 }));
    expect(verdict).toMatchObject({
      status: 'unhealthy',
      saturatedLayer: 'database',
      poolSize: 5,
      limitedBy: 'database',
    });
    expect(verdict.problems).toMatchObject([
      { code: 'POOL.ROLE_LIMIT', severity: 'error', values: { limit: 5, total: 5, elsewhere: 0 } },
      { code: 'POOL.NEAR_LIMIT', values: { limitedBy: 'database' } },
    ]);
  });

  it('is one also by sessions in other databases', () => {
    const verdict = verdictOf(counting, withRoles([role(10, 10, 7)], { total: 3, active: 1 }));
    expect(verdict).toMatchObject({ status: 'unhealthy', saturatedLayer: 'database', poolSize: 3 });
  });

  it('without anything left here is one behind a pooler, too, and for a limit of max', () => {
    const elsewhere = withRoles([role(10, 10, 10)], { total: 2, active: 0 }, transactionPool());
    expect(severityOf('POOL.ROLE_LIMIT', counting, elsewhere)).toBe('error');
    expect(verdictOf(counting, elsewhere)).toMatchObject({
      poolSize: 0,
      utilization: { percent: null, status: 'critical' },
    });
  });

  it('behind a pooler that multiplexes is an error only while no connection is idle', () => {
    const behind = (active: number | null) => withRoles([role(5, 5)], { total: 5, active }, transactionPool());
    expect(severityOf('POOL.ROLE_LIMIT', counting, behind(5))).toBe('error');
    expect(severityOf('POOL.ROLE_LIMIT', counting, behind(4))).toBe('warning');
    expect(severityOf('POOL.ROLE_LIMIT', counting, behind(null))).toBe('warning');
    expect(verdictOf(counting, behind(4)).saturatedLayer).toBeNull();
    const session = withRoles([role(5, 5)], { total: 5, active: 4 }, managed({}, 'session'));
    expect(severityOf('POOL.ROLE_LIMIT', counting, session)).toBe('error');
  });

  it('of exactly max is a warning: a pool of fixed size stays healthy', () => {
    const fixed = { ...counting, pool: { min: 10, max: 10 }, utilization: 'active' };
    const sample = withRoles([role(10, 10)], { total: 10, active: 1 });
    expect(verdictOf(fixed, sample).status).toBe('healthy');
    expect(problemsOf(fixed, sample)).toEqual(['POOL.ROLE_LIMIT warning']);
  });

  it('is a warning where the definition names no roles: a reporting role at its limit of 2', () => {
    const sample = withRoles([role(2, 2)], { total: 4, active: 2 });
    expect(verdictOf({}, sample).status).toBe('healthy');
    expect(problemsOf({}, sample)).toEqual(['POOL.ROLE_LIMIT warning']);
  });

  it('is reported once, and as an error if one of several is', () => {
    const sample = withRoles([role(10, 10), role(3, 3), role(4, 3), role(null, 99)], { total: 13, active: 1 });
    const found = verdictOf(counting, sample).problems.filter(({ code }) => code === 'POOL.ROLE_LIMIT');
    expect(found).toMatchObject([{ severity: 'error', values: { limit: 3 } }]);
  });

  it('is not reached one session before, nor without a limit', () => {
    expect(severityOf('POOL.ROLE_LIMIT', counting, withRoles([role(5, 4)], { total: 4, active: 1 }))).toBeNull();
    expect(severityOf('POOL.ROLE_LIMIT', counting, withRoles([role(null, 500)], { total: 4, active: 1 }))).toBeNull();
    expect(severityOf('POOL.ROLE_LIMIT', counting, direct({ total: 4, active: 1 }))).toBeNull();
  });
});

describe('names in count', () => {
  const both = { count: { users: ['app', 'worker'], applications: ['api'] } };
  const found = (parts: Partial<ServerFacts>, definition: Readonly<Record<string, unknown>> = both) =>
    severityOf('CONFIG.COUNT_UNKNOWN', definition, direct({ total: 0, active: 0 }, { facts: facts(parts) }));

  it('that match nothing are an error where no role of the list exists, else a warning', () => {
    expect(found({ missingUsers: 2 })).toBe('error');
    expect(found({ missingUsers: 1 })).toBe('warning');
    expect(found({ unseenApplications: 1 })).toBe('warning');
    expect(found({ unseenApplications: 1 }, { count: { applications: ['api', 'worker'] } })).toBe('warning');
    expect(found({ missingUsers: 1, unseenApplications: 1 })).toBe('warning');
  });

  it('make an empty pool unhealthy', () => {
    const sample = direct({ total: 0, active: 0 }, { facts: facts({ missingUsers: 2 }) });
    expect(verdictOf(both, sample)).toMatchObject({ status: 'unhealthy', utilization: { percent: 0 } });
    expect(verdictOf(both, sample).problems[0]?.values).toEqual({ missingUsers: 2, unseenApplications: 0 });
  });

  it('are in order for an application that is scaled to zero, and before the facts are read', () => {
    expect(found({})).toBeNull();
    expect(problemsOf(both, direct({ total: 0, active: 0 }))).toEqual([]);
  });
});

describe('sessions of the check’s own user', () => {
  const shared = (ofCheckUser: number | null, total = 3) =>
    severityOf('CONFIG.SHARED_USER', {}, direct({ total, active: 0, ofCheckUser }));

  it('are an error where they outnumber the counted ones, else a warning', () => {
    expect(shared(10, 0)).toBe('error');
    expect(shared(4, 3)).toBe('error');
    expect(shared(3, 3)).toBe('warning');
  });

  it('are a warning for an exporter that logs in with the role of the check', () => {
    expect(problemsOf({}, direct({ total: 3, active: 0, ofCheckUser: 1 }))).toEqual(['CONFIG.SHARED_USER warning']);
  });

  it('are in order where there are none, or none can be told', () => {
    expect([shared(0), shared(null)]).toEqual([null, null]);
  });
});

describe('logins in progress', () => {
  const on = (server: number, pendingLogins: number | null) =>
    problemsOf(
      {},
      direct(
        { total: 2, active: 0, server },
        { slots: slots({ maxConnections: 100 }), facts: facts({ pendingLogins }) },
      ),
    );

  it('take slots: a server with many of them is near its limit', () => {
    expect(on(20, 71)).toEqual(['DATABASE.NEAR_LIMIT warning']);
    expect(on(20, 70)).toEqual([]);
  });

  it('alone never make the database full', () => {
    expect(on(20, 200)).toEqual(['DATABASE.NEAR_LIMIT warning']);
  });

  it('that this version cannot count are taken for none', () => {
    expect(on(90, null)).toEqual([]);
    expect(on(91, null)).toEqual(['DATABASE.NEAR_LIMIT warning']);
  });
});

describe('pinned connections of an RDS Proxy', () => {
  const severity = (figures: Parameters<typeof managed>[0], total: number) =>
    severityOf(
      'MANAGED.PINNED',
      { pool: { min: 2, max: 100 } },
      seen({ connections: counts({ total, active: 0 }), managed: proxy(figures) }),
    );

  it('are an error from 90 percent of the limit on, with as many sessions open now', () => {
    expect(severity({ pinned: 18, open: 20, limit: 20 }, 18)).toBe('error');
  });

  it('are a warning below that, without so many sessions, or with an unknown limit', () => {
    expect(severity({ pinned: 17, open: 20, limit: 20 }, 20)).toBe('warning');
    expect(severity({ pinned: 18, open: 20, limit: 20 }, 17)).toBe('warning');
    expect(severity({ pinned: 18, open: 20, limit: null }, 18)).toBe('warning');
  });

  it('make the pool unhealthy though every session is idle', () => {
    const sample = seen({
      connections: counts({ total: 20, active: 0 }),
      managed: proxy({ pinned: 20, open: 20, limit: 20 }),
    });
    expect(verdictOf({ pool: { min: 2, max: 20 } }, sample)).toMatchObject({
      status: 'unhealthy',
      saturatedLayer: null,
    });
  });
});

describe('what is seen now agrees with stats that are minutes old', () => {
  const busy = (total: number, active: number) => counts({ total, active });
  const timeout = (phase: string) => [problem('PROBE.TIMEOUT', { phase })];

  it.each([
    ['as many active sessions as the limit', hasLiveSign(20, busy(20, 20), []), true],
    ['so many sessions that most of the limit can be pinned', hasLiveSign(20, busy(18, 0), []), true],
    ['fewer sessions', hasLiveSign(20, busy(17, 17), []), false],
    ['sessions, and an unknown limit', hasLiveSign(null, busy(20, 20), []), false],
    ['no view of the sessions', hasLiveSign(20, null, []), false],
    ['a probe that was not served', hasLiveSign(null, null, timeout('query')), true],
    ['a probe that was not sent', hasLiveSign(20, null, timeout('queue')), false],
    ['another failure of the probe', hasLiveSign(20, null, [problem('PROBE.AUTH')]), false],
  ])('%s', (_, seenNow, expected) => {
    expect(seenNow).toBe(expected);
  });
});

describe('people and listeners', () => {
  it('are in order: psql sessions of others, and a session that listens', () => {
    const sample = direct({ total: 3, active: 0, database: 6, server: 9 });
    expect(verdictOf({}, sample)).toMatchObject({ status: 'healthy', problems: [] });
  });
});
