import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Row } from '../../../functions/connection/connection.js';
import { DEFAULT_LIMITS } from '../../../functions/core/pool-definition.js';
import { ProblemError } from '../../../functions/core/problems.js';
import type { PoolerStats } from '../../../functions/core/sample.js';
import { evaluate } from '../../../functions/core/verdict.js';
import { readTables } from '../../../functions/poolers/pgbouncer/console.js';
import { type CountedSessions, pgbouncerStats } from '../../../functions/poolers/pgbouncer/stats.js';
import { database, pool, RECORDINGS, type Recording, setting, without } from '../../support/pgbouncer-recordings.js';
import { configOf, NOON, seen } from '../../support/samples.js';

const WATCHED: CountedSessions = {
  database: 'shop',
  user: 'pool_check',
  count: { users: null, applications: null },
  sharedUser: false,
  limits: DEFAULT_LIMITS,
};
const SHARED: CountedSessions = { ...WATCHED, user: 'app', sharedUser: true };

function recording(changes: Partial<Recording> = {}): Recording {
  return { ...RECORDINGS['1.25'], ...changes };
}

function figures({ pools, databases, config }: Recording, watched = WATCHED, isAsking = false): PoolerStats {
  return pgbouncerStats(readTables([pools, databases, config]), watched, isAsking, NOON);
}

/** Of clients of the application only, with these limits. */
function limited(limits: Row, maxUserConnections = '0', pools = [pool('shop', 'app', { sv_active: 3 })]) {
  const config = [setting('max_user_connections', maxUserConnections)];
  return figures(recording({ pools, databases: [database('shop', limits)], config }));
}

describe('the stats are those of the console, in every version', () => {
  test.each(Object.entries(RECORDINGS))('%s', (_, recorded) => {
    expect(figures(recorded)).toEqual({
      takenAt: NOON,
      isLive: true,
      mode: 'transaction',
      limit: 5,
      open: 5,
      inUse: 5,
      pinned: null,
      waiting: 3,
      longestWaitMs: 2_346,
      borrowWaitMs: null,
      clients: 8,
      availabilityPercent: null,
      fullPools: 1,
      settings: { default_pool_size: 5, max_client_conn: null },
    });
  });

  test('inUse counts active; open counts active, idle, used, tested and login', () => {
    const counts = { sv_active: 1, sv_idle: 20, sv_used: 300, sv_tested: 4_000, sv_login: 50_000 };
    const pools = [pool('shop', 'app', { ...counts, sv_active_cancel: 600_000 })];
    expect(figures(recording({ pools }))).toMatchObject({ inUse: 1, open: 54_321 });
  });

  test.each([
    ['cl_waiting', { waiting: null, clients: null, inUse: 5 }],
    ['sv_active', { inUse: null, open: null, waiting: 3 }],
    ['sv_used', { open: null, inUse: 5 }],
    ['maxwait', { longestWaitMs: null, waiting: 3 }],
    ['maxwait_us', { longestWaitMs: 2_000 }],
  ])('a version without %s makes only the stats of that column unknown', (column, expected) => {
    const { pools } = recording();
    expect(figures(recording({ pools: pools.map((row) => without(row, column)) }))).toMatchObject(expected);
  });
});

describe('the pool mode', () => {
  const withModes = (...modes: readonly (string | null)[]) =>
    figures(recording({ pools: modes.map((pool_mode, index) => ({ ...pool('shop', `app${index}`), pool_mode })) }))
      .mode;

  test.each([
    [['transaction'], 'transaction'],
    [['statement'], 'statement'],
    [['session'], 'session'],
    [['transaction', 'session'], 'session'],
    [['transaction', null], 'transaction'],
    [[null], undefined],
    [[], undefined],
  ])('of %j is %s: session where any client keeps its connection', (modes, mode) => {
    expect(withModes(...modes)).toBe(mode);
  });

  test('of the pools that do not count plays no part', () => {
    const pools = [
      { ...pool('shop', 'app'), pool_mode: 'transaction' },
      { ...pool('shop', 'pool_check'), pool_mode: 'session' },
      { ...pool('elsewhere', 'app'), pool_mode: 'session' },
    ];
    expect(figures(recording({ pools })).mode).toBe('transaction');
  });
});

describe('the counted pools', () => {
  const pools = [
    pool('shop', 'app', { sv_active: 1, cl_waiting: 1, maxwait: 3 }),
    pool('shop', 'worker', { sv_active: 20, cl_waiting: 20, maxwait: 9 }),
    pool('shop', 'pool_check', { sv_active: 300, cl_waiting: 300, maxwait: 99 }),
    pool('elsewhere', 'app', { sv_active: 4_000, cl_waiting: 4_000, maxwait: 999 }),
  ];
  const of = (watched: Partial<CountedSessions>) => figures(recording({ pools }), { ...WATCHED, ...watched });

  test('are those of the watched database, without the one of the check', () => {
    expect(of({})).toMatchObject({ inUse: 21, waiting: 21, longestWaitMs: 9_000, limit: 2 * 5 });
  });

  test('include the one of the check if the user is shared', () => {
    expect(of({ sharedUser: true })).toMatchObject({ inUse: 321, waiting: 321, longestWaitMs: 99_000, limit: 3 * 5 });
  });

  test('are only those of the users in count', () => {
    const count = { users: ['app', 'pool_check', 'nobody'], applications: null };
    expect(of({ count })).toMatchObject({ inUse: 1, waiting: 1, limit: 5 });
    expect(of({ count, sharedUser: true })).toMatchObject({ inUse: 301, limit: 2 * 5 });
  });

  test('include every name of the same database on the same server', () => {
    const databases = [
      database('shop'),
      database('elsewhere', { database: 'shop', pool_size: 7 }),
      database('standby', { database: 'shop', host: '10.0.0.2' }),
    ];
    const standby = pool('standby', 'app', { sv_active: 50_000 });
    const through = figures(recording({ pools: [...pools, standby], databases }));
    expect(through).toMatchObject({ inUse: 4_021, limit: 5 + 5 + 7 });
  });

  test('are those of the forced user if the database has a force_user', () => {
    const databases = [database('shop', { force_user: 'worker' })];
    const forced = (sharedUser: boolean) => figures(recording({ pools, databases }), { ...WATCHED, sharedUser });
    expect([forced(true).inUse, forced(false).inUse]).toEqual([321, 301]);
  });

  test('are empty before the first client: nothing waits, and the limit is unknown', () => {
    const alone = figures(recording({ pools: [pool('shop', 'pool_check', { cl_active: 1, sv_idle: 1 })] }));
    expect(alone).toMatchObject({ waiting: 0, inUse: 0, open: 0, clients: 0, longestWaitMs: 0, limit: null });
  });
});

describe('the check itself', () => {
  const full = [pool('shop', 'app', { sv_active: 5, cl_waiting: 4, maxwait: 7 })];
  const last = [pool('shop', 'app', { sv_active: 5, cl_active: 5 })];

  test('is not counted as a waiting client of the pool that it shares', () => {
    expect(figures(recording({ pools: full }), SHARED, true)).toMatchObject({
      waiting: 3,
      inUse: 5,
      longestWaitMs: 7_000,
    });
    expect(figures(recording({ pools: full }), SHARED, false)).toMatchObject({ waiting: 4 });
  });

  test('leaves 0 waiting if it is the only waiting client', () => {
    const pools = [pool('shop', 'app', { sv_active: 5, cl_waiting: 1, maxwait: 7 })];
    expect(figures(recording({ pools }), SHARED, true)).toMatchObject({ waiting: 0, longestWaitMs: 0 });
  });

  test('is not counted as a connection in use of the pool that it shares', () => {
    expect(figures(recording({ pools: last }), SHARED, true)).toMatchObject({ inUse: 4, waiting: 0 });
    expect(figures(recording({ pools: last }), SHARED, false)).toMatchObject({ inUse: 5 });
  });
});

describe('the limit is', () => {
  test.each<[string, Row, string, number | null]>([
    ['pool_size', {}, '0', 5],
    ['max_user_connections below it', {}, '2', 2],
    ['max_user_connections above it', {}, '50', 5],
    ['max_db_connections below it', { max_connections: 3 }, '0', 3],
    ['max_db_connections above it', { max_connections: 30 }, '0', 5],
    ['the smallest of all three', { max_connections: 3 }, '2', 2],
    ['max_user_connections alone', { pool_size: 0 }, '2', 2],
    ['max_db_connections alone', { pool_size: 0, max_connections: 3 }, '0', 3],
    ['none: 0 is unlimited', { pool_size: 0 }, '0', null],
    ['none: this version shows none', { pool_size: undefined, max_connections: undefined }, '0', null],
  ])('%s', (_, limits, maxUserConnections, expected) => {
    expect(limited(limits, maxUserConnections).limit).toBe(expected);
  });

  test('the sum of the sizes of two users, up to max_db_connections', () => {
    const pools = [pool('shop', 'app'), pool('shop', 'worker')];
    expect(limited({}, '0', pools).limit).toBe(10);
    expect(limited({}, '3', pools).limit).toBe(6);
    expect(limited({ max_connections: 8 }, '0', pools).limit).toBe(8);
  });

  test('pool_size if SHOW CONFIG has no max_user_connections', () => {
    expect(figures(recording({ config: [setting('pool_mode', 'session')] })).limit).toBe(5);
  });

  test('null if max_user_connections is 0 and nothing else is set: no percentage, and never full', () => {
    const unlimited = limited({ pool_size: 0 });
    expect(unlimited).toMatchObject({ limit: null, inUse: 3 });
    const managed = { kind: 'pgbouncer', source: 'console', mode: 'session', stats: unlimited } as const;
    const verdict = evaluate(configOf(40), seen({ managed }));
    expect(verdict).toMatchObject({
      poolSize: 40,
      utilization: { percent: 25, of: 'open' },
      saturatedLayer: null,
      problems: [],
    });
  });
});

describe('a pool of one user is full', () => {
  const fullPools = (rows: Recording['pools'], watched = WATCHED, isProbing = false) =>
    figures(recording({ pools: rows }), watched, isProbing).fullPools;
  const waits = { cl_waiting: 1, maxwait: 0, maxwait_us: 100_000 };

  test('at its own size, though another user has connections left', () => {
    const pools = [pool('shop', 'app', { sv_active: 5 }), pool('shop', 'report', { sv_active: 1 })];
    expect(fullPools(pools)).toBe(1);
    const stats = figures(recording({ pools }));
    const managed = { kind: 'pgbouncer', source: 'console', mode: stats.mode, stats } as const;
    expect(stats).toMatchObject({ inUse: 6, limit: 10 });
    expect(evaluate(configOf(10), seen({ managed }))).toMatchObject({
      status: 'unhealthy',
      saturatedLayer: 'managed',
      problems: [{ code: 'MANAGED.FULL', values: { fullPools: 1 } }],
    });
  });

  test('below its size, if a client has waited for borrowWaitMs and no connection is free', () => {
    expect(fullPools([pool('shop', 'app', { sv_active: 3, ...waits })])).toBe(1);
  });

  test.each<[string, Readonly<Record<string, number>>]>([
    ['it grows: its clients have waited for less', { sv_active: 3, ...waits, maxwait_us: 99_000 }],
    ['a connection is idle', { sv_active: 3, ...waits, sv_idle: 1 }],
    ['a connection was used a while ago', { sv_active: 3, ...waits, sv_used: 1 }],
    ['it has connections left', { sv_active: 4 }],
    ['it is idle after a burst', { sv_idle: 5 }],
  ])('but not if %s', (_, changes) => {
    expect(fullPools([pool('shop', 'app', changes)])).toBe(0);
  });

  test('but not if the check itself takes the last connection, or is the client that waits', () => {
    expect(fullPools([pool('shop', 'app', { sv_active: 5, cl_active: 5 })], SHARED, true)).toBe(0);
    expect(fullPools([pool('shop', 'app', { sv_active: 4, ...waits })], SHARED, true)).toBe(0);
  });
});

describe('an answer that no PgBouncer gives is refused', () => {
  const good = recording();
  const poolWith = (changes: Row): Recording => ({ ...good, pools: [{ ...pool('shop', 'app'), ...changes }] });
  test.each<[string, Recording]>([
    ['a count that is no number', poolWith({ cl_waiting: 'many' })],
    ['an empty count', poolWith({ cl_waiting: '' })],
    ['a negative count', poolWith({ sv_active: -1 })],
    ['a negative count as text', poolWith({ sv_active: '-1' })],
    ['a broken count', poolWith({ sv_active: 1.5 })],
    ['a broken count as text', poolWith({ sv_active: '1e3' })],
    ['a count beyond all numbers', poolWith({ sv_active: '99999999999999999999' })],
    ['a count that is NaN', poolWith({ sv_active: Number.NaN })],
    ['true', poolWith({ sv_active: true })],
    ['a pool without a database', { ...good, pools: [without(pool('shop', 'app'), 'database')] }],
    ['a pool without a user', poolWith({ user: null })],
    ['a database without a name', { ...good, databases: [{ pool_size: 5 }] }],
    ['a size that is no number', { ...good, databases: [database('shop', { pool_size: 'large' })] }],
    ['a setting without a name', { ...good, config: [{ value: '0' }] }],
    ['a limit that is no number', { ...good, config: [setting('max_user_connections', 'off')] }],
    ['settings of a server', { ...good, pools: [{ setting: 'on' }] }],
  ])('%s', (_, recorded) => {
    expect(() => figures(recorded)).toThrow(ProblemError);
    expect(() => figures(recorded)).toThrow(/PROBE\.QUERY/);
  });

  test.each([[[]], [[[], []]]])('%j for three answers', (results) => {
    expect(() => readTables(results)).toThrow(ProblemError);
  });
});

test('any answer is refused or gives plausible numbers', () => {
  const value = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constantFrom(null, undefined, '0', '7', true));
  const columns = Object.keys(pool('shop', 'app'));
  const row = fc
    .dictionary(fc.constantFrom(...columns), value)
    .map((changes) => ({ ...pool('shop', 'app'), ...changes }));
  const plausible = fc
    .record({ sv_active: fc.nat(9), cl_waiting: fc.nat(9) })
    .map((counts) => pool('shop', 'app', counts));
  const size = fc.oneof(fc.integer({ min: -1, max: 9 }), value);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(row, plausible), { maxLength: 3 }),
      size,
      size,
      fc.boolean(),
      (pools, a, b, isAsking) => {
        const databases = [database('shop', { pool_size: a, max_connections: b })];
        let stats: PoolerStats;
        try {
          stats = figures(recording({ pools, databases }), SHARED, isAsking);
        } catch (error) {
          expect(error).toBeInstanceOf(ProblemError);
          return;
        }
        const { limit, open, inUse, waiting, longestWaitMs, clients } = stats;
        for (const figure of [open, inUse, waiting, longestWaitMs, clients]) {
          expect(figure === null || (Number.isFinite(figure) && figure >= 0)).toBe(true);
        }
        expect(limit === null || limit > 0).toBe(true);
      },
    ),
  );
});
