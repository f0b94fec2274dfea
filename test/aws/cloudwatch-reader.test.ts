import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cloudWatchClient } from '../../functions/aws/clients/cloudwatch.js';
import { CloudWatchReader, type MetricQuery } from '../../functions/aws/cloudwatch-reader.js';
import { type Answer, AwsEndpoint, awsAnswer, awsError, lambdaEnvironment } from '../support/aws-endpoint.js';
import { CLOSED_URL, FAULTS, timesFor } from '../support/aws-faults.js';
import { pass, stopTime, useTurns } from '../support/clock.js';
import { MetricStore, queriesOf } from '../support/metric-store.js';
import { until } from '../support/until.js';

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
  vi.spyOn(Math, 'random').mockReturnValue(0);
  useTurns();
  store = new MetricStore();
  time = NOW;
  endpoint.answer(OPERATION, store.getMetricData);
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endpoint.close();
});

function reader({ answerMs = 20_000, deadlineMs = 20_000 } = {}): CloudWatchReader {
  const client = cloudWatchClient({ connectMs: 5_000, answerMs, attempts: 3 });
  return new CloudWatchReader({ client, deadlineMs, now: () => time });
}

function waitingOf(pool: string): MetricQuery {
  return { namespace: 'PoolHealth', metric: 'AppWaiting', dimensions: { Pool: pool }, statistic: 'Sum' };
}

/** A datapoint `seconds` after the beginning of the minute that begins so many minutes after noon. */
function put(pool: string, minutes: number, value: number, seconds = 20): void {
  const at = noon(minutes) + seconds * 1_000;
  store.data.push({ namespace: 'PoolHealth', metric: 'AppWaiting', dimensions: { Pool: pool }, at, value });
}

test('a query is sent for periods of 60 s, with its metric, dimensions and statistic', async () => {
  put('orders', -1, 4);
  put('orders', -1, 3, 50);
  put('orders', -3, 1);
  expect(await reader().read(waitingOf('orders'))).toEqual(
    new Map([
      [noon(0), 7],
      [noon(-2), 1],
    ]),
  );
  expect(endpoint.calls.map(({ input }) => input)).toEqual([
    {
      MetricDataQueries: [
        {
          Id: 'q0',
          MetricStat: {
            Metric: {
              Namespace: 'PoolHealth',
              MetricName: 'AppWaiting',
              Dimensions: [{ Name: 'Pool', Value: 'orders' }],
            },
            Period: 60,
            Stat: 'Sum',
          },
        },
      ],
      StartTime: noon(-5) / 1_000,
      EndTime: noon(0) / 1_000,
    },
  ]);
});

test('a metric without datapoints is empty, not 0', async () => {
  expect(await reader().read(waitingOf('orders'))).toEqual(new Map());
});

test('a minute counts from half a minute after its end', async () => {
  put('orders', -2, 2);
  put('orders', -1, 1);
  time = noon(0) + 29_999;
  expect([...(await reader().read(waitingOf('orders'))).keys()]).toEqual([noon(-1)]);
  time = noon(0) + 30_000;
  expect([...(await reader().read(waitingOf('orders'))).keys()]).toEqual([noon(0), noon(-1)]);
});

test('minutes outside the range of a query are dropped', async () => {
  const Timestamps = [noon(1), noon(0), noon(-1), noon(-6)].map((at) => at / 1_000);
  const result = { Id: 'q0', Timestamps, Values: [1, 2, 3, 4], StatusCode: 'Complete' };
  endpoint.answer(OPERATION, awsAnswer({ MetricDataResults: [result] }));
  expect(await reader().read(waitingOf('orders'))).toEqual(new Map([[noon(0), 3]]));
});

test('queries of the same time are one call, and each caller gets its own series', async () => {
  put('orders', -1, 4);
  put('users', -1, 9);
  const from = reader();
  const later = Promise.resolve()
    .then(() => undefined)
    .then(() => from.read(waitingOf('users')));
  const [orders, again, users] = await Promise.all([
    from.read(waitingOf('orders')),
    from.read(waitingOf('orders')),
    later,
  ]);
  expect([orders.get(noon(0)), again.get(noon(0)), users.get(noon(0))]).toEqual([4, 4, 9]);
  expect(endpoint.calls.map((call) => queriesOf(call).length)).toEqual([2]);
});

test('a metric is queried once a minute, when the next minute has settled, however many callers need it', async () => {
  const from = reader();
  for (const second of [-30, 0, 1, 29.999]) {
    time = noon(1) + second * 1_000;
    await Promise.all([from.read(waitingOf('orders')), from.read(waitingOf('orders'))]);
  }
  expect(endpoint.calls).toHaveLength(1);
  time = noon(1) + 30_000;
  await from.read(waitingOf('orders'));
  expect(endpoint.calls).toHaveLength(2);
});

test('a metric that is new in a minute is queried, the others are not queried again', async () => {
  const from = reader();
  await from.read(waitingOf('orders'));
  await Promise.all([from.read(waitingOf('orders')), from.read(waitingOf('users'))]);
  expect(endpoint.calls.map((call) => queriesOf(call).length)).toEqual([1, 1]);
});

test('1,001 metrics take three calls, and all arrive', async () => {
  const pools = Array.from({ length: 1_001 }, (_, index) => `pool-${index}`);
  for (const [index, pool] of pools.entries()) {
    put(pool, -1, index);
  }
  const from = reader();
  const all = await Promise.all(pools.map((pool) => from.read(waitingOf(pool))));
  expect(all.map((series) => series.get(noon(0)))).toEqual(pools.map((_, index) => index));
  expect(endpoint.calls.map((call) => queriesOf(call).length).sort()).toEqual([1, 500, 500]);
});

test('a call that fails takes only its own metrics with it', async () => {
  const pools = Array.from({ length: 501 }, (_, index) => `pool-${index}`);
  endpoint.answer(OPERATION, (response, call) => {
    const answer = queriesOf(call).length === 1 ? awsError(400, 'AccessDeniedException') : store.getMetricData;
    answer(response, call);
  });
  const from = reader();
  const outcomes = await Promise.allSettled(pools.map((pool) => from.read(waitingOf(pool))));
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(outcomes.at(-1)?.status).toBe('rejected');
});

test('an answer is read to its last page', async () => {
  const part = (Id: string, minutes: number, value: number, StatusCode: string) => ({
    Id,
    Timestamps: [noon(minutes) / 1_000],
    Values: [value],
    StatusCode,
  });
  const pages: Readonly<Record<string, object>> = {
    first: { MetricDataResults: [part('q0', -1, 1, 'PartialData'), part('q1', -1, 7, 'Complete')], NextToken: 'two' },
    two: { MetricDataResults: [part('q0', -2, 2, 'PartialData')], NextToken: 'three' },
    three: { MetricDataResults: [part('q0', -3, 3, 'Complete')] },
  };
  endpoint.answer(OPERATION, (response, call) => {
    awsAnswer(pages[`${call.input.NextToken ?? 'first'}`] ?? {})(response, call);
  });
  const from = reader();
  const [orders, users] = await Promise.all([from.read(waitingOf('orders')), from.read(waitingOf('users'))]);
  expect([...orders.values()]).toEqual([1, 2, 3]);
  expect([...users.values()]).toEqual([7]);
  expect(endpoint.calls).toHaveLength(3);
});

test.each([
  ['an internal error', 'InternalError'],
  ['a series that may not be read', 'Forbidden'],
  ['a series of which a part is missing', 'PartialData'],
])('%s is a failure, and of this metric alone', async (_, StatusCode) => {
  const results = ['q0', 'q1'].map((Id) => ({ Id, Timestamps: [noon(-1) / 1_000], Values: [5] }));
  endpoint.answer(
    OPERATION,
    awsAnswer({
      MetricDataResults: results.map((each, index) => ({ ...each, StatusCode: index === 0 ? StatusCode : 'Complete' })),
    }),
  );
  const from = reader();
  const [bad, good] = await Promise.allSettled([from.read(waitingOf('orders')), from.read(waitingOf('users'))]);
  expect(bad).toMatchObject({ status: 'rejected', reason: { problem: { values: { error: 'UnexpectedAnswer' } } } });
  expect(good).toMatchObject({ status: 'fulfilled' });
});

const NO_RESULTS = ['{}', '{"MetricDataResults":[]}', '[]', ''].map((body) => ({
  fault: `the answer ${body || 'without a body'}`,
  answer: ((response) => response.writeHead(200).end(body)) satisfies Answer,
  names: ['UnexpectedAnswer'],
  attempts: 1,
}));

test.each([...FAULTS, ...NO_RESULTS])(
  '$fault is a problem of CloudWatch, and the query is not sent again in that minute',
  async (fault) => {
    const { answer, names, attempts } = fault;
    endpoint.answer(OPERATION, answer);
    const from = reader(timesFor(fault));
    const values = { error: expect.toBeOneOf([...names]) };
    const failure = { name: 'ProblemError', problem: { code: 'AWS.CLOUDWATCH', severity: 'warning', values } };
    const failures = await Promise.allSettled([from.read(waitingOf('orders')), from.read(waitingOf('users'))]);
    for (const each of failures) {
      expect(each).toMatchObject({ status: 'rejected', reason: failure });
      expect(JSON.stringify(each)).not.toContain('MARKED');
    }
    await expect(from.read(waitingOf('orders'))).rejects.toMatchObject(failure);
    expect(endpoint.calls).toHaveLength(attempts);

    endpoint.answer(OPERATION, store.getMetricData);
    time += 60_000;
    expect(await from.read(waitingOf('orders'))).toEqual(new Map());
  },
);

test('a refused connection is a problem of CloudWatch', async () => {
  lambdaEnvironment(CLOSED_URL);
  await expect(reader().read(waitingOf('orders'))).rejects.toMatchObject({
    problem: { values: { error: 'ECONNREFUSED' } },
  });
});

test('CloudWatch has a second and a half by default', async () => {
  endpoint.answer(OPERATION, () => undefined);
  stopTime();
  const reading = new CloudWatchReader().read(waitingOf('orders'));
  const failure = expect(reading).rejects.toMatchObject({ problem: { values: { error: 'TimeoutError' } } });
  await until('CloudWatch is asked', () => endpoint.calls.length === 1);
  await pass(1_499);
  expect(await Promise.race([reading, 'not yet'])).toBe('not yet');
  await pass(1);
  await failure;
});
