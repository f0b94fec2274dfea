import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import type { ServerFacts } from '../../../functions/core/sample.js';
import type { PostgresProbe } from '../../../functions/postgres/probe.js';
import { startStandby } from '../../suites/faults/standby.js';
import { onTurns, skip, stopDate } from '../../support/clock.js';
import { HalfLogins } from '../../support/half-logins.js';
import { type Sessions, startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, closeOpened, configFor, probeFor } from '../../support/probe.js';

onTurns();

const SLOTS = 100;
let server: TestServer;
const probes: PostgresProbe[] = [];
const opened: Sessions[] = [];

beforeAll(async () => {
  const settings = { max_connections: String(SLOTS + 3), shared_preload_libraries: 'pg_stat_statements' };
  server = await startTestServer({ ...settings, superuser_reserved_connections: '3', wal_level: 'replica' });
  await server.sql('CREATE EXTENSION pg_stat_statements');
  await server.createCheckRole(CHECK_ROLE);
  await server.createDatabase('shop');
  await server.createDatabase('elsewhere');
  await server.createRole('app');
  await server.createRole('narrow', 'CONNECTION LIMIT 10');
  await server.createRole('super', 'SUPERUSER CONNECTION LIMIT 2');
});
afterEach(() => closeOpened(server, probes, opened));
afterAll(() => server?.close());

function probe(changes: Partial<PoolConfig> = {}): PostgresProbe {
  const made = probeFor(server, configFor(server, { database: 'shop', ...changes }));
  probes.push(made);
  return made;
}

async function factsOf(watching: PostgresProbe): Promise<ServerFacts | null | undefined> {
  const { database, problems } = await watching.probe();
  expect(problems).toEqual([]);
  return database?.facts;
}

async function open(count: number, user: string, database = 'shop', applicationName = 'web'): Promise<void> {
  opened.push(await server.open(count, 'idle', { user, database, applicationName }));
}

const counting = (users: string[] | null, applications: string[] | null = null) => ({
  count: { users, applications },
});

/** Statements of checks that the server has run. */
async function statements(): Promise<number> {
  const [row] = await server.sql(
    'SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements WHERE userid = to_regrole($1)',
    [CHECK_ROLE],
  );
  return Number(row?.calls);
}

async function isUpTo17(): Promise<boolean> {
  const [row] = await server.sql('SHOW server_version_num');
  return Number(row?.server_version_num) < 180_000;
}

describe('roles', () => {
  test('sessions of a counted role are those of all databases, as its CONNECTION LIMIT counts them', async () => {
    await open(2, 'narrow');
    await open(3, 'narrow', 'elsewhere', 'report');
    await open(1, 'app');
    const facts = await factsOf(probe(counting(['narrow'], ['web'])));
    expect(facts?.roles).toEqual([{ limit: 10, total: 5, elsewhere: 3 }]);
  });

  test('a superuser has no limit, and neither has a role without one', async () => {
    await open(1, 'super');
    const facts = await factsOf(probe(counting(['super', 'app'])));
    expect(facts?.roles).toHaveLength(2);
    expect(facts?.roles).toContainEqual({ limit: null, total: 1, elsewhere: 0 });
    expect(facts?.roles).toContainEqual({ limit: null, total: 0, elsewhere: 0 });
  });

  test('without users, only roles with a limit and a session of the pool are listed, and never that of the check', async () => {
    const watching = probe();
    stopDate();
    expect((await factsOf(watching))?.roles).toEqual([]);
    await open(1, 'app');
    await open(1, 'narrow');
    await open(1, 'super');
    await open(1, CHECK_ROLE);
    skip(30_000);
    expect((await factsOf(watching))?.roles).toEqual([{ limit: 10, total: 1, elsewhere: 0 }]);
    expect((await factsOf(probe({ sharedUser: true })))?.roles).toHaveLength(2);
  });
});

describe('names in count', () => {
  test('a user that is no role of the server is missing, whatever its case', async () => {
    const watching = probe(counting(['app', 'App', 'narow']));
    expect(await factsOf(watching)).toMatchObject({ missingUsers: 2, roles: [{ limit: null }] });
  });

  test('users that exist are not missing, even without a session', async () => {
    expect(await factsOf(probe(counting(['app', 'narrow'])))).toMatchObject({ missingUsers: 0, unseenApplications: 0 });
  });

  test('an application that no session ever had is unseen while others use the database', async () => {
    await open(1, 'app', 'shop', 'wb');
    expect(await factsOf(probe(counting(null, ['web', 'worker'])))).toMatchObject({ unseenApplications: 2 });
  });

  test('an application is not unseen once this process has seen it', async () => {
    const watching = probe(counting(null, ['web']));
    stopDate();
    await open(1, 'app', 'shop', 'psql');
    await open(1, 'app');
    expect(await factsOf(watching)).toMatchObject({ unseenApplications: 0 });
    await opened.pop()?.close();
    skip(30_000);
    expect(await factsOf(watching)).toMatchObject({ unseenApplications: 0 });
  });

  test('an application is not unseen while it is scaled to zero and nobody else could be it', async () => {
    await open(1, 'narrow', 'shop', 'psql');
    await open(1, 'app', 'elsewhere', 'psql');
    await open(1, CHECK_ROLE, 'shop', 'exporter');
    expect(await factsOf(probe(counting(['app'], ['web'])))).toMatchObject({ unseenApplications: 0 });
  });

  test('an application whose first session comes is seen in the same check', async () => {
    const watching = probe(counting(null, ['web']));
    await open(1, 'app', 'shop', 'psql');
    expect(await factsOf(watching)).toMatchObject({ unseenApplications: 1 });
    await open(1, 'app');
    expect(await factsOf(watching)).toMatchObject({ unseenApplications: 0 });
  });
});

describe('logins in progress', () => {
  test('up to 17 each is counted while it has no row in the view; on 18 and later it has one', async () => {
    const watching = probe();
    stopDate();
    const none = (await isUpTo17()) ? 0 : null;
    expect(await factsOf(watching)).toMatchObject({ pendingLogins: none });
    const logins = await HalfLogins.open(36, { port: server.postgres.port, user: 'app', database: 'shop' });
    skip(30_000);
    const { database } = await watching.probe();
    logins.close();
    expect(database?.facts?.pendingLogins).toBe(none === null ? null : 36);
    // The superuser and the check; on 18 the logins are in the view, and count for the server, not for the database.
    expect(database?.connections).toMatchObject({ server: 2 + (none === null ? 36 : 0), database: 1, total: 0 });
  });

  test('none is counted of sessions that work, and of a standby that recovers', async () => {
    const standby = await startStandby(server.postgres);
    const watching = probeFor(standby, configFor(standby, { database: 'shop' }));
    const sessions = await standby.open(3, 'active', { user: 'app', database: 'shop' });
    const { database, problems } = await watching.probe();
    await sessions.close();
    await watching.close();
    await standby.close();
    expect(problems).toEqual([]);
    expect(database).toMatchObject({ role: 'standby', connections: { total: 3, active: 3 } });
    expect(database?.facts?.pendingLogins).toBe((await isUpTo17()) ? 0 : null);
    expect((await probe().probe()).database?.role).toBe('primary');
  });
});

describe('when they are read', () => {
  test('with the first check, then every 30 s, and not between', async () => {
    const watching = probe();
    stopDate();
    const before = await statements();
    const first = await factsOf(watching);
    skip(29_999);
    expect(await factsOf(watching)).toBe(first);
    expect(await statements()).toBe(before + 3);
    skip(1);
    expect((await factsOf(watching))?.takenAt).toBe(Number(first?.takenAt) + 30_000);
    expect(await statements()).toBe(before + 5);
  });

  test.each([
    [
      'max x instances',
      8,
      { settings: { min: 1, max: 5, idleTimeout: 10_000, connectionTimeout: 1_000 }, instances: 2 },
    ],
    ['the limit of a role', 8, { count: { users: ['narrow'], applications: null } }],
    [
      'the slots of the server',
      0.8 * SLOTS - 2,
      { settings: { min: 1, max: 500, idleTimeout: 10_000, connectionTimeout: 1_000 } },
    ],
  ] satisfies [string, number, Partial<PoolConfig>][])(
    'with every check from 80 %% of %s on, here %i sessions',
    async (_, count, changes) => {
      const user = 'count' in changes ? 'narrow' : 'app';
      const watching = probe(changes);
      await open(count - 1, user);
      await factsOf(watching);
      const before = await statements();
      await factsOf(watching);
      expect(await statements()).toBe(before + 1);
      await open(1, user);
      await factsOf(watching);
      await factsOf(watching);
      expect(await statements()).toBe(before + 1 + 4);
    },
  );

  test('with every check from 80 % of the limit of the database on', async () => {
    await server.createDatabase('small', 'CONNECTION LIMIT 5');
    await open(2, 'app', 'small');
    const watching = probe({ database: 'small' });
    await factsOf(watching);
    const before = await statements();
    await factsOf(watching);
    expect(await statements()).toBe(before + 1);
    await open(1, 'app', 'small');
    await factsOf(watching);
    expect(await statements()).toBe(before + 1 + 2);
  });
});

describe('facts that cannot be read', () => {
  test('are null or those of before for 5 minutes, and the counts are as good as ever on the same connection', async () => {
    const watching = probe();
    stopDate();
    await open(3, 'app');
    const admin = await server.connect({ database: 'shop' });
    await admin.query('REVOKE SELECT ON pg_catalog.pg_roles FROM PUBLIC');
    const without = await watching.probe();
    await admin.query('GRANT SELECT ON pg_catalog.pg_roles TO PUBLIC');
    expect(without).toMatchObject({ problems: [], database: { facts: null, connections: { total: 3 + 1 } } });
    skip(30_000);
    const read = await factsOf(watching);
    expect(read).toMatchObject({ missingUsers: 0 });
    await admin.query('REVOKE SELECT ON pg_catalog.pg_roles FROM PUBLIC');
    skip(30_000);
    const kept = await watching.probe();
    skip(5 * 60_000);
    const dropped = await watching.probe();
    await admin.query('GRANT SELECT ON pg_catalog.pg_roles TO PUBLIC');
    skip(30_000);
    const again = await watching.probe();
    await admin.end();
    expect(dropped).toMatchObject({
      problems: [{ code: 'PROBE.QUERY', severity: 'warning' }],
      database: { facts: null, connections: { total: 3 + 1 } },
    });
    expect(again).toMatchObject({ problems: [], database: { facts: { missingUsers: 0 } } });
    expect(kept).toMatchObject({ problems: [], database: { facts: read, connections: { total: 3 + 1 } } });
    const rows = await server.sql(`SELECT pid FROM pg_stat_activity WHERE application_name = 'pool-health'`);
    expect(rows).toHaveLength(1);
  });

  test('are cancelled if they wait for a lock, and the next check counts on the same connection', async () => {
    const timeouts = { totalMs: 1_500, connectMs: 1_000, queryMs: 1_000, reusedQueryMs: 500 };
    const watching = probeFor(server, configFor(server, { database: 'shop' }), timeouts);
    probes.push(watching);
    await factsOf(watching);
    const pid = async () =>
      server.sql(`SELECT pid, state FROM pg_stat_activity WHERE application_name = 'pool-health'`);
    const before = await pid();
    const locker = await server.connect();
    await locker.query('BEGIN; LOCK TABLE pg_catalog.pg_authid IN ACCESS EXCLUSIVE MODE');
    skip(30_000);
    const [locked, next] = [await watching.probe(), await watching.probe()];
    await locker.end();
    for (const { problems, database } of [locked, next]) {
      expect(problems).toEqual([]);
      expect(database?.connections).toMatchObject({ total: 0 });
    }
    expect(await pid()).toEqual(before);
  });
});
