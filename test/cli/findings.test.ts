import { describe, expect, it } from 'vitest';
import { findings } from '../../functions/cli/doctor/findings.js';
import type { Facts } from '../../functions/cli/doctor/gather.js';
import { problem } from '../../functions/core/problems.js';
import type { DatabaseView, PoolerStats, PoolerView } from '../../functions/core/sample.js';
import type { RoleFacts } from '../../functions/postgres/role.js';

/** What cannot be had from a server in a test; the rest is in `doctor.test.ts`. */

const DATABASE: DatabaseView = {
  connections: {
    total: 3,
    active: 1,
    idleInTransaction: 0,
    longestTransactionMs: null,
    server: 4,
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
  sharedUser: true,
  role: ROLE,
  database: DATABASE,
  pooler: { kind: 'none', source: 'backend', stats: null },
  problems: [],
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
  expect(found({ settings }, 'ceiling')[0]?.fix?.text).toBe('at most 95 instances, or raise max_connections');
});

it('the slots that RDS keeps for itself are none of the clients', () => {
  expect(found({}, 'ceiling')[0]?.text).toContain(
    "the lowest limit is 95: the server's slots for clients (max_connections 100 less 5 reserved)",
  );
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
  const texts = found({ role, problems }, 'check').map(({ text }) => text);
  expect(texts).toEqual([
    expect.stringMatching(/^PROBE\.PRIVILEGE reason=track_activities is off .*leave track_activities on\.$/),
    expect.stringMatching(/^DATABASE\.NEAR_LIMIT server=90 slots=95\. The server is almost full/),
  ]);
});

it('a check whose problems other findings tell is not said to see nothing wrong', () => {
  const role = { ...ROLE, isMonitor: false };
  const hidden = [problem('PROBE.PRIVILEGE', { reason: 'pg_monitor is not granted', hiddenSessions: 2 })];
  expect(found({ role, problems: hidden }, 'check')).toEqual([]);
  expect(found({ problems: [problem('POOL.EXCEEDS_CEILING', { promised: 60, ceiling: 8 })] }, 'check')).toEqual([]);
  expect(found({ role: null, problems: hidden }, 'check')[0]?.text).toMatch(/^PROBE\.PRIVILEGE/);
});

it('nothing is fine about what was not seen', () => {
  const all = findings({ ...FACTS, role: null, database: null, pooler: null, problems: [problem('PROBE.DNS')] });
  expect(all.filter(({ state }) => state === 'ok').map(({ about }) => about)).toEqual(['settings', 'tls']);
});
