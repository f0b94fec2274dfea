import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDemoDatabase } from '../../../functions/dev/demo-database.js';
import { startWorkload } from '../../../functions/dev/demo-workload.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { until } from '../../support/until.js';

const SETTINGS = { min: 1, max: 4, idleTimeout: 1_000, connectionTimeout: 1_000 };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

it('the demo uses its connections as an application does, never more than max, and closes all of them', async () => {
  const { application, check } = await createDemoDatabase(server.postgres);
  const workload = await startWorkload(server.postgres.connection(application), SETTINGS);
  const seen = new Set<unknown>();
  let most = 0;
  await until('connections are opened and active', async () => {
    const rows = await server.sql('SELECT state FROM pg_stat_activity WHERE usename = $1', [application.user]);
    for (const { state } of rows) {
      seen.add(state);
    }
    most = Math.max(most, rows.length);
    return most > 1 && seen.has('active');
  });
  expect(most).toBeLessThanOrEqual(SETTINGS.max);
  await workload.stop();
  await server.gone('connections of the demo', 'usename = $1', [application.user]);
  const [role] = await server.sql(
    `SELECT rolconnlimit, rolconfig, pg_has_role(oid, 'pg_monitor', 'MEMBER') AS monitors FROM pg_roles WHERE rolname = $1`,
    [check.user],
  );
  expect(role).toMatchObject({ rolconnlimit: 3, monitors: true });
  expect(role?.rolconfig).toContain('statement_timeout=3s');
});

it('the demo is connected once it has started, survives the end of its server and stops without it', async () => {
  await server.createRole('orphan');
  const workload = await startWorkload(server.postgres.connection({ user: 'orphan' }), SETTINGS);
  expect(await server.sql(`SELECT 1 FROM pg_stat_activity WHERE usename = 'orphan'`)).not.toEqual([]);
  await server.postgres.kill();
  await expect(workload.stop()).resolves.toBeUndefined();
});
