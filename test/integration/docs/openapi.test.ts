import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { cloudWatchClient } from '../../../functions/aws/clients/cloudwatch.js';
import { CloudWatchHistory } from '../../../functions/aws/cloudwatch-history.js';
import { fixedPassword } from '../../../functions/connection/credentials.js';
import { detailsReport } from '../../../functions/core/details-report.js';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import { poolReport } from '../../../functions/core/pool-report.js';
import type { PoolEntry } from '../../../functions/core/ports.js';
import { DETAILS_ROUTE, PAGE_ROUTES, ROUTES } from '../../../functions/core/routes.js';
import { evaluate } from '../../../functions/core/verdict.js';
import { LocalHistory } from '../../../functions/dev/history.js';
import { detailsHandler } from '../../../functions/handlers/details.js';
import { poolHandler } from '../../../functions/handlers/pool.js';
import { Monitor } from '../../../functions/monitor/monitor.js';
import { PrismaRoundTrip } from '../../../functions/round-trip/prisma-round-trip.js';
import { RoundTrips } from '../../../functions/round-trip/round-trips.js';
import { AwsEndpoint, lambdaEnvironment } from '../../support/aws-endpoint.js';
import { onTurns } from '../../support/clock.js';
import { DESCRIPTION, mistakes } from '../../support/description.js';
import { getEvent } from '../../support/events.js';
import { pageHandlerOf } from '../../support/page-handler.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor, probesFor } from '../../support/probe.js';
import { configOf, managed, NOON, seen } from '../../support/samples.js';

onTurns();

let server: TestServer;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  server = await startTestServer();
  await server.createCheckRole(CHECK_ROLE);
  await server.createRole('app');
  await server.createRole('blind');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(() => server?.close());

function watch(pool: string, changes: Partial<PoolConfig> = {}): PoolEntry {
  return { pool, config: configFor(server, { pool, ...changes }), problems: [] };
}

function handlersOf(...pools: readonly PoolEntry[]) {
  const monitor = new Monitor({ pools: async () => pools }, (config) => probesFor(server, config));
  const login = { credentials: fixedPassword(server.postgres.password), caFile: null };
  const trips = new RoundTrips((config) => new PrismaRoundTrip(config, login));
  open.push(monitor, trips);
  return {
    pool: poolHandler({ monitor }),
    details: detailsHandler({ monitor, measureRoundTrip: (config) => trips.measure(config) }),
  };
}

type Handler = ReturnType<typeof handlersOf>['pool'];

async function answer(handler: Handler, route: string, parameters?: Record<string, string>, method = 'GET') {
  const { statusCode = 200, body = '' } = await handler(getEvent(route, parameters, method));
  return { statusCode, body: JSON.parse(body) };
}

describe('the description', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(DESCRIPTION));
    expect(result).toEqual({ valid: true });
    expect(DESCRIPTION.openapi).toMatch(/^3\.1\./);
  });

  it('has the routes of the contract, each for GET and for HEAD, and no other', () => {
    const gets = [...Object.values(ROUTES), DETAILS_ROUTE, ...Object.values(PAGE_ROUTES)];
    const described = Object.entries(DESCRIPTION.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual([...gets, ...gets.map((route) => route.replace('GET', 'HEAD'))].sort());
  });

  it('tells a wrong answer from a right one', () => {
    const wrong = { status: 'fine', surprise: 1 };
    expect(mistakes(ROUTES.worstPool, 200, wrong)).toEqual(
      expect.arrayContaining([expect.stringMatching(/status/), expect.stringMatching(/additional properties/)]),
    );
  });
});

describe('answers are as described', () => {
  it('healthy and unhealthy, with connections of others and without', async () => {
    const handlers = handlersOf(
      watch('orders', { settings: { min: 1, max: 6, idleTimeout: 1_000, connectionTimeout: 1_000 } }),
    );
    const idle = await server.open(2, 'idle in transaction', { user: 'app' });
    const healthy = await answer(handlers.pool, ROUTES.worstPool);
    const details = await answer(handlers.details, DETAILS_ROUTE);
    await idle.close();
    expect(healthy).toMatchObject({ statusCode: 200, body: { metrics: { activeConnections: 2 } } });
    expect(mistakes(ROUTES.worstPool, 200, healthy.body)).toEqual([]);
    expect(details).toMatchObject({ statusCode: 200, body: { status: 'ok', slots: { maxConnections: 100 } } });
    expect(mistakes(DETAILS_ROUTE, 200, details.body)).toEqual([]);
  });

  it.each([
    ['a login that is refused', { user: 'nobody' }, 'PROBE.AUTH'],
    ['sessions that are hidden', { user: 'blind' }, 'PROBE.PRIVILEGE'],
    ['a port where nobody listens', { port: 1 }, 'PROBE.UNREACHABLE'],
  ])('unhealthy with null figures: %s', async (_, changes, code) => {
    const others = await server.open(1, 'idle', { user: 'app' });
    const handlers = handlersOf(watch('orders', changes));
    const one = await answer(handlers.pool, ROUTES.onePool, { pool: 'orders' });
    const details = await answer(handlers.details, DETAILS_ROUTE);
    await others.close();
    expect(one).toMatchObject({ statusCode: 503, body: { metrics: { totalConnections: null }, problems: [{ code }] } });
    expect(mistakes(ROUTES.onePool, 503, one.body)).toEqual([]);
    expect(details).toMatchObject({ statusCode: 503, body: { status: 'error' } });
    expect(mistakes(DETAILS_ROUTE, 503, details.body)).toEqual([]);
  });

  it('several pools, and none', async () => {
    const several = await answer(handlersOf(watch('orders'), watch('carts')).pool, ROUTES.worstPool);
    expect(several.body.pools).toHaveLength(2);
    expect(mistakes(ROUTES.worstPool, several.statusCode, several.body)).toEqual([]);
    const none = await answer(handlersOf().pool, ROUTES.worstPool);
    expect(none).toMatchObject({ statusCode: 503, body: { config: { max: null } } });
    expect(mistakes(ROUTES.worstPool, 503, none.body)).toEqual([]);
  });

  it('a managed pool and gauges of the application, with figures and without', () => {
    const config = configOf(20);
    const figures = {
      limit: 20,
      open: 12,
      inUse: 9,
      waiting: 2,
      longestWaitMs: 40.5,
      settings: { pool_size: 20, max: null },
    };
    for (const view of [managed(figures), { ...managed({}), stats: null }]) {
      const sample = seen({ managed: view, app: { takenAt: NOON, waiting: 3 } });
      const assessment = { pool: 'orders', config, sample, verdict: evaluate(config, sample) };
      expect(mistakes(ROUTES.worstPool, 200, poolReport(assessment, NOON + 5))).toEqual([]);
      const parts = {
        assessment,
        holders: { holders: null, omitted: null, transactions: null, problems: [] },
        roundTrip: { acquireMs: 1.5, queryMs: null, problems: [] },
        transactionsPerSecond: 3,
      };
      expect(mistakes(DETAILS_ROUTE, 503, detailsReport(parts, NOON + 5))).toEqual([]);
    }
  });

  it('the page, and the last hour from memory and from a CloudWatch that refuses', async () => {
    const config = configOf(20);
    const sample = { ...seen(), takenAt: Date.now() };
    const local = new LocalHistory(5_000);
    local.add([{ pool: 'orders', config, sample, verdict: evaluate(config, sample) }]);
    const page = await pageHandlerOf(local)(getEvent(PAGE_ROUTES.page));
    expect(page).toMatchObject({ statusCode: 200, headers: { 'content-type': expect.stringContaining('text/html') } });
    const remembered = await answer(pageHandlerOf(local), PAGE_ROUTES.history);
    expect(remembered.body.series.utilization).toEqual([50]);
    expect(mistakes(PAGE_ROUTES.history, 200, remembered.body)).toEqual([]);

    const refusing = await AwsEndpoint.start();
    open.push(refusing);
    lambdaEnvironment(refusing.url);
    const deployed = pageHandlerOf(new CloudWatchHistory(['orders'], 'PoolHealth', { client: cloudWatchClient() }));
    const unknown = await answer(deployed, PAGE_ROUTES.history);
    expect(unknown).toMatchObject({ statusCode: 503, body: { problems: [{ code: 'AWS.CLOUDWATCH' }] } });
    expect(mistakes(PAGE_ROUTES.history, 503, unknown.body)).toEqual([]);
    const unnamed = await answer(pageHandlerOf(new CloudWatchHistory(['a', 'b'], 'PoolHealth')), PAGE_ROUTES.history);
    expect([unnamed.statusCode, mistakes(PAGE_ROUTES.history, 400, unnamed.body)]).toEqual([400, []]);
  });

  it('an unknown pool and another method', async () => {
    const handlers = handlersOf(watch('orders'));
    const cases = [
      [handlers.pool, ROUTES.onePool, 404, { pool: 'nowhere' }, 'GET'],
      [handlers.pool, ROUTES.worstPool, 405, undefined, 'POST'],
      [handlers.details, DETAILS_ROUTE, 405, undefined, 'DELETE'],
    ] as const;
    for (const [handler, route, status, parameters, method] of cases) {
      const { statusCode, body } = await answer(handler, route, parameters, method);
      expect([route, statusCode]).toEqual([route, status]);
      expect(mistakes(route, status, body)).toEqual([]);
    }
  });
});
