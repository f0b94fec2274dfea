import { createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fixedPassword } from '../../../functions/connection/credentials.js';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import type { PoolEntry } from '../../../functions/core/ports.js';
import { DETAILS_ROUTE, ROUTES } from '../../../functions/core/routes.js';
import { freePort } from '../../../functions/dev/embedded-postgres/free-port.js';
import { detailsHandler, TransactionRate } from '../../../functions/handlers/details.js';
import { Monitor } from '../../../functions/monitor/monitor.js';
import { PrismaRoundTrip } from '../../../functions/round-trip/prisma-round-trip.js';
import { RoundTrips } from '../../../functions/round-trip/round-trips.js';
import { momentAt, onTurns } from '../../support/clock.js';
import { getEvent } from '../../support/events.js';
import { OWN_SESSIONS, startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor, probesFor } from '../../support/probe.js';
import { until } from '../../support/until.js';

onTurns();

let server: TestServer;
const monitors: Monitor[] = [];
const trips: RoundTrips[] = [];

beforeAll(async () => {
  server = await startTestServer();
  await server.createCheckRole(CHECK_ROLE);
  await server.createDatabase('shop');
  await server.createDatabase('quiet');
  await server.createRole('app');
});
afterEach(async () => {
  await Promise.all([...monitors.splice(0), ...trips.splice(0)].map((each) => each.close()));
});
afterAll(() => server?.close());

function watch(pool: string, database: string, changes: Partial<PoolConfig> = {}): PoolEntry {
  return { pool, config: configFor(server, { pool, database, ...changes }), problems: [] };
}

function handlerOf(...pools: readonly PoolEntry[]) {
  const monitor = new Monitor({ pools: async () => pools }, (config) => probesFor(server, config));
  monitors.push(monitor);
  const login = { credentials: fixedPassword(server.postgres.password), caFile: null };
  const made = new RoundTrips((config) => new PrismaRoundTrip(config, login));
  trips.push(made);
  return detailsHandler({ monitor, measureRoundTrip: (config) => made.measure(config) });
}

async function get(handler: ReturnType<typeof handlerOf>, pool?: string) {
  const event = { ...getEvent(DETAILS_ROUTE), ...(pool !== undefined && { queryStringParameters: { pool } }) };
  const answer = await handler(event);
  return { ...answer, json: JSON.parse(answer.body ?? '') };
}

describe('GET /health/details', () => {
  test('writes control characters of names as escapes, which are the same JSON', async () => {
    const name = '\u001b[2J\u009b2J\u2028\u202e\u007f';
    await server.createRole(name);
    const sessions = await server.open(1, 'idle', { user: name, database: 'shop' });
    const { body, json } = await get(handlerOf(watch('orders', 'shop')));
    await sessions.close();
    expect(body).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    expect(json.holders.map(({ user }: { user: string }) => user)).toContain(name);
  });

  test('answers the report of the contract, with who holds the connections', async () => {
    const busy = await server.open(2, 'idle in transaction', { user: 'app', database: 'shop', applicationName: 'web' });
    const idle = await server.open(3, 'idle', { user: 'app', database: 'shop', applicationName: 'worker' });
    const { statusCode, headers, json } = await get(handlerOf(watch('orders', 'shop')));
    await busy.close();
    await idle.close();
    expect(statusCode).toBe(200);
    expect(headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(json).toMatchObject({
      status: 'ok',
      connectionPool: {
        activeConnections: 2,
        idleConnections: 3,
        totalConnections: 5,
        poolSize: 20,
        utilization: 25,
      },
      health: { pool: 'orders', status: 'healthy' },
      slots: { maxConnections: 100, superuserReserved: 3, databaseLimit: null },
      problems: [],
      holdersOmitted: 0,
    });
    const ofApp = json.holders.filter(({ user }: { user: string }) => user === 'app');
    expect(ofApp).toEqual([
      expect.objectContaining({
        database: 'shop',
        application: 'worker',
        state: 'idle',
        count: 3,
        oldestTransactionMs: null,
      }),
      expect.objectContaining({
        database: 'shop',
        application: 'web',
        state: 'idle in transaction',
        count: 2,
        oldestTransactionMs: expect.any(Number),
        longestQueryMs: null,
      }),
    ]);
    const ofOthers = json.holders.filter(({ user }: { user: string | null }) => user !== null && user !== CHECK_ROLE);
    expect(ofOthers.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(5 + OWN_SESSIONS);
  });

  test('says how many groups the list leaves out, the smallest ones', async () => {
    const large = await server.open(2, 'idle', { user: 'app', database: 'shop', applicationName: 'zz' });
    const small = [];
    for (let index = 10; index < 65; index += 1) {
      small.push(await server.connect({ user: 'app', database: 'shop', applicationName: `small ${index}` }));
    }
    const { json } = await get(handlerOf(watch('orders', 'shop')));
    await large.close();
    await Promise.all(small.map((client) => client.end()));
    await server.gone('small sessions', `application_name LIKE 'small%'`);
    expect(json.holders).toHaveLength(50);
    expect(json.holders[0]).toMatchObject({ application: 'zz', count: 2 });
    // 56 groups of this test, and those of the check and of the server's superuser.
    expect(json.holdersOmitted).toBeGreaterThanOrEqual(6);
    expect(json.holdersOmitted).toBeLessThan(6 + 10);
  });

  test('measures a round trip through Prisma, acquisition apart from query, on one connection that stays open', async () => {
    const handler = handlerOf(watch('orders', 'shop'));
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(handler)));
    for (const { json } of answers) {
      expect(json.roundTrip).toEqual({ acquireMs: expect.any(Number), queryMs: expect.any(Number) });
    }
    const rows = await server.sql(
      `SELECT query FROM pg_stat_activity WHERE usename = '${CHECK_ROLE}' AND query = 'select 1'`,
    );
    expect(rows).toHaveLength(1);
  });

  test('waits for a server that hangs, and does not connect a second time', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    const port = await freePort();
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve));
    const settings = { min: 1, max: 20, idleTimeout: 30_000, connectionTimeout: 60_000 };
    const config = configFor(server, { port, settings });
    const patient = new RoundTrips(
      (each) => new PrismaRoundTrip(each, { credentials: fixedPassword('x'), caFile: null }),
    );
    const answers = await Promise.all([patient.measure(config), patient.measure(config)]);
    answers.push(await patient.measure(config));
    const asked = sockets.length;
    for (const socket of sockets) {
      socket.destroy();
    }
    silent.close();
    await patient.close();
    expect(answers.map(({ problems }) => problems[0]?.code)).toEqual(Array(3).fill('PROBE.TIMEOUT'));
    expect(asked).toBe(1);
  });

  test('answers with a problem if the file of authorities cannot be read', async () => {
    const login = { credentials: fixedPassword('x'), caFile: '/nowhere/ca.pem' };
    const unread = new RoundTrips((each) => new PrismaRoundTrip(each, login));
    const { problems } = await unread.measure(configFor(server, { tls: 'verify-full' }));
    expect(problems.map(({ code }) => code)).toEqual(['CONFIG.INVALID']);
  });

  test('never shows the text of a query', async () => {
    const { clients, close } = await server.open(1, 'idle', { user: 'app', database: 'shop' });
    const running = clients[0]?.query(`SELECT pg_sleep(60), 'hidden text'`).catch(() => undefined);
    await until('the query runs', async () => {
      const rows = await server.sql(`SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND state = 'active'`);
      return rows.length > 0;
    });
    const { body, json } = await get(handlerOf(watch('orders', 'shop')));
    await close();
    await running;
    expect(json.holders).toContainEqual(
      expect.objectContaining({ user: 'app', state: 'active', longestQueryMs: expect.any(Number) }),
    );
    expect(body).not.toContain('hidden text');
  });

  test('shows problems with their values, and unknown values as null', async () => {
    const { statusCode, json } = await get(handlerOf(watch('orders', 'shop', { user: 'nobody_here' })));
    expect(statusCode).toBe(503);
    expect(json).toMatchObject({
      status: 'error',
      connectionPool: { activeConnections: null, totalConnections: null, poolSize: 20, utilization: null },
      holders: null,
      holdersOmitted: null,
      slots: null,
      managedPool: null,
      roundTrip: { acquireMs: null, queryMs: null },
    });
    expect(json.problems[0]).toMatchObject({ code: 'PROBE.AUTH', layer: 'database', values: { sqlstate: '28P01' } });
  });

  test('answers the worst pool, or the pool that the query names', async () => {
    const sessions = await server.open(15, 'idle', { user: 'app', database: 'shop' });
    const handler = handlerOf(watch('quiet', 'quiet'), watch('orders', 'shop'));
    const worst = await get(handler);
    const named = await get(handler, 'quiet');
    const unknown = await get(handler, 'nothing');
    await sessions.close();
    expect(worst.json.health.pool).toBe('orders');
    expect(named.json.health.pool).toBe('quiet');
    expect(unknown.statusCode).toBe(404);
  });

  test.each([
    ['another path', getEvent(ROUTES.worstPool), 404],
    ['another method', getEvent(DETAILS_ROUTE, undefined, 'POST'), 405],
  ])('%s is refused', async (_, event, status) => {
    expect((await handlerOf(watch('orders', 'shop'))(event)).statusCode).toBe(status);
  });
});

describe('transactions per second', () => {
  test('are known from the second count on, but not across a long pause or a reset of the statistics', () => {
    const rate = new TransactionRate();
    expect(rate.next('a', 1_000, momentAt(0))).toBeNull();
    expect(rate.next('a', 1_300, momentAt(10_000))).toBe(30);
    expect(rate.next('b', 5, momentAt(10_000))).toBeNull();
    expect(rate.next('a', 10, momentAt(20_000))).toBeNull();
    expect(rate.next('a', 20, momentAt(21_000))).toBe(10);
    expect(rate.next('a', 9_000, momentAt(20 * 60_000))).toBeNull();
    expect(rate.next('a', null, momentAt(21 * 60_000))).toBeNull();
  });
});
