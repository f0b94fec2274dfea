import { afterAll, beforeAll, expect, it } from 'vitest';
import { OWN_SESSIONS, type SessionState, startTestServer, type TestServer } from '../../support/postgres.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.createDatabase('shop');
  await server.createRole('app');
});
afterAll(() => server.close());

const CLIENTS = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE backend_type = 'client backend'`;
const STATES: SessionState[] = ['active', 'idle', 'idle in transaction', 'idle in transaction (aborted)'];

it.each(STATES)('the sessions a test opens are %s, and gone when it closes them', async (state) => {
  const sessions = await server.open(3, state, { user: 'app', database: 'shop', applicationName: 'web' });
  const seen = await server.sql(
    'SELECT state, usename, datname, application_name FROM pg_stat_activity WHERE pid = ANY($1)',
    [sessions.pids],
  );
  expect(seen).toEqual(Array(3).fill({ state, usename: 'app', datname: 'shop', application_name: 'web' }));
  expect(await server.sql(CLIENTS)).toEqual([{ count: OWN_SESSIONS + 3 }]);
  await sessions.close();
  expect(await server.sql(CLIENTS)).toEqual([{ count: OWN_SESSIONS }]);
});

it('a server can be killed and asked again', async () => {
  await server.open(2, 'active');
  await server.postgres.kill();
  await server.postgres.start();
  await server.gone('sessions but one', `pid <> pg_backend_pid() AND backend_type = 'client backend'`);
  expect(await server.sql(CLIENTS)).toEqual([{ count: OWN_SESSIONS }]);
});

it('another version than the expected one is refused', async () => {
  const expected = process.env.POOL_HEALTH_TEST_MAJOR;
  process.env.POOL_HEALTH_TEST_MAJOR = '9';
  try {
    await expect(startTestServer()).rejects.toThrow(/where 9 was to be tested/);
  } finally {
    if (expected === undefined) {
      delete process.env.POOL_HEALTH_TEST_MAJOR;
    } else {
      process.env.POOL_HEALTH_TEST_MAJOR = expected;
    }
  }
});
