import { spawnSync } from 'node:child_process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Connection } from '../../../functions/connection/connection.js';
import { currentMoment } from '../../../functions/time/moment.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { configFor } from '../../support/probe.js';
import { until } from '../../support/until.js';

const ROLE = 'stalled_check';
const LIMITS = { connectMs: 60_000, queryMs: 1, endsAt: Number.POSITIVE_INFINITY };

/** Waits in a process of its own until the last statement of the role is in a state. */
const WAIT = `
const { Client } = require('pg');
const [url, state] = process.argv.slice(1);
const client = new Client(url);
client.connect().then(async () => {
  const query = "select 1 from pg_stat_activity where usename = '${ROLE}' and query like '%stalled%' and state = $1";
  while ((await client.query(query, [state])).rowCount === 0);
  await client.end();
});`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.createCheckRole(ROLE);
});
afterAll(() => server?.close());

/** Stops this process, as a throttled one is stopped, until the server is in that state. */
function stallUntil(state: 'idle' | 'active'): void {
  const { status, stderr } = spawnSync(process.execPath, ['-e', WAIT, server.postgres.url(), state]);
  expect([status, `${stderr}`]).toEqual([0, '']);
}

/** A connection whose login is done. */
async function idleConnection(): Promise<Connection> {
  const connection = new Connection(configFor(server, { user: ROLE }), false, async () => server.postgres.password);
  await until('the login is done', () => connection.state === 'idle');
  // From here on the event loop comes to its timers before it comes to its sockets.
  await nextTurn();
  return connection;
}

test('an answer that arrived while the process was stopped is an answer, although its deadline is over', async () => {
  const connection = await idleConnection();
  const before = currentMoment();
  const answer = connection.query(["SELECT pg_backend_pid() AS pid, 'stalled'"], LIMITS);
  stallUntil('idle');
  expect(currentMoment().monotonic - before.monotonic).toBeGreaterThan(LIMITS.queryMs);
  expect(await answer).toMatchObject({ isDirect: true });
  await connection.end();
});

test('a statement that is still running when the process goes on is PROBE.TIMEOUT', async () => {
  const connection = await idleConnection();
  const answer = connection.query(["SELECT pg_backend_pid() AS pid, 'stalled', pg_sleep(3600)"], LIMITS);
  stallUntil('active');
  await expect(answer).rejects.toMatchObject({ name: 'ProbeTimeout', phase: 'query' });
  await connection.abandon(500);
});
