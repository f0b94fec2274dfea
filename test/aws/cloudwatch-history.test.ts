import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cloudWatchClient } from '../../functions/aws/clients/cloudwatch.js';
import { CloudWatchHistory } from '../../functions/aws/cloudwatch-history.js';
import type { MetricName } from '../../functions/core/metrics.js';
import { AwsEndpoint, awsError, lambdaEnvironment } from '../support/aws-endpoint.js';
import { getEvent } from '../support/events.js';
import { MetricStore, queriesOf } from '../support/metric-store.js';
import { pageHandlerOf } from '../support/page-handler.js';

const OPERATION = 'GetMetricData';
/** 12:00:40: the minute that ended 40 s ago has settled. */
const NOW = Date.UTC(2026, 0, 2, 12, 0, 40);
const noon = (minutes: number) => Date.UTC(2026, 0, 2, 12, minutes);

let endpoint: AwsEndpoint;
let store: MetricStore;
let time: number;

beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
  store = new MetricStore();
  time = NOW;
  endpoint.answer(OPERATION, store.getMetricData);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await endpoint.close();
});

function historyOf(...pools: string[]): CloudWatchHistory {
  const client = cloudWatchClient({ connectMs: 5_000, answerMs: 20_000, attempts: 1 });
  return new CloudWatchHistory(pools, 'PoolHealth', { client, now: () => time, deadlineMs: 20_000 });
}

/** As the check publishes it, at the twentieth second of the minute that begins so many minutes after noon. */
function put(pool: string, metric: MetricName, minutes: number, value: number, seconds = 20): void {
  const at = noon(minutes) + seconds * 1_000;
  store.data.push({ namespace: 'PoolHealth', metric, dimensions: { Pool: pool }, at, value });
}

test('the history is the last hour, with one value a minute, dated by the end of its minute', async () => {
  put('orders', 'Utilization', -1, 70);
  put('orders', 'Utilization', -60, 10);
  put('orders', 'Utilization', -61, 99);
  const { pool, source, stepSeconds, from, to, times, series, problems } = await historyOf('orders').history('orders');
  expect({ pool, source, stepSeconds, problems }).toEqual({
    pool: 'orders',
    source: 'cloudwatch',
    stepSeconds: 60,
    problems: [],
  });
  expect([from, to]).toEqual(['2026-01-02T11:00:00.000Z', '2026-01-02T12:00:00.000Z']);
  expect(times).toHaveLength(60);
  expect([times.at(0), times.at(-1)]).toEqual([noon(-59) / 1_000, noon(0) / 1_000]);
  expect(series.utilization).toEqual([10, ...Array.from({ length: 58 }, () => null), 70]);
});

test('each series is its metric, with the statistic of the contract where a minute has two checks', async () => {
  const published: readonly (readonly [MetricName, number, number])[] = [
    ['Utilization', 40, 60],
    ['ActiveConnections', 3, 5],
    ['IdleConnections', 2, 4],
    ['WaitingRequests', 7, 9],
    ['Healthy', 1, 0],
  ];
  for (const [metric, first, second] of published) {
    put('orders', metric, -1, first, 10);
    put('orders', metric, -1, second, 50);
  }
  const { series } = await historyOf('orders').history('orders');
  const last = Object.fromEntries(Object.entries(series).map(([name, values]) => [name, values.at(-1)]));
  expect(last).toEqual({ utilization: 60, active: 4, idle: 3, waiting: 9, healthy: 0 });
});

test('a metric without datapoints is null, not 0', async () => {
  put('orders', 'Healthy', -1, 0);
  const { series } = await historyOf('orders').history('orders');
  expect([series.utilization, series.waiting].flat().every((value) => value === null)).toBe(true);
  expect(series.healthy.at(-1)).toBe(0);
});

test('CloudWatch is queried once a minute and only for the pools that are read, however many readers there are', async () => {
  const history = historyOf('orders', 'carts', 'reports', 'users');
  put('carts', 'Utilization', -1, 33);
  for (let read = 0; read < 20; read += 1) {
    await Promise.all([history.history('orders'), history.history('carts')]);
    time += 900;
  }
  const pools = endpoint.calls.map((call) => [
    ...new Set(queriesOf(call).flatMap(({ MetricStat }) => MetricStat.Metric.Dimensions.map(({ Value }) => Value))),
  ]);
  expect(pools).toEqual([['orders', 'carts']]);
  expect(endpoint.calls.map((call) => queriesOf(call).length)).toEqual([10]);
  expect((await history.history('carts')).series.utilization.at(-1)).toBe(33);
  time = noon(1) + 30_000;
  await history.history('orders');
  expect(endpoint.calls).toHaveLength(2);
});

test('a minute that settles while earlier ones are cached is not shown as unknown', async () => {
  const history = historyOf('orders');
  for (const minutes of [-2, -1, 0]) {
    put('orders', 'Utilization', minutes, 50);
  }
  for (const [at, asked] of [
    [noon(0) + 5_000, 1],
    [noon(0) + 29_000, 1],
    [noon(0) + 35_000, 2],
    [noon(1) + 29_000, 2],
    [noon(1) + 30_000, 3],
  ] as const) {
    time = at;
    expect((await history.history('orders')).series.utilization.at(-1), new Date(at).toISOString()).toBe(50);
    expect(endpoint.calls).toHaveLength(asked);
  }
});

test('each pool has its own history, and the data of another deployment is ignored', async () => {
  put('orders', 'Utilization', -1, 11);
  put('carts', 'Utilization', -1, 22);
  put('elsewhere', 'Utilization', -1, 99);
  const history = historyOf('orders', 'carts');
  expect((await history.history('orders')).series.utilization.at(-1)).toBe(11);
  expect((await history.history('carts')).series.utilization.at(-1)).toBe(22);
});

describe('if CloudWatch cannot be queried', () => {
  beforeEach(() => endpoint.answer(OPERATION, awsError(400, 'AccessDeniedException')));

  test('every value is null, and a problem gives the reason', async () => {
    const { series, times, problems } = await historyOf('orders').history('orders');
    expect(times).toHaveLength(60);
    expect(
      Object.values(series)
        .flat()
        .every((value) => value === null),
    ).toBe(true);
    expect(problems).toMatchObject([{ code: 'AWS.CLOUDWATCH', layer: 'aws' }]);
    expect(JSON.stringify(problems)).not.toContain('AccessDenied');
  });

  test('CloudWatch is not queried again before the next minute', async () => {
    const history = historyOf('orders');
    for (let read = 0; read < 5; read += 1) {
      await history.history('orders');
    }
    expect(endpoint.calls).toHaveLength(1);
    endpoint.answer(OPERATION, store.getMetricData);
    time = noon(1) + 30_000;
    expect((await history.history('orders')).problems).toEqual([]);
  });

  test('the route answers 503 with that problem', async () => {
    const { statusCode, body } = await pageHandlerOf(historyOf('orders'))(getEvent('GET /health/history'));
    expect(statusCode).toBe(503);
    expect(JSON.parse(body ?? '')).toMatchObject({ pool: 'orders', problems: [{ code: 'AWS.CLOUDWATCH' }] });
  });
});

test('a GET of the page itself does not query CloudWatch', async () => {
  await pageHandlerOf(historyOf('orders'))(getEvent('GET /health'));
  expect(endpoint.calls).toEqual([]);
});
