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

describe('what the server says about a role', () => {
  test('the role of the check', async () => {
    expect((await factsOf('watcher')).facts).toEqual({
      user: 'watcher',
      isSuperuser: false,
      connectionLimit: 3,
      isMonitor: true,
      statementTimeoutMs: 3_000,
      idleInTransaction: [],
    });
  });

  test.each(['watcher', 'blind', 'member', 'postgres'])(
    'whether %s sees what others do is what it really sees',
    async (user) => {
      const { facts, seesOthers } = await factsOf(user);
      expect(facts?.isMonitor).toBe(seesOthers);
    },
  );

  test('sessions idle in a transaction, and whether something ends them', async () => {
    const sessions = await server.open(2, 'idle in transaction', { user: 'blind', database: 'shop' });
    const idle = async () => (await factsOf('watcher')).facts?.idleInTransaction;
    expect(await idle()).toEqual([{ user: 'blind', count: 2, longestMs: expect.any(Number), isEnded: false }]);
    await server.sql(`ALTER ROLE blind IN DATABASE shop SET idle_in_transaction_session_timeout = '1h'`);
    expect(await idle()).toMatchObject([{ isEnded: true }]);
    await sessions.close();
  });

  test('what holds for everybody is not known where a setting for this session hides it', async () => {
    const sessions = await server.open(1, 'idle in transaction', { user: 'member', database: 'shop' });
    await server.sql('ALTER ROLE watcher SET idle_in_transaction_session_timeout = 1000');
    expect((await factsOf('watcher')).facts?.idleInTransaction).toMatchObject([{ user: 'member', isEnded: null }]);
    await sessions.close();
  });

  test('a row of another shape is nothing', () => {
    expect(readRole({ user: 'a' })).toBeNull();
    expect(readRole(undefined)).toBeNull();
  });
});
