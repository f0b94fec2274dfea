import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PoolEntry } from '../../../functions/core/ports.js';
import { ProblemError, problem } from '../../../functions/core/problems.js';
import { ROUTES } from '../../../functions/core/routes.js';
import { poolHandler } from '../../../functions/handlers/pool.js';
import { Monitor } from '../../../functions/monitor/monitor.js';
import { onTurns, skip, stopDate } from '../../support/clock.js';
import { getEvent } from '../../support/events.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor, probesFor } from '../../support/probe.js';

onTurns();

let server: TestServer;
const monitors: Monitor[] = [];

beforeAll(async () => {
  server = await startTestServer({ log_statement: 'all' });
  await server.createCheckRole(CHECK_ROLE);
  await server.createDatabase('shop');
  await server.createDatabase('quiet');
  await server.createRole('app');
});
afterEach(async () => {
  await Promise.all(monitors.splice(0).map((monitor) => monitor.close()));
});
afterAll(() => server?.close());

function watch(pool: string, database: string): PoolEntry {
  return { pool, config: configFor(server, { pool, database }), problems: [] };
}

function handlerOf(pools: readonly PoolEntry[]) {
  const monitor = new Monitor({ pools: async () => pools }, (config) => probesFor(server, config));
  monitors.push(monitor);
  return poolHandler({ monitor });
}

async function get(handler: ReturnType<typeof poolHandler>, pool?: string) {
  const answer = await handler(pool === undefined ? getEvent(ROUTES.worstPool) : getEvent(ROUTES.onePool, { pool }));
  return { ...answer, json: JSON.parse(answer.body ?? '') };
}

/** Statements of checks that the server has run. */
function statements(): number {
  const log = readFileSync(join(server.postgres.directory, 'postgres.log'), 'utf8');
  return log.split('as superuser_reserved').length - 1;
}

describe('GET /health/pool', () => {
  test('answers the counts of the database in the report of the contract', async () => {
    const sessions = await server.open(5, 'idle', { user: 'app', database: 'shop' });
    const { statusCode, headers, json } = await get(handlerOf([watch('orders', 'shop')]));
    await sessions.close();
    expect(statusCode).toBe(200);
    expect(headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(json).toMatchObject({
      status: 'healthy',
      metrics: { activeConnections: 0, idleConnections: 5, waitingRequests: null, totalConnections: 5, poolSize: 20 },
      config: { min: 2, max: 20, idleTimeout: 30_000, connectionTimeout: 10_000 },
      utilization: { percent: 25, status: 'normal' },
      pool: 'orders',
      saturatedLayer: null,
      problems: [],
    });
    expect(json).not.toHaveProperty('pools');
  });

  test('answers 503 with the same body for an unhealthy pool, and names no host, user or database', async () => {
    const config = configFor(server, { user: 'nobody_here', database: 'shop' });
    const { statusCode, body, json } = await get(handlerOf([{ pool: 'orders', config, problems: [] }]));
    expect(statusCode).toBe(503);
    expect(json).toMatchObject({
      status: 'unhealthy',
      metrics: { activeConnections: null, idleConnections: null, totalConnections: null, poolSize: 20 },
      utilization: { percent: null, status: 'unknown' },
      problems: [{ code: 'PROBE.AUTH', severity: 'error', layer: 'database' }],
    });
    expect(body).not.toMatch(/nobody_here|shop|127\.0\.0\.1/);
  });

  test('runs one statement for 200 requests at once and more within five seconds, then a second one', async () => {
    stopDate();
    const handler = handlerOf([watch('orders', 'shop')]);
    const before = statements();
    const answers = await Promise.all(Array.from({ length: 200 }, () => get(handler)));
    skip(4_999);
    const late = await get(handler);
    expect(statements() - before).toBe(1);
    expect(new Set([...answers, late].map(({ json }) => json.timestamp)).size).toBe(1);
    expect(late.json.ageMs).toBe(4_999);
    skip(1_000);
    await get(handler);
    expect(statements() - before).toBe(2);
  });

  test.each([
    ['as API Gateway sends it', 'HEAD /health/pool'],
    ['as npm start does', ROUTES.worstPool],
  ])('answers HEAD, %s, as GET but without the body', async (_, route) => {
    const healthy = handlerOf([watch('orders', 'shop')]);
    const config = configFor(server, { user: 'nobody_here' });
    const unhealthy = handlerOf([{ pool: 'orders', config, problems: [] }]);
    for (const handler of [healthy, unhealthy]) {
      const got = await handler(getEvent(ROUTES.worstPool));
      expect(got.body).not.toBe('');
      expect(await handler(getEvent(route, undefined, 'HEAD'))).toEqual({ ...got, body: '' });
    }
    const none = await healthy(getEvent('HEAD /health/pool/{pool}', { pool: 'nope' }, 'HEAD'));
    expect(none).toMatchObject({ statusCode: 404, body: '' });
  });

  test('answers the worst of several pools, with a line for each, the worst first', async () => {
    const sessions = await server.open(15, 'idle', { user: 'app', database: 'shop' });
    const handler = handlerOf([watch('quiet', 'quiet'), watch('orders', 'shop')]);
    const worst = await get(handler);
    const one = await get(handler, 'quiet');
    await sessions.close();
    expect(worst.json).toMatchObject({
      pool: 'orders',
      utilization: { percent: 75, status: 'warning' },
      pools: [
        { pool: 'orders', status: 'healthy', percent: 75 },
        { pool: 'quiet', status: 'healthy', percent: 0 },
      ],
    });
    expect(one.json).toMatchObject({ pool: 'quiet', utilization: { percent: 0, status: 'normal' } });
    expect(one.json).not.toHaveProperty('pools');
  });

  test('answers unhealthy for a deployment without a pool', async () => {
    const { statusCode, json } = await get(handlerOf([]));
    expect(statusCode).toBe(503);
    expect(json.problems).toMatchObject([{ code: 'CONFIG.MISSING' }]);
    expect(json.config).toEqual({ min: null, max: null, idleTimeout: null, connectionTimeout: null });
  });

  test('answers with the reason if the definitions cannot be read', async () => {
    const broken = new Monitor(
      { pools: async () => Promise.reject(new ProblemError(problem('AWS.SSM', {}, 'error'))) },
      (config) => probesFor(server, config),
    );
    const { statusCode, json } = await get(poolHandler({ monitor: broken }));
    expect(statusCode).toBe(503);
    expect(json.problems).toMatchObject([{ code: 'AWS.SSM', severity: 'error' }]);
  });
});

describe('a request for anything else', () => {
  test.each([
    ['an unknown pool', getEvent(ROUTES.onePool, { pool: 'nothing' }), 404],
    ['a pool named like a property of every object', getEvent(ROUTES.onePool, { pool: '__proto__' }), 404],
    ['an unknown path', getEvent('$default'), 404],
    ['another method', getEvent(ROUTES.worstPool, undefined, 'POST'), 405],
  ])('%s is refused', async (_, event, status) => {
    const answer = await handlerOf([watch('orders', 'shop')])(event);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(typeof JSON.parse(answer.body ?? '').message).toBe('string');
    expect(answer.headers?.allow).toBe(status === 405 ? 'GET, HEAD' : undefined);
  });
});
