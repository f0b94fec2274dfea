import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLE_STATEMENT, readRole } from '../../../functions/postgres/role.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.createDatabase('shop');
  await server.createCheckRole('watcher');
  await server.createRole('blind');
  await server.createRole('member', 'NOINHERIT IN ROLE pg_monitor');
});
afterAll(() => server.close());

/** What a role is told about itself, and whether it really sees what others do. */
async function factsOf(user: string) {
  const client = await server.connect({ user, database: 'shop' });
  const { rows } = await client.query(ROLE_STATEMENT);
  const { rows: hidden } = await client.query(
    `SELECT 1 FROM pg_stat_activity WHERE query = '<insufficient privilege>' AND backend_type IS NULL`,
  );
  await client.end();
  return { facts: readRole(rows[0]), seesOthers: hidden.length === 0 };
}

describe('the facts about a role', () => {
  test('the role of the check', async () => {
    expect((await factsOf('watcher')).facts).toEqual({
      user: 'watcher',
      isSuperuser: false,
      connectionLimit: 3,
      isMonitor: true,
      statementTimeoutMs: 3_000,
      idleInTransaction: [],
      roles: expect.any(Array),
      applications: ['test'],
    });
  });

  test.each(['watcher', 'blind', 'member', 'postgres'])(
    'isMonitor of %s matches what the role can read',
    async (user) => {
      const { facts, seesOthers } = await factsOf(user);
      expect(facts?.isMonitor).toBe(seesOthers);
    },
  );

  test('sessions that are idle in transaction are reported with whether the server ends them', async () => {
    const sessions = await server.open(2, 'idle in transaction', { user: 'blind', database: 'shop' });
    const idle = async () => (await factsOf('watcher')).facts?.idleInTransaction;
    expect(await idle()).toEqual([{ user: 'blind', count: 2, longestMs: expect.any(Number), isEnded: false }]);
    await server.sql(`ALTER ROLE blind IN DATABASE shop SET idle_in_transaction_session_timeout = '1h'`);
    expect(await idle()).toMatchObject([{ isEnded: true }]);
    await sessions.close();
  });

  test('the timeout of the server is unknown if this session has a value of its own', async () => {
    const sessions = await server.open(1, 'idle in transaction', { user: 'member', database: 'shop' });
    await server.sql('ALTER ROLE watcher SET idle_in_transaction_session_timeout = 1000');
    expect((await factsOf('watcher')).facts?.idleInTransaction).toMatchObject([{ user: 'member', isEnded: null }]);
    await sessions.close();
  });

  test('all roles are reported with their limit and sessions, in all databases', async () => {
    await server.createRole('limited', 'CONNECTION LIMIT 7');
    const sessions = [
      await server.open(2, 'idle', { user: 'limited', database: 'shop' }),
      await server.open(1, 'idle', { user: 'limited', database: 'postgres', applicationName: 'pool-health' }),
    ];
    const { facts } = await factsOf('blind');
    const role = (name: string) => facts?.roles.find((one) => one.name === name);
    expect(role('limited')).toEqual({ name: 'limited', limit: 7, sessions: 3, here: 2, ofCheck: 1 });
    expect(role('blind')).toEqual({ name: 'blind', limit: null, sessions: 1, here: 1, ofCheck: 0 });
    await server.sql('ALTER ROLE postgres CONNECTION LIMIT 5');
    expect((await factsOf('blind')).facts?.roles.find(({ name }) => name === 'postgres')?.limit).toBeNull();
    await server.sql('ALTER ROLE postgres CONNECTION LIMIT -1');
    await Promise.all(sessions.map((opened) => opened.close()));
  });

  test('an unexpected row shape is null', () => {
    expect(readRole({ user: 'a' })).toBeNull();
    expect(readRole(undefined)).toBeNull();
  });
});
