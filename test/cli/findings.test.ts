import { describe, expect, it } from 'vitest';
import { findings } from '../../functions/cli/doctor/findings.js';
import type { Facts } from '../../functions/cli/doctor/gather.js';
import { problem } from '../../functions/core/problems.js';
import type { DatabaseView, PoolerStats, PoolerView } from '../../functions/core/sample.js';
import type { RoleFacts, RoleOnServer } from '../../functions/postgres/role.js';

/** What cannot be had from a server in a test; the rest is in `doctor.test.ts`. */

const DATABASE: DatabaseView = {
  connections: {
    total: 3,
    active: 1,
    idleInTransaction: 0,
    longestTransactionMs: null,
    server: 4,
    serverActive: 1,
    database: 3,
    ofCheckUser: null,
    idleTooLong: null,
  },
  slots: { maxConnections: 100, superuserReserved: 3, reserved: 0, rdsReserved: 2, databaseLimit: null },
  serverVersion: 180_004,
  orphans: [],
  role: 'primary',
  facts: null,
};

const ROLE: RoleFacts = {
  user: 'app',
  isSuperuser: false,
  connectionLimit: 100,
  isMonitor: true,
  statementTimeoutMs: 3_000,
  idleInTransaction: [],
  roles: [{ name: 'app', limit: 100, sessions: 4, here: 4, ofCheck: 1 }],
  applications: ['shop'],
};

const FACTS: Facts = {
  settings: {
    inForce: { min: 5, max: 20, idleTimeout: 30_000, connectionTimeout: 10_000 },
    instances: 3,
    mistakes: [],
    warnings: [],
    definition: null,
    variables: {},
  },
  address: { database: 'shop', tls: 'verify-full', isThisMachine: false },
  count: { users: null, applications: null },
  sharedUser: true,
  role: ROLE,
  database: DATABASE,
  pooler: { kind: 'none', source: 'backend', stats: null },
  problems: [],
  verdict: { status: 'healthy', words: '3 of 60 connections open, 1 active' },
};

function found(changes: Partial<Facts>, about: string) {
  return findings({ ...FACTS, ...changes }).filter((finding) => finding.about === about);
}

function pgbouncer(changes: Partial<PoolerStats>): PoolerView {
  const stats: PoolerStats = {
    takenAt: 0,
    isLive: true,
    limit: 60,
    open: 0,
    inUse: 0,
    pinned: null,
    waiting: 0,
    longestWaitMs: 0,
    borrowWaitMs: null,
    clients: 0,
    availabilityPercent: null,
    settings: { default_pool_size: 60, max_client_conn: 100 },
    ...changes,
  };
  return { kind: 'pgbouncer', source: 'console', stats };
}

it('facts without a fault are all fine', () => {
  expect(new Set(findings(FACTS).map(({ state }) => state))).toEqual(new Set(['ok']));
});

describe('the managed pool', () => {
  it.each([
    ['rds-proxy', 'stats are in CloudWatch'],
    ['unknown', 'add the user to stats_users'],
  ] as const)('%s is not called fine, as its limits were not seen', (kind, said) => {
    const managed: PoolerView = { kind, source: 'backend', stats: null };
    expect(found({ pooler: managed }, 'managed pool')).toMatchObject([
      { state: 'unknown', text: expect.stringContaining(said) },
    ]);
  });

  it('a PgBouncer with room for everybody is fine', () => {
    expect(found({ pooler: pgbouncer({}) }, 'managed pool')).toMatchObject([
      { state: 'ok', text: 'PgBouncer may open up to 60 connections for this pool and accepts up to 100 clients.' },
    ]);
  });

  it('a PgBouncer that takes fewer clients than are promised', () => {
    const managed = pgbouncer({ settings: { max_client_conn: 50 } });
    expect(found({ pooler: managed }, 'managed pool')).toMatchObject([
      { state: 'failed', fix: { kind: 'setting', text: 'max_client_conn = 60 in pgbouncer.ini' } },
    ]);
  });

  it('a PgBouncer that may open more than the server has', () => {
    expect(found({ pooler: pgbouncer({ limit: 96 }) }, 'managed pool')).toMatchObject([
      { state: 'failed', fix: { text: 'default_pool_size = 95 or less in pgbouncer.ini' } },
    ]);
  });

  it('a pool of a PgBouncer that is smaller than what is promised', () => {
    expect(found({ pooler: pgbouncer({ limit: 8 }) }, 'ceiling')).toMatchObject([
      {
        state: 'failed',
        text: 'The settings allow 60 connections (max 20 x 3), but the lowest limit is 8: the limit of the pooler.',
        fix: { text: 'DATABASE_POOL_MAX=2 or less, or raise that limit' },
      },
    ]);
  });

  it('a PgBouncer without a limit, or that does not tell it, is no ceiling', () => {
    const managed = pgbouncer({ limit: null, settings: { max_client_conn: null } });
    expect(found({ pooler: managed }, 'ceiling')[0]?.state).toBe('ok');
    expect(found({ pooler: managed }, 'managed pool')[0]?.text).toBe(
      'PgBouncer may open any number of connections for this pool and accepts an unknown number of clients.',
    );
  });
});

it('more instances than connections cannot be fixed by max', () => {
  const settings = { ...FACTS.settings, instances: 200 };
  expect(found({ settings }, 'ceiling')[0]?.fix?.text).toBe('at most 94 instances, or raise max_connections');
});

it.each([
  [94, 'ok', null],
  [95, 'tip', 'DATABASE_POOL_MAX=94 or less, or raise max_connections'],
  [96, 'failed', 'DATABASE_POOL_MAX=94 or less, or raise max_connections'],
])('a max of %i on 95 slots, of which the check needs one: %s', (max, state, fix) => {
  const { inForce } = FACTS.settings;
  const settings = { ...FACTS.settings, inForce: inForce && { ...inForce, max }, instances: 1 };
  expect(found({ settings }, 'ceiling').map((one) => [one.state, one.fix?.text ?? null])).toEqual([[state, fix]]);
});

it('the slots that RDS keeps for itself are none of the clients', () => {
  expect(found({}, 'ceiling')[0]?.text).toContain(
    "the lowest limit is 95: the server's slots for clients (max_connections 100 less 5 reserved)",
  );
});

it.each([
  [59_999, 'tip'],
  [60_000, 'failed'],
])('a session that is idle in transaction for %i ms, and that nothing ends: %s', (longestMs, state) => {
  const role = { ...ROLE, idleInTransaction: [{ user: 'b', count: 1, longestMs, isEnded: false }] };
  expect(found({ role }, 'idle in transaction')).toMatchObject([
    { state, fix: { text: `ALTER ROLE "b" SET idle_in_transaction_session_timeout = '60s';` } },
  ]);
});

it('a time-out that cannot be seen is neither fine nor wrong', () => {
  const role = { ...ROLE, idleInTransaction: [{ user: 'b', count: 1, longestMs: 5, isEnded: null }] };
  expect(found({ role }, 'idle in transaction')).toMatchObject([{ state: 'unknown', fix: null }]);
});

it('a version that the check does not know', () => {
  expect(found({ database: { ...DATABASE, serverVersion: 110_022 } }, 'version')[0]?.state).toBe('failed');
});

it('what earlier checks left on the server', () => {
  expect(found({ database: { ...DATABASE, orphans: ['4711'] } }, 'check')[0]?.text).toContain('process IDs 4711');
});

it('every problem of the check, with its values and what to do, but none twice', () => {
  const problems = [
    problem('POOL.EXCEEDS_CEILING', { promised: 60, ceiling: 8 }),
    problem('PROBE.PRIVILEGE', { reason: 'pg_monitor is not granted', hiddenSessions: 2 }),
    problem('PROBE.PRIVILEGE', { reason: 'track_activities is off', sessionsWithoutState: 2 }),
    problem('DATABASE.NEAR_LIMIT', { server: 90, slots: 95 }),
  ];
  const role = { ...ROLE, isMonitor: false };
  const pooler = pgbouncer({ limit: 8 });
  const texts = found({ role, pooler, problems }, 'check').map(({ text }) => text);
  expect(texts).toEqual([
    expect.stringMatching(/^PROBE\.PRIVILEGE reason=track_activities is off .*leave track_activities on\.$/),
    expect.stringMatching(/^DATABASE\.NEAR_LIMIT server=90 slots=95\. The server is almost full/),
  ]);
});

it('a check whose problems other findings tell is not said to see nothing wrong', () => {
  const role = { ...ROLE, isMonitor: false };
  const hidden = [problem('PROBE.PRIVILEGE', { reason: 'pg_monitor is not granted', hiddenSessions: 2 })];
  expect(found({ role, problems: hidden }, 'check')).toEqual([]);
  const exceeding = [problem('POOL.EXCEEDS_CEILING', { promised: 60, ceiling: 8 })];
  expect(found({ pooler: pgbouncer({ limit: 8 }), problems: exceeding }, 'check')).toEqual([]);
  expect(found({ role: null, problems: hidden }, 'check')[0]?.text).toMatch(/^PROBE\.PRIVILEGE/);
});

it('nothing is fine about what was not seen', () => {
  const count = { users: ['app'], applications: null };
  const all = findings({ ...FACTS, count, role: null, database: null, pooler: null, problems: [problem('PROBE.DNS')] });
  expect(all.filter(({ state }) => state === 'ok').map(({ about }) => about)).toEqual(['settings', 'tls']);
});

describe('the verdict of the check', () => {
  const unhealthy = { status: 'unhealthy', words: 'The pool is full' } as const;

  it('is never fine while the pool is unhealthy, even without a problem', () => {
    expect(found({ verdict: unhealthy }, 'check')).toEqual([
      { about: 'check', state: 'failed', text: 'The pool is unhealthy: The pool is full.', fix: null },
    ]);
  });

  it('is not repeated where a finding failed already', () => {
    const problems = [problem('DATABASE.FULL')];
    expect(found({ verdict: unhealthy, problems }, 'check')).toHaveLength(1);
  });

  it('fails even if every problem is reported as a tip', () => {
    const role = withRoles([{ limit: 60, sessions: 60 }]);
    const problems = [problem('POOL.ROLE_LIMIT')];
    const count = { users: ['app'], applications: null };
    expect(found({ role, sharedUser: false, count, verdict: unhealthy, problems }, 'check')).toMatchObject([
      { state: 'failed' },
    ]);
  });

  it('is unknown while the settings are invalid', () => {
    const settings = { ...FACTS.settings, inForce: null };
    expect(found({ settings, verdict: null }, 'check')).toMatchObject([{ state: 'unknown' }]);
  });
});

const COUNT = { users: ['app', 'worker'], applications: null };

/** The check logs in as `watcher`; each role of the application has these sessions. */
function withRoles(roles: readonly Partial<RoleOnServer>[]): RoleFacts {
  const watcher = { name: 'watcher', limit: 10, sessions: 1, here: 1, ofCheck: 1 };
  const names = COUNT.users;
  const counted = roles.map((role, index) => ({
    name: names[index] ?? '',
    limit: null,
    sessions: 0,
    here: 0,
    ofCheck: 0,
    ...role,
  }));
  return { ...ROLE, user: 'watcher', connectionLimit: 10, roles: [watcher, ...counted] };
}

describe('the limit of a role of the application, which needs 60 sessions, and 80 during a deployment', () => {
  const one = { users: ['app'], applications: null };
  const limitOf = (role: RoleFacts, count: typeof one | typeof FACTS.count = one) =>
    found({ role, count, sharedUser: false }, 'role limit')
      .filter(({ text }) => !text.startsWith('"watcher"'))
      .map(({ state, text, fix }) => [state, text, fix?.text ?? null]);

  it('below what it needs is wrong, and the statement has headroom', () => {
    expect(limitOf(withRoles([{ limit: 59 }]))).toEqual([
      ['failed', '"app" may open 59 sessions, but needs 60 (max 20 x 3).', 'ALTER ROLE "app" CONNECTION LIMIT 80;'],
    ]);
  });

  it.each([60, 79])('of %i is enough, with a tip for deployments', (limit) => {
    expect(limitOf(withRoles([{ limit }]))).toEqual([
      [
        'tip',
        `"app" may open ${limit} sessions: enough for max 20 x 3, but a rolling deployment needs 80.`,
        'ALTER ROLE "app" CONNECTION LIMIT 80;',
      ],
    ]);
  });

  it('that fits, or that does not exist as for superusers, gets no finding', () => {
    expect(limitOf(withRoles([{ limit: 80 }]))).toEqual([['ok', '"app" may open 80 sessions.', null]]);
    expect(limitOf(withRoles([{ limit: null }]))).toEqual([['ok', '"app" has no CONNECTION LIMIT.', null]]);
  });

  it('that is reached is reported where it is', () => {
    const [[state, text] = []] = limitOf(withRoles([{ limit: 40, sessions: 40 }]));
    expect([state, text]).toEqual([
      'failed',
      '"app" may open 40 sessions, but needs 60 (max 20 x 3). All 40 are in use: the next login of "app" is refused.',
    ]);
    expect(limitOf(withRoles([{ limit: 90, sessions: 90 }]))[0]?.[0]).toBe('tip');
  });

  it('of several roles is a tip until one of them is refused', () => {
    const both = { users: ['app', 'worker'], applications: null };
    const states = (roles: readonly Partial<RoleOnServer>[]) => limitOf(withRoles(roles), both).map(([state]) => state);
    expect(states([{ limit: 40, sessions: 10 }, { limit: 40 }])).toEqual(['tip', 'tip']);
    expect(states([{ limit: 40, sessions: 40 }, { limit: null }])).toEqual(['failed', 'ok']);
  });

  it('of a reporting role beside the pool is at most a tip', () => {
    const role = withRoles([
      { limit: 2, sessions: 2, here: 2 },
      { limit: 2, sessions: 2 },
    ]);
    expect(limitOf(role, FACTS.count)).toEqual([
      ['tip', '"app" has reached its CONNECTION LIMIT of 2: its next login is refused.', null],
    ]);
  });

  it('needs no more than the server has', () => {
    const settings = { ...FACTS.settings, instances: 5 };
    const role = withRoles([{ limit: 95 }]);
    expect(found({ settings, role, count: one, sharedUser: false }, 'role limit').map(({ state }) => state)).toEqual([
      'ok',
      'ok',
    ]);
  });
});

describe('a role that the check shares with the application', () => {
  const shared = (limit: number | null, sessions = 4): RoleFacts => ({
    ...ROLE,
    connectionLimit: limit,
    statementTimeoutMs: null,
    roles: [{ name: 'app', limit, sessions, here: sessions, ofCheck: 1 }],
  });
  const statements = (facts: Partial<Facts>) =>
    findings({ ...FACTS, ...facts }).flatMap(({ fix }) => (fix?.kind === 'sql' ? [fix.text] : []));

  it.each([null, 0, 2, 60, 61, 89, 90, 500])('is never limited by a statement: limit %s', (limit) => {
    expect(statements({ role: shared(limit) })).toEqual([]);
    // Other programs use the role, whatever the user wrote.
    expect(statements({ role: shared(limit), sharedUser: false })).toEqual([]);
  });

  it.each([
    [60, 'failed', 'needs 61 (max 20 x 3 and one for the check)'],
    [61, 'tip', 'a rolling deployment and the deployed check need 90'],
    [90, 'ok', 'may open 90 sessions'],
    [null, 'ok', 'has no CONNECTION LIMIT'],
  ] as const)('with a limit of %s: %s', (limit, state, text) => {
    expect(found({ role: shared(limit) }, 'role limit')).toMatchObject([
      { state, text: expect.stringContaining(text) },
    ]);
  });
});

describe('the names in count', () => {
  const roles = ['shop', 'shop_reports', 'pg_monitor', 'Ä'].map((name) => ({
    name,
    limit: null,
    sessions: 0,
    here: 0,
    ofCheck: 0,
  }));
  const role = { ...ROLE, roles, applications: ['api', 'worker'] };
  const ofUsers = (...users: string[]) => found({ role, count: { users, applications: null } }, 'count');
  const ofApplications = (...applications: string[]) => found({ role, count: { users: null, applications } }, 'count');

  it.each([
    ['Shop', 'shop'],
    ['shp', 'shop'],
    ['shop-reports', 'shop_reports'],
    ['ä', 'Ä'],
  ])('a role %j that does not exist is wrong, and %j is the nearest', (user, near) => {
    expect(ofUsers(user)).toMatchObject([
      {
        state: 'failed',
        text: `The server has no role "${user}", so none of its sessions count. The nearest is "${near}".`,
        fix: { kind: 'setting', text: `"${near}" instead of "${user}" in "count": {"users": [...]}` },
      },
    ]);
  });

  it.each(['x', 'pg_monitors', 'completely different'])('nothing is near %j', (user) => {
    expect(ofUsers('shop', user)).toMatchObject([
      { state: 'failed', text: expect.stringMatching(/No role has a similar name\.$/), fix: null },
    ]);
  });

  it('an application without a session is wrong only if a similar one is in use instead', () => {
    expect(ofApplications('API')).toMatchObject([
      { state: 'failed', fix: { text: '"api" instead of "API" in "count": {"applications": [...]}' } },
    ]);
    expect(ofApplications('apj', 'worker')).toMatchObject([{ state: 'unknown', fix: null }]);
    expect(ofApplications('batch')).toMatchObject([{ state: 'unknown', fix: null }]);
  });

  it('that exist are fine, and without any there is no finding', () => {
    expect(ofUsers('shop', 'shop_reports')).toMatchObject([{ state: 'ok' }]);
    expect(ofApplications('api')).toMatchObject([{ state: 'ok' }]);
    expect(found({ role }, 'count')).toEqual([]);
  });

  it('are not reported twice', () => {
    const problems = [problem('CONFIG.COUNT_UNKNOWN')];
    const verdict = { status: 'unhealthy', words: '' } as const;
    const all = findings({ ...FACTS, role, count: { users: ['Shop'], applications: null }, problems, verdict });
    expect(all.filter(({ state }) => state === 'failed').map(({ about }) => about)).toEqual(['count']);
  });
});
