import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DatabaseProbeResult } from '../../../functions/core/ports.js';
import { onTurns } from '../../support/clock.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor, probeFor } from '../../support/probe.js';
import { until } from '../../support/until.js';

onTurns();

/** A check that may not read all sessions, while the server works on a table by itself. */

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ autovacuum_naptime: '1s' });
  await server.createCheckRole(CHECK_ROLE);
  await server.createRole('app');
  await server.createRole('other');
  // The session of the test is then no stranger to it, without the privilege to read all.
  await server.sql('GRANT postgres TO app');
  await server.createDatabase('shop');
  const admin = await server.connect({ database: 'shop' });
  // A worker that takes a nap after every page, for longer than any test.
  await admin.query(`CREATE TABLE sold AS SELECT n, repeat('x', 1000) AS text FROM generate_series(1, 20000) AS n`);
  await admin.query(`ALTER TABLE sold SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`);
  await admin.query('UPDATE sold SET n = n + 1');
  await admin.end();
  await until('an autovacuum worker is in the database', async () => (await workers()).length > 0);
  await server.gone('sessions of the start', `datname = 'shop' AND backend_type = 'client backend'`);
});
afterEach(() => server.gone('sessions of checks', `application_name = 'pool-health'`));
afterAll(() => server?.close());

async function workers(): Promise<readonly unknown[]> {
  return await server.sql(
    `SELECT pid FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND datname = 'shop'`,
  );
}

async function probed(user: string): Promise<DatabaseProbeResult> {
  const probe = probeFor(server, configFor(server, { database: 'shop', user, sharedUser: user === 'app' }));
  const result = await probe.probe();
  await probe.close();
  expect(await workers()).not.toEqual([]);
  return result;
}

describe('an autovacuum worker in the watched database', () => {
  test.each(['app', CHECK_ROLE])('is no missing privilege and takes no slot for a check as %s', async (user) => {
    const sessions = await server.open(2, 'idle', { user: 'app', database: 'shop' });
    const { database, problems } = await probed(user);
    await sessions.close();
    expect(problems).toEqual([]);
    // Beside the two: the check, and the superuser of the test.
    expect(database?.connections).toMatchObject({ total: 2, database: 3, server: 4 });
  });
});

describe('a client that the role of the application may not read', () => {
  test.each(['shop', 'postgres'])('is a missing privilege, in whatever database: %s', async (name) => {
    const sessions = await server.open(1, 'idle', { user: 'other', database: name });
    const { database, problems } = await probed('app');
    await sessions.close();
    expect(problems).toMatchObject([{ code: 'PROBE.PRIVILEGE', values: { hiddenSessions: 1 } }]);
    expect(database?.connections).toBeNull();
  });

  test('is none once the role has pg_monitor', async () => {
    const sessions = await server.open(1, 'idle', { user: 'other', database: 'shop' });
    await server.sql('GRANT pg_monitor TO app');
    const { database, problems } = await probed('app');
    await server.sql('REVOKE pg_monitor FROM app');
    await sessions.close();
    expect(problems).toEqual([]);
    expect(database?.connections).toMatchObject({ total: 1, server: 3 });
  });
});
