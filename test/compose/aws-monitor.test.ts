import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AwsMonitorOptions, awsMonitor, FOR_REQUESTS } from '../../functions/compose/aws-monitor.js';
import type { Monitor } from '../../functions/monitor/monitor.js';
import { AwsEndpoint, awsAnswer, awsError, lambdaEnvironment } from '../support/aws-endpoint.js';
import { pass, skip, stopDate, stopTime, useRealTime } from '../support/clock.js';
import { MetricStore, queriesOf } from '../support/metric-store.js';
import { RdsEndpoint } from '../support/rds-endpoint.js';
import { until } from '../support/until.js';

const NOON = Date.UTC(2026, 0, 2, 12);
/** What the check gives AWS, of the five seconds that it has itself. */
const AWS_MS = 1_500;
const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-AbCdEf';

let aws: AwsEndpoint;
let rds: RdsEndpoint;
let store: MetricStore;
let monitors: Monitor[];

// Once for all: the clients are those of the process, which find their endpoints when they are made.
beforeAll(async () => {
  [aws, rds] = await Promise.all([AwsEndpoint.start(), RdsEndpoint.start()]);
});
afterAll(() => Promise.all([aws.close(), rds.close()]));

beforeEach(() => {
  lambdaEnvironment(aws.url);
  vi.stubEnv('AWS_ENDPOINT_URL_RDS', rds.url);
  aws.calls.length = 0;
  rds.calls.length = 0;
  vi.spyOn(Math, 'random').mockReturnValue(0);
  // The log of the environment.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  stopDate(NOON + 40_000);
  store = new MetricStore();
  monitors = [];
  aws.answer('GetMetricData', store.getMetricData);
  aws.answer('ListMetrics', store.listMetrics);
  rds.knowShop();
});

afterEach(async () => {
  await Promise.all(monitors.map((monitor) => monitor.close()));
  useRealTime();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Definitions of pools at a port where nobody listens: here only what AWS tells is of interest. */
function define(pools: Readonly<Record<string, object>>): void {
  const common = { endpoint: '127.0.0.1', port: 1, database: 'shop', user: 'check', tls: 'off' };
  const Parameters = Object.entries(pools).map(([pool, managed]) => ({
    Name: `/pool-health/${pool}`,
    Value: JSON.stringify({ ...common, auth: { type: 'secret', arn: ARN }, managed }),
  }));
  aws.answer('GetParametersByPath', awsAnswer({ Parameters }));
}

const PROXIED = { kind: 'rds-proxy', name: 'shop' };
const DIRECT = { kind: 'none' };

/** A deployed environment, and what it sees of its pools whenever it is asked. */
function environment(options: AwsMonitorOptions = {}) {
  const { monitor } = awsMonitor({}, options);
  monitors.push(monitor);
  return async () => {
    const assessments = await monitor.assessAll(await monitor.pools(0), {
      maxAgeMs: 0,
      endsAt: Number.POSITIVE_INFINITY,
    });
    return assessments.map(({ pool, sample, verdict }) => ({ pool, sample, verdict }));
  };
}

function publish(metric: string, value: number, dimensions: Record<string, string>, namespace = 'AWS/RDS'): void {
  for (let minute = 1; minute <= 5; minute += 1) {
    store.data.push({ namespace, metric, dimensions, value, at: NOON - minute * 60_000 });
  }
}

function publishShop(): void {
  const byRole = { ProxyName: 'shop', TargetGroup: 'default', TargetRole: 'READWRITE' };
  publish('MaxDatabaseConnectionsAllowed', 90, byRole);
  publish('DatabaseConnectionsCurrentlyBorrowed', 24, byRole);
  publish('AppWaiting', 3, { Pool: 'orders' }, 'PoolHealth');
}

const operations = () => [...aws.calls.map(({ operation }) => operation), ...rds.calls.map(({ action }) => action)];
const later = (seconds: number) => skip(seconds * 1_000);

describe('a deployed environment', () => {
  it('reads the stats of the proxy of its pools, and the queue of the application', async () => {
    define({ orders: PROXIED, carts: PROXIED, reports: DIRECT });
    publishShop();
    const pools = await environment()();
    const stats = { takenAt: NOON, isLive: false, limit: 90, inUse: 24, waiting: null };
    const managed = { kind: 'rds-proxy', source: 'definition', stats };
    expect(pools).toMatchObject([
      {
        pool: 'orders',
        sample: { pooler: managed, app: { takenAt: NOON, waiting: 3 } },
        verdict: { waitingRequests: 3 },
      },
      { pool: 'carts', sample: { pooler: managed, app: null }, verdict: { waitingRequests: null } },
      { pool: 'reports', sample: { pooler: { kind: 'none' }, app: null }, verdict: { waitingRequests: null } },
    ]);
    const problems = pools.flatMap(({ sample }) => sample.problems.map(({ code }) => code));
    expect(problems).toEqual(['PROBE.UNREACHABLE', 'PROBE.UNREACHABLE', 'PROBE.UNREACHABLE']);
  });

  it('reads metrics once a minute in one call, and settings once in five, however many pools and checks', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `pool-${index}`);
    define(Object.fromEntries(names.map((name) => [name, PROXIED])));
    publishShop();
    for (const Pool of names) {
      const dimensions = { Pool };
      store.data.push({ namespace: 'PoolHealth', metric: 'AppWaiting', dimensions, at: NOON - 30_000, value: 0 });
    }
    const look = environment();
    await look();
    const setUp = ['DescribeDBProxies', 'DescribeDBProxyTargetGroups', 'GetMetricData', 'GetMetricData', 'ListMetrics'];
    expect(
      operations()
        .filter((each) => each !== 'GetParametersByPath')
        .sort(),
    ).toEqual(setUp);
    aws.calls.length = 0;
    for (let minute = 0; minute < 3; minute += 1) {
      later(50);
      await Promise.all([look(), look()]);
      later(10);
      await look();
    }
    const read = aws.calls.filter(({ operation }) => operation === 'GetMetricData');
    // At 12:01:30, 12:02:30 and 12:03:30; ten seconds later there is nothing new.
    expect(read.map((call) => queriesOf(call).length)).toEqual([28, 28, 28]);
    expect(operations().filter((each) => each.startsWith('Describe'))).toHaveLength(2);
  });

  it('that answers requests reads the metrics of a proxy every five minutes, and shows how old they are', async () => {
    define({ orders: PROXIED, carts: PROXIED });
    const byRole = { ProxyName: 'shop', TargetGroup: 'default', TargetRole: 'READWRITE' };
    for (let minute = -5; minute < 30; minute += 1) {
      const at = NOON + minute * 60_000;
      store.data.push({
        namespace: 'AWS/RDS',
        metric: 'MaxDatabaseConnectionsAllowed',
        dimensions: byRole,
        at,
        value: 90,
      });
    }
    const look = environment(FOR_REQUESTS);
    const ages: number[] = [];
    for (let seconds = 0; seconds < 20 * 60; seconds += 30) {
      const [orders] = await look();
      ages.push((Date.now() - (orders?.sample.pooler?.stats?.takenAt ?? 0)) / 1_000);
      later(30);
    }
    const proxyMetrics = aws.calls
      .filter(({ operation }) => operation === 'GetMetricData')
      .flatMap((call) => queriesOf(call).filter(({ MetricStat }) => MetricStat.Metric.Namespace === 'AWS/RDS'));
    expect(proxyMetrics).toHaveLength(4 * 8);
    expect([Math.min(...ages), Math.max(...ages)]).toEqual([40, 310]);
  });

  it('does not query the RDS API for pools without a proxy, and lists no metrics', async () => {
    define({ reports: DIRECT, unknown: DIRECT });
    await environment()();
    expect(new Set(operations())).toEqual(new Set(['GetParametersByPath', 'GetMetricData']));
  });

  it('reports one problem for each pool if metrics may not be read, and none if the application publishes nothing', async () => {
    define({ orders: PROXIED, reports: DIRECT });
    const managed = (pools: Awaited<ReturnType<ReturnType<typeof environment>>>) =>
      pools.map(({ sample }) =>
        sample.problems.filter(({ code }) => code === 'MANAGED.UNAVAILABLE').map(({ values }) => values),
      );
    expect(managed(await environment()())).toEqual([[], []]);
    aws.answer('GetMetricData', awsError(400, 'AccessDeniedException'));
    const values = { error: 'AccessDeniedException', cause: 'AWS.CLOUDWATCH' };
    expect(managed(await environment()())).toEqual([[values], [values]]);
  });

  it.each([
    // What the application publishes, and the gauges of the proxy.
    ['GetMetricData', 2],
    ['ListMetrics', 1],
  ])('answers after a second and a half while %s hangs, and does not wait for it again', async (operation, times) => {
    define({ orders: PROXIED, reports: DIRECT });
    aws.answer(operation, () => undefined);
    stopTime(NOON + 40_000);
    const calls = () => operations().filter((each) => each === operation).length;
    const look = environment();
    const looking = look();
    await until(`${operation} hangs`, () => calls() === times);
    await pass(AWS_MS);
    const [orders] = await looking;
    expect(orders?.sample.problems.map(({ code }) => code)).toEqual(['PROBE.UNREACHABLE', 'MANAGED.UNAVAILABLE']);
    await look();
    expect(calls()).toBe(times);
  });

  it('answers after a second and a half while the RDS API hangs', async () => {
    define({ orders: PROXIED });
    rds.answerBoth(() => undefined);
    stopTime(NOON + 40_000);
    const looking = environment()();
    await until('the RDS API hangs', () => rds.calls.length === 2);
    await pass(AWS_MS);
    const [orders] = await looking;
    expect(orders?.sample.problems.at(-1)?.values).toEqual({ error: 'TimeoutError', cause: 'AWS.RDS' });
  });
});

it('the function that answers GETs loads no client of RDS or CloudWatch before it needs one', async () => {
  const { metafile } = await build({
    entryPoints: ['functions/lambda/pool.ts'],
    bundle: true,
    write: false,
    metafile: true,
    splitting: true,
    format: 'esm',
    outdir: 'out',
    platform: 'node',
    mainFields: ['module', 'main'],
    external: ['pg-native'],
  });
  const { outputs } = metafile;
  const start = new Set<string>();
  const load = (path: string) => {
    start.add(path);
    for (const { path: next, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && !start.has(next) && outputs[next]) {
        load(next);
      }
    }
  };
  load('out/pool.js');
  const holds = (part: string, paths: Iterable<string>) =>
    [...paths].some((path) => Object.keys(outputs[path]?.inputs ?? {}).some((input) => input.includes(part)));
  expect(holds('client-ssm/', start)).toBe(true);
  for (const client of ['client-rds/', 'client-cloudwatch/']) {
    expect([client, holds(client, start), holds(client, Object.keys(outputs))]).toEqual([client, false, true]);
  }
});
