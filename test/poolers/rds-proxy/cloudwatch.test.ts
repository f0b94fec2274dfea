import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppMetrics } from '../../../functions/aws/app-metrics.js';
import { cloudWatchClient } from '../../../functions/aws/clients/cloudwatch.js';
import { CloudWatchReader } from '../../../functions/aws/cloudwatch-reader.js';
import { type ProxyGauges, ProxyMetrics } from '../../../functions/poolers/rds-proxy/cloudwatch.js';
import type { ProxyRole } from '../../../functions/poolers/rds-proxy/settings.js';
import { METRICS_READ_OF_A_PROXY } from '../../../infra/cost/bill.js';
import { AwsEndpoint, awsAnswer, awsError, lambdaEnvironment } from '../../support/aws-endpoint.js';
import { FAULTS, timesFor } from '../../support/aws-faults.js';
import { momentAt, useTurns } from '../../support/clock.js';
import { MetricStore, queriesOf } from '../../support/metric-store.js';

const noon = (minutes: number) => Date.UTC(2026, 0, 2, 12, minutes);

let endpoint: AwsEndpoint;
let store: MetricStore;
let time: number;

beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  useTurns();
  store = new MetricStore();
  time = noon(0) + 40_000;
  endpoint.answer('GetMetricData', store.getMetricData);
  endpoint.answer('ListMetrics', store.listMetrics);
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endpoint.close();
});

/** All that an environment has; figures of `shop` unless said otherwise. */
function environment({ answerMs = 20_000, deadlineMs = 20_000, namespace = 'PoolHealth' } = {}) {
  const client = cloudWatchClient({ connectMs: 5_000, answerMs, attempts: 3 });
  const reader = new CloudWatchReader({ client, deadlineMs, now: () => time });
  const metrics = new ProxyMetrics(reader, { client, deadlineMs, now: () => momentAt(time) });
  const apps = new AppMetrics(reader, { namespace, log: () => undefined, now: () => momentAt(time) });
  return {
    figures: (role: ProxyRole = 'READ_WRITE', proxy = 'shop', maxAgeMs = 0) => metrics.gauges(proxy, role, maxAgeMs),
    app: (pool: string) => apps.read(pool),
  };
}

const ROLE_GAUGES = {
  MaxDatabaseConnectionsAllowed: 45,
  DatabaseConnections: 20,
  DatabaseConnectionsCurrentlyBorrowed: 12,
  DatabaseConnectionsCurrentlySessionPinned: 3,
  AvailabilityPercentage: 100,
};
const PROXY_GAUGES = { ClientConnections: 50, DatabaseConnectionsBorrowLatency: 1_500 };

/** What one node publishes in the minute that begins so many minutes after noon. */
function publish(
  minutes: number,
  byRole: Partial<Record<keyof typeof ROLE_GAUGES, number>> = ROLE_GAUGES,
  byProxy: Partial<Record<keyof typeof PROXY_GAUGES, number>> = PROXY_GAUGES,
  { TargetRole = 'READWRITE', ProxyName = 'shop' } = {},
): void {
  const common = { namespace: 'AWS/RDS', at: noon(minutes) + 5_000 };
  for (const [metric, value] of Object.entries(byRole)) {
    const dimensions = { ProxyName, TargetGroup: 'default', TargetRole };
    store.data.push({ ...common, metric, value, dimensions });
    // CloudWatch has each of them for all roles and for each target too.
    store.data.push({ ...common, metric, value, dimensions: { ProxyName } });
    store.data.push({ ...common, metric, value, dimensions: { ProxyName, TargetGroup: 'default', Target: 'db:shop' } });
  }
  for (const [metric, value] of Object.entries(byProxy)) {
    store.data.push({ ...common, metric, value, dimensions: { ProxyName } });
  }
}

const calls = (operation: string) => endpoint.calls.filter((call) => call.operation === operation);
const metricsRead = () =>
  calls('GetMetricData').flatMap((call) => queriesOf(call).map(({ MetricStat: { Metric } }) => Metric.MetricName));

const NOTHING_KNOWN: Omit<ProxyGauges, 'takenAt'> = {
  allowed: null,
  open: null,
  borrowed: null,
  pinned: null,
  clients: null,
  borrowWaitMs: null,
  availabilityPercent: null,
};

test('gauges of two nodes are added up, latency and availability are averaged', async () => {
  publish(-1);
  publish(
    -1,
    { ...ROLE_GAUGES, DatabaseConnections: 5, DatabaseConnectionsCurrentlyBorrowed: 1, AvailabilityPercentage: 50 },
    { ClientConnections: 30, DatabaseConnectionsBorrowLatency: 2_500 },
  );
  expect(await environment().figures()).toEqual({
    takenAt: noon(0),
    allowed: 90,
    open: 25,
    borrowed: 13,
    pinned: 6,
    clients: 80,
    borrowWaitMs: 2,
    availabilityPercent: 75,
  });
});

test('gauges are read as sums over one minute, latency and availability as means, each by its own dimensions', async () => {
  publish(-1);
  await environment().figures();
  const asked = calls('GetMetricData').flatMap((call) =>
    queriesOf(call).map(({ MetricStat: { Metric, Period, Stat } }) => {
      const dimensions = Metric.Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join();
      return `${Metric.Namespace} ${Metric.MetricName} ${Stat} ${Period} ${dimensions}`;
    }),
  );
  const byRole = 'ProxyName=shop,TargetGroup=default,TargetRole=READWRITE';
  expect(asked.sort()).toEqual(
    [
      `AWS/RDS AvailabilityPercentage Average 60 ${byRole}`,
      'AWS/RDS ClientConnections Sum 60 ProxyName=shop',
      `AWS/RDS DatabaseConnections Sum 60 ${byRole}`,
      'AWS/RDS DatabaseConnectionsBorrowLatency Average 60 ProxyName=shop',
      `AWS/RDS DatabaseConnectionsCurrentlyBorrowed Sum 60 ${byRole}`,
      `AWS/RDS DatabaseConnectionsCurrentlySessionPinned Sum 60 ${byRole}`,
      `AWS/RDS MaxDatabaseConnectionsAllowed SampleCount 60 ${byRole}`,
      `AWS/RDS MaxDatabaseConnectionsAllowed Sum 60 ${byRole}`,
    ].sort(),
  );
});

test('connections of the readers are apart from those of the writer', async () => {
  publish(-1);
  const readers = { ...ROLE_GAUGES, MaxDatabaseConnectionsAllowed: 80, DatabaseConnectionsCurrentlyBorrowed: 70 };
  publish(-1, readers, {}, { TargetRole: 'READ_ONLY' });
  const { figures } = environment();
  expect(await figures('READ_WRITE')).toMatchObject({ allowed: 45, borrowed: 12 });
  expect(await figures('READ_ONLY')).toMatchObject({ allowed: 80, borrowed: 70 });
  expect(calls('ListMetrics')).toHaveLength(1);
});

test('a role is found however CloudWatch spells it', async () => {
  publish(-1, ROLE_GAUGES, {}, { TargetRole: 'READ_WRITE' });
  expect(await environment().figures()).toMatchObject({ allowed: 45 });
});

test('a gauge without a datapoint is null, not 0', async () => {
  publish(-1, { MaxDatabaseConnectionsAllowed: 45, DatabaseConnections: 0 }, {});
  expect(await environment().figures()).toEqual({ ...NOTHING_KNOWN, takenAt: noon(0), allowed: 45, open: 0 });
});

test('a proxy without any metric has null gauges, and is no failure', async () => {
  expect(await environment().figures()).toEqual({ ...NOTHING_KNOWN, takenAt: noon(0) });
});

test('a new proxy, whose series are not listed yet, has the gauges of the whole proxy', async () => {
  publish(-1, {}, PROXY_GAUGES);
  publish(-2, {}, { ClientConnections: 7 });
  expect(await environment().figures()).toEqual({
    ...NOTHING_KNOWN,
    takenAt: noon(0),
    clients: 50,
    borrowWaitMs: 1.5,
  });
});

test('the newest minute is read, with its age, when CloudWatch is late', async () => {
  publish(-4);
  publish(-5, { ...ROLE_GAUGES, DatabaseConnections: 1 });
  expect(await environment().figures()).toMatchObject({ takenAt: noon(-3), open: 20 });
});

test('gauges older than five minutes are null', async () => {
  publish(-6);
  expect(await environment().figures()).toEqual({ ...NOTHING_KNOWN, takenAt: noon(0) });
});

test('a minute that has not ended is not read', async () => {
  publish(-1);
  publish(0, { ...ROLE_GAUGES, DatabaseConnections: 44 });
  time = noon(0) + 59_000;
  expect(await environment().figures()).toMatchObject({ takenAt: noon(0), open: 20 });
});

test.each([1, 2, 3])('a node that is %i minutes late does not halve the limit', async (late) => {
  for (let minutes = -5; minutes < 0; minutes += 1) {
    publish(minutes);
    if (minutes < -late) {
      publish(minutes);
    }
  }
  expect(await environment().figures()).toMatchObject({ takenAt: noon(-late), allowed: 90, open: 40 });
});

test('one node less counts after three minutes', async () => {
  for (let minutes = -5; minutes < 0; minutes += 1) {
    publish(minutes);
  }
  publish(-5);
  expect(await environment().figures()).toMatchObject({ takenAt: noon(0), allowed: 45 });
});

test('one node more counts at once', async () => {
  publish(-2);
  publish(-1);
  publish(-1);
  expect(await environment().figures()).toMatchObject({ takenAt: noon(0), allowed: 90 });
});

test('all gauges are of one minute: a minute that lacks a gauge is not read', async () => {
  publish(-2, { ...ROLE_GAUGES, DatabaseConnectionsCurrentlyBorrowed: 45 });
  const { DatabaseConnectionsCurrentlyBorrowed: _, ...late } = ROLE_GAUGES;
  publish(-1, late);
  expect(await environment().figures()).toMatchObject({ takenAt: noon(-1), borrowed: 45, open: 20 });
});

test('the borrow wait is null in a minute in which no client waited, whatever it was before', async () => {
  publish(-2);
  publish(-1, ROLE_GAUGES, { ClientConnections: 50 });
  expect(await environment().figures()).toMatchObject({ takenAt: noon(0), clients: 50, borrowWaitMs: null });
});

test('a proxy is queried once a minute, in one call, however many pools and GETs need it', async () => {
  publish(-1);
  for (const Pool of ['orders', 'users']) {
    store.data.push({ namespace: 'PoolHealth', metric: 'AppWaiting', dimensions: { Pool }, at: noon(-1), value: 1 });
  }
  const { figures, app } = environment();
  const all = () => Promise.all([figures(), app('orders'), figures(), app('users'), figures(), app('orders')]);
  await all();
  endpoint.calls.length = 0;
  for (let second = 60; second < 180; second += 5) {
    time = noon(0) + second * 1_000;
    await all();
  }
  expect(calls('GetMetricData').map((call) => queriesOf(call).length)).toEqual([10, 10]);
  expect(calls('ListMetrics')).toEqual([]);
});

test('gauges that may be five minutes old are read every five minutes, with the minute that they are of', async () => {
  const { figures } = environment();
  const readAt = async (second: number, maxAgeMs = 300_000) => {
    time = noon(0) + second * 1_000;
    endpoint.calls.length = 0;
    const { takenAt, open } = await figures('READ_WRITE', 'shop', maxAgeMs);
    return [calls('GetMetricData').length, (takenAt - noon(0)) / 1_000, open];
  };
  for (let minutes = -1; minutes < 12; minutes += 1) {
    publish(minutes, { ...ROLE_GAUGES, DatabaseConnections: minutes + 2 });
  }
  expect(await readAt(40)).toEqual([1, 0, 1]);
  expect(await readAt(70)).toEqual([0, 0, 1]);
  expect(await readAt(339)).toEqual([0, 0, 1]);
  expect(await readAt(340)).toEqual([1, 300, 6]);
  // The newest minute is read when it is needed, at most once, and the next five minutes begin.
  expect(await readAt(400, 0)).toEqual([1, 360, 7]);
  expect(await readAt(410, 0)).toEqual([0, 360, 7]);
  expect(await readAt(700)).toEqual([0, 360, 7]);
  expect(await readAt(710)).toEqual([1, 660, 12]);
});

test('gauges of the newest minute that cannot be read leave those that may be five minutes old in use', async () => {
  publish(-1);
  const { figures } = environment();
  const known = await figures('READ_WRITE', 'shop', 300_000);
  time += 60_000;
  endpoint.answer('GetMetricData', awsError(400, 'AccessDenied', 'denied'));
  const early = figures('READ_WRITE', 'shop', 0);
  // While it is being read, and after.
  expect(await figures('READ_WRITE', 'shop', 300_000)).toEqual(known);
  await expect(early).rejects.toMatchObject({ problem: { code: 'AWS.CLOUDWATCH' } });
  expect(await figures('READ_WRITE', 'shop', 300_000)).toEqual(known);
});

test('a proxy is queried once in the first minute of an environment too', async () => {
  publish(-1);
  const { figures, app } = environment();
  await Promise.all([figures(), app('orders'), figures()]);
  await Promise.all([figures(), app('orders'), figures()]);
  expect(metricsRead()).toHaveLength(9);
  expect(calls('ListMetrics').map(({ input }) => input)).toEqual([
    {
      Namespace: 'AWS/RDS',
      MetricName: 'MaxDatabaseConnectionsAllowed',
      Dimensions: [{ Name: 'ProxyName', Value: 'shop' }, { Name: 'TargetGroup' }, { Name: 'TargetRole' }],
    },
  ]);
});

test('two proxies are read apart, in one call', async () => {
  publish(-1);
  publish(-1, { ...ROLE_GAUGES, MaxDatabaseConnectionsAllowed: 7 }, PROXY_GAUGES, { ProxyName: 'other' });
  const { figures } = environment();
  const [shop, other] = await Promise.all([figures(), figures('READ_WRITE', 'other')]);
  expect([shop.allowed, other.allowed]).toEqual([45, 7]);
  expect(metricsRead()).toHaveLength(2 * METRICS_READ_OF_A_PROXY);
});

test('the series of a proxy are listed again after five minutes, and stay in use when that fails', async () => {
  publish(-1);
  const { figures } = environment();
  await figures();
  endpoint.answer('ListMetrics', awsError(400, 'AccessDeniedException'));
  time += 4 * 60_000;
  await figures();
  expect(calls('ListMetrics')).toHaveLength(1);
  time += 60_000;
  publish(4);
  expect(await figures()).toMatchObject({ allowed: 45 });
  expect(calls('ListMetrics')).toHaveLength(2);
});

test.each(FAULTS)('$fault while series are listed is a problem of CloudWatch', async (fault) => {
  const { answer, names, attempts } = fault;
  endpoint.answer('ListMetrics', answer);
  const { figures } = environment(timesFor(fault));
  const values = { error: expect.toBeOneOf([...names]) };
  await expect(figures()).rejects.toMatchObject({ problem: { code: 'AWS.CLOUDWATCH', severity: 'warning', values } });
  await expect(figures()).rejects.toMatchObject({ problem: { code: 'AWS.CLOUDWATCH' } });
  expect(calls('ListMetrics')).toHaveLength(attempts);
});

test('a list of series is read to its last page', async () => {
  publish(-1);
  const Metrics = [{ Dimensions: ['ProxyName=shop', 'TargetGroup=default', 'TargetRole=READWRITE'] }].map(
    ({ Dimensions }) => ({
      Dimensions: Dimensions.map((each) => ({ Name: each.split('=')[0], Value: each.split('=')[1] })),
    }),
  );
  endpoint.answerInTurn('ListMetrics', awsAnswer({ Metrics: [], NextToken: 'more' }), awsAnswer({ Metrics }));
  expect(await environment().figures()).toMatchObject({ allowed: 45 });
});

test('the waiting requests of an application are those of all its instances in the newest minute', async () => {
  const waiting = (at: number, value: number, Pool = 'orders') =>
    store.data.push({ namespace: 'PoolHealth', metric: 'AppWaiting', dimensions: { Pool }, at, value });
  waiting(noon(-1) + 10_000, 4);
  waiting(noon(-1) + 40_000, 3);
  waiting(noon(-2) + 40_000, 50);
  waiting(noon(-1) + 40_000, 9, 'users');
  waiting(noon(-2), 0, 'quiet');
  const { app } = environment();
  expect(await app('orders')).toEqual({ takenAt: noon(0), waiting: 7 });
  expect(await app('quiet')).toEqual({ takenAt: noon(-1), waiting: 0 });
  expect(await app('nobody')).toBeNull();
});

test('an application that never published is queried every five minutes, one that did every minute', async () => {
  const publishing = (minutes: number) =>
    store.data.push({
      namespace: 'PoolHealth',
      metric: 'AppWaiting',
      dimensions: { Pool: 'orders' },
      at: noon(minutes) + 10_000,
      value: 3,
    });
  const { app } = environment();
  const readIn = async (minutes: number) => {
    endpoint.calls.length = 0;
    time = noon(minutes) + 40_000;
    await app('orders');
    return calls('GetMetricData').length;
  };
  expect([await readIn(0), await readIn(1), await readIn(4), await readIn(5)]).toEqual([1, 0, 0, 1]);
  publishing(8);
  expect([await readIn(10), await readIn(11)]).toEqual([1, 1]);
  // It has stopped, and may begin again at any time.
  expect([await readIn(30), await readIn(31)]).toEqual([1, 1]);
});

test('an old minute of an application is not reported', async () => {
  const dimensions = { Pool: 'orders' };
  store.data.push({ namespace: 'PoolHealth', metric: 'AppWaiting', dimensions, at: noon(-4) + 10_000, value: 3 });
  expect(await environment().app('orders')).toBeNull();
});

test('the newest minute is found in any order of the datapoints', async () => {
  const oldestFirst = [-3, -2, -1].map((minutes) => noon(minutes) / 1_000);
  const result = { Id: 'q0', Timestamps: oldestFirst, Values: [1, 2, 3], StatusCode: 'Complete' };
  endpoint.answer('GetMetricData', awsAnswer({ MetricDataResults: [result] }));
  expect(await environment().app('orders')).toEqual({ takenAt: noon(0), waiting: 3 });
});
