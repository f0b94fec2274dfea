import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import type { ConnectionCounts } from '../../../functions/core/sample.js';
import { activityStatement, readActivity } from '../../../functions/postgres/activity.js';
import type { PostgresProbe } from '../../../functions/postgres/probe.js';
import { onTurns } from '../../support/clock.js';
import { OWN_SESSIONS, type Sessions, startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, closeOpened, configFor, probeFor } from '../../support/probe.js';
import { until } from '../../support/until.js';

onTurns();

let server: TestServer;
const probes: PostgresProbe[] = [];
const opened: Sessions[] = [];

beforeAll(async () => {
  server = await startTestServer({ max_connections: '60', max_parallel_workers_per_gather: '2', wal_level: 'replica' });
  await server.createCheckRole(CHECK_ROLE);
  await server.createDatabase('shop');
  await server.createDatabase('elsewhere');
  await server.createRole('app');
  await server.createRole('Other "App"');
  await server.createRole('blind');
});
afterEach(() => closeOpened(server, probes, opened));
afterAll(() => server?.close());

function probe(changes: Partial<PoolConfig> = {}): PostgresProbe {
  const made = probeFor(server, configFor(server, { database: 'shop', ...changes }));
  probes.push(made);
  return made;
}

async function counts(changes: Partial<PoolConfig> = {}): Promise<ConnectionCounts | null | undefined> {
  const { database, problems } = await probe(changes).probe();
  await probes.pop()?.close();
  await server.gone('the check', `usename = '${CHECK_ROLE}' AND state = 'idle' AND query LIKE '%superuser_reserved%'`);
  expect(problems).toEqual([]);
  return database?.connections;
}

async function open(...args: Parameters<TestServer['open']>): Promise<Sessions> {
  const sessions = await server.open(...args);
  opened.push(sessions);
  return sessions;
}

async function majorVersion(): Promise<number> {
  const [row] = await server.sql('SHOW server_version_num');
  return Math.floor(Number(row?.server_version_num) / 10_000);
}

/** The setting that makes even a small query use parallel workers. */
async function forcedParallelism(): Promise<string> {
  return (await majorVersion()) >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
}

const SHOP = { user: 'app', database: 'shop' };

describe('counted sessions', () => {
  test('sessions that execute or are in a transaction are active, all others idle', async () => {
    await open(3, 'active', SHOP);
    await open(4, 'idle', SHOP);
    await open(2, 'idle in transaction', SHOP);
    await open(1, 'idle in transaction (aborted)', SHOP);
    expect(await counts()).toMatchObject({ total: 10, active: 6, idleInTransaction: 3 });
  });

  test('counts are zero, not unknown, if no session is open', async () => {
    expect(await counts()).toMatchObject({ total: 0, active: 0, idleInTransaction: 0, longestTransactionMs: null });
  });

  test('sessions of another database take slots of the server, not of the pool', async () => {
    await open(2, 'idle', SHOP);
    await open(5, 'idle', { user: 'app', database: 'elsewhere' });
    const superuserAndCheck = 2;
    expect(await counts()).toMatchObject({ total: 2, database: 2 + 1, server: 2 + 5 + superuserAndCheck });
  });

  test('sessions of the check are not counted, whichever check of the role has them', async () => {
    await open(1, 'idle', SHOP);
    await open(1, 'idle', { user: CHECK_ROLE, database: 'shop', applicationName: 'pool-health' });
    await open(1, 'active', { user: CHECK_ROLE, database: 'shop', applicationName: 'psql' });
    expect(await counts()).toMatchObject({ total: 1, active: 0, database: 4 });
  });

  test('sessions of a shared user are counted, except those with the name of the check', async () => {
    await open(2, 'active', { user: CHECK_ROLE, database: 'shop', applicationName: 'web' });
    expect(await counts({ sharedUser: true })).toMatchObject({ total: 2, active: 2, database: 3 });
  });

  test('users and applications narrow the count', async () => {
    await open(2, 'idle', { ...SHOP, applicationName: 'web' });
    await open(3, 'active', { ...SHOP, applicationName: "wo'rker\\" });
    await open(4, 'idle', { user: 'Other "App"', database: 'shop', applicationName: 'web' });
    const count = (users: string[] | null, applications: string[] | null) => counts({ count: { users, applications } });
    expect(await count(['app'], null)).toMatchObject({ total: 5, active: 3 });
    expect(await count(['Other "App"'], null)).toMatchObject({ total: 4, active: 0 });
    expect(await count(null, ['web'])).toMatchObject({ total: 6 });
    expect(await count(null, ["wo'rker\\"])).toMatchObject({ total: 3 });
    expect(await count(['app', 'nobody like this'], ['web'])).toMatchObject({ total: 2 });
    expect(await count(['nobody like this'], null)).toMatchObject({ total: 0 });
  });

  test('parallel workers are not connections', async () => {
    const { clients } = await open(1, 'idle', SHOP);
    await clients[0]?.query(`SET ${await forcedParallelism()} = on`);
    const running = clients[0]?.query('SELECT pg_sleep(30) FROM (SELECT 1) AS one').catch(() => undefined);
    await until('a parallel worker runs', async () => {
      const rows = await server.sql(`SELECT 1 FROM pg_stat_activity WHERE backend_type = 'parallel worker'`);
      return rows.length > 0;
    });
    expect(await counts()).toMatchObject({ total: 1, active: 1 });
    await opened.pop()?.close();
    await running;
  });

  test('a walsender and the background processes are not connections', async () => {
    await server.createRole('replica', 'REPLICATION');
    const login = { ...server.postgres.connection({ user: 'replica', database: 'shop' }), replication: 'database' };
    const walsender = new Client(login);
    await walsender.connect();
    await until('the walsender is there', async () => {
      const rows = await server.sql(`SELECT 1 FROM pg_stat_activity WHERE backend_type = 'walsender'`);
      return rows.length === 1;
    });
    expect(await counts()).toMatchObject({ total: 0, server: 2 });
    await walsender.end();
    await server.sql('DROP ROLE replica');
  });

  test('the oldest transaction is reported in milliseconds', async () => {
    const { pids } = await open(1, 'idle in transaction', SHOP);
    const seen = await counts();
    const [row] = await server.sql(
      'SELECT extract(epoch FROM clock_timestamp() - xact_start)::float8 * 1000 AS ms FROM pg_stat_activity WHERE pid = $1',
      [pids[0]],
    );
    expect(seen?.longestTransactionMs).toBeGreaterThan(0);
    expect(seen?.longestTransactionMs).toBeLessThanOrEqual(Number(row?.ms));
  });
});

describe("sessions of the check's own user under another name", () => {
  test('are reported as far as count would include them, since the application may log in as that user', async () => {
    await open(2, 'idle', { user: CHECK_ROLE, database: 'shop', applicationName: 'web' });
    expect(await counts()).toMatchObject({ total: 0, ofCheckUser: 2 });
    expect(await counts({ count: { users: null, applications: ['web'] } })).toMatchObject({ ofCheckUser: 2 });
    expect(await counts({ count: { users: ['app'], applications: null } })).toMatchObject({ ofCheckUser: 0 });
    expect(await counts({ count: { users: null, applications: ['worker'] } })).toMatchObject({ ofCheckUser: 0 });
  });

  test('are none if the user is only of the check, or has them in another database', async () => {
    await open(1, 'idle', { user: CHECK_ROLE, database: 'shop', applicationName: 'pool-health' });
    await open(1, 'idle', { user: CHECK_ROLE, database: 'elsewhere', applicationName: 'web' });
    await open(1, 'idle', SHOP);
    expect(await counts()).toMatchObject({ total: 1, ofCheckUser: 0 });
  });

  test('are unknown if the user is shared, behind a pooler, or without the own name on the own backend', async () => {
    await open(1, 'idle', { user: CHECK_ROLE, database: 'shop', applicationName: 'web' });
    expect(await counts({ sharedUser: true })).toMatchObject({ total: 1, ofCheckUser: null });
    const statement = activityStatement(configFor(server, { database: 'shop' }));
    const readAs = async (applicationName: string, isDirect: boolean) => {
      const client = await server.connect({ user: CHECK_ROLE, database: 'shop', applicationName });
      const { rows } = await client.query(statement);
      await client.end();
      return readActivity({ results: [rows], isDirect }, false).database?.connections?.ofCheckUser;
    };
    expect(await readAs('pool-health', true)).toBe(1);
    expect(await readAs('pool-health', false)).toBeNull();
    expect(await readAs('renamed by a pooler', true)).toBeNull();
  });
});

describe('sessions that have been idle for too long', () => {
  test('are counted only if they are idle, of the pool, and older than the limit', async () => {
    await open(3, 'idle', SHOP);
    await open(1, 'active', SHOP);
    await open(1, 'idle in transaction', SHOP);
    await open(1, 'idle', { user: 'Other "App"', database: 'shop' });
    const count = { users: ['app'], applications: null };
    expect(await counts({ count, idleLimitMs: 1 })).toMatchObject({ total: 5, idleTooLong: 3 });
    expect(await counts({ count, idleLimitMs: 3_600_000 })).toMatchObject({ total: 5, idleTooLong: 0 });
    expect(await counts({ count })).toMatchObject({ total: 5, idleTooLong: null });
  });
});

test('active sessions of the server are those of all databases and users, without this check', async () => {
  await open(2, 'active', SHOP);
  await open(3, 'idle in transaction', { user: 'Other "App"', database: 'elsewhere' });
  await open(4, 'idle', { user: 'app', database: 'elsewhere' });
  expect(await counts({ count: { users: ['app'], applications: null } })).toMatchObject({ active: 2, serverActive: 5 });
});

describe('unknown values are not guessed', () => {
  test('counts are unknown without pg_monitor, and right with it', async () => {
    await open(3, 'idle', SHOP);
    const blind = probe({ user: 'blind' });
    const before = await blind.probe();
    expect(before.problems.map(({ code }) => code)).toEqual(['PROBE.PRIVILEGE']);
    expect(before.database?.connections).toBeNull();
    expect(before.database?.slots.maxConnections).toBe(60);
    await server.sql('GRANT pg_monitor TO blind');
    const after = await blind.probe();
    expect(after).toMatchObject({ problems: [], database: { connections: { total: 3, active: 0 } } });
    await server.sql('REVOKE pg_monitor FROM blind');
  });

  test('sessions that the platform hides even from pg_monitor are not a missing grant, and take slots', async () => {
    await server.createRole('rdsadmin', 'SUPERUSER');
    await open(2, 'idle', { user: 'rdsadmin', database: 'shop' });
    await open(1, 'idle', SHOP);
    const session = await server.connect({ database: 'shop' });
    const hidden = (value: string, column: string) =>
      `CASE WHEN usesysid = 'rdsadmin'::regrole THEN ${value} ELSE ${column} END AS ${column}`;
    const masked = `(SELECT datid, pid, usesysid, application_name, state_change, xact_start, query_start, ${hidden('NULL', 'state')},
      ${hidden("'<insufficient privilege>'", 'query')}, ${hidden('NULL', 'backend_type')}
      FROM pg_catalog.pg_stat_get_activity(NULL)) AS masked`;
    const statement = activityStatement(configFor(server, { database: 'shop' }));
    const { rows } = await session.query(statement.replace('pg_catalog.pg_stat_get_activity(null)', masked));
    await session.end();
    const { database, problems } = readActivity({ results: [rows], isDirect: true }, false);
    expect(problems).toEqual([]);
    const superusers = 1 + OWN_SESSIONS;
    expect(database?.connections).toMatchObject({ total: 1, server: 3 + superusers });
  });

  test('a role in pg_monitor without INHERIT reports a missing privilege from 15 on, and reads all before 15', async () => {
    await server.createRole('noninheriting', 'NOINHERIT IN ROLE pg_monitor');
    await open(1, 'idle', SHOP);
    const { database, problems } = await probe({ user: 'noninheriting' }).probe();
    const isHidden = (await majorVersion()) >= 15;
    expect(problems.map(({ code }) => code)).toEqual(isHidden ? ['PROBE.PRIVILEGE'] : []);
    expect(database?.connections?.total).toBe(isHidden ? undefined : 1);
  });

  test('with track_activities off the total is known, active and idle are not', async () => {
    await server.sql('ALTER ROLE app SET track_activities = off');
    const untold = await Promise.all([server.connect(SHOP), server.connect(SHOP)]);
    await server.sql('ALTER ROLE app RESET track_activities');
    const { database, problems } = await probe().probe();
    await Promise.all(untold.map((client) => client.end()));
    await server.gone('sessions without state', `usename = 'app'`);
    expect(problems).toMatchObject([{ code: 'PROBE.PRIVILEGE', values: { sessionsWithoutState: 2 } }]);
    expect(database?.connections).toMatchObject({
      total: 2,
      active: null,
      idleInTransaction: null,
      serverActive: null,
    });
  });

  test('background workers that start and end are not a missing privilege', async () => {
    const { clients } = await open(2, 'idle', SHOP);
    const forced = await forcedParallelism();
    let isOver = false;
    const churn = clients.map(async (client) => {
      await client.query(`SET ${forced} = on`);
      while (!isOver) {
        await client.query('SELECT count(*) FROM pg_class');
      }
    });
    const watching = probe();
    const problems = [];
    for (let round = 0; round < 300; round += 1) {
      problems.push(...(await watching.probe()).problems);
    }
    isOver = true;
    await Promise.all(churn);
    expect(problems).toEqual([]);
  });
});

describe('the connection of the check', () => {
  test('200 concurrent checks and a later one use one connection', async () => {
    const watching = probe();
    const seen = await Promise.all(Array.from({ length: 200 }, () => watching.probe()));
    expect(seen.every(({ problems }) => problems.length === 0)).toBe(true);
    for (let round = 0; round < 20; round += 1) {
      await watching.probe();
    }
    const rows = await server.sql(`SELECT pid FROM pg_stat_activity WHERE application_name = 'pool-health'`);
    expect(rows).toHaveLength(1);
  });

  test('it is not in a transaction and sends nothing that pins it', async () => {
    await probe().probe();
    const [row] = await server.sql(
      `SELECT state, xact_start, octet_length(query) AS bytes FROM pg_stat_activity WHERE application_name = 'pool-health'`,
    );
    expect(row).toMatchObject({ state: 'idle', xact_start: null });
    expect(Number(row?.bytes)).toBeLessThan(16 * 1024);
  });
});
