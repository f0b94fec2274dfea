import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Connection } from '../../../functions/connection/connection.js';
import { configFor } from '../../support/probe.js';
import { until } from '../../support/until.js';
import { ROLE, Wire } from '../../support/wire.js';

const LIMITS = { connectMs: 60_000, queryMs: 60_000, endsAt: Number.POSITIVE_INFINITY };
const STATEMENT = 'SELECT pg_backend_pid() AS pid';

let wire: Wire;
beforeAll(async () => {
  wire = await Wire.start();
});
afterEach(() => wire.renew());
afterAll(() => wire?.close());

function connect(): Connection {
  const target = configFor(wire.server, { port: wire.relay.port, user: ROLE });
  return new Connection(target, false, async () => wire.server.postgres.password);
}

test('a connection connects, authenticates, and is idle between its statements, until it is closed for good', async () => {
  const { relay } = wire;
  relay.toClient.pause();
  const connection = connect();
  expect(connection).toMatchObject({ state: 'connecting', waiting: { phase: 'connect' } });
  await until('the login has begun', () => connection.state === 'authenticating');
  expect(connection.waiting).toMatchObject({ phase: 'login' });
  relay.toClient.resume();
  await until('the login is done', () => connection.state === 'idle');
  expect(connection.waiting).toBeNull();
  relay.toClient.pause();
  const query = connection.query([STATEMENT], LIMITS);
  expect(connection).toMatchObject({ state: 'querying', waiting: { phase: 'query' } });
  relay.toClient.resume();
  expect(await query).toMatchObject({ isDirect: true });
  expect(connection).toMatchObject({ state: 'idle', isOpen: true });
  await connection.end();
  await expect(connection.query([STATEMENT], LIMITS)).rejects.toThrow();
  expect(connection).toMatchObject({ state: 'closed', isOpen: false, waiting: null });
});

test('a connection that is destroyed during its login is closed, and the login does not reopen it', async () => {
  const { relay } = wire;
  relay.toClient.pause();
  const connection = connect();
  await until('the login has begun', () => connection.state === 'authenticating');
  connection.destroy();
  relay.toClient.resume();
  await expect(connection.query([STATEMENT], LIMITS)).rejects.toThrow('Connection terminated');
  expect(connection.state).toBe('closed');
});
