import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cloudWatchClient } from '../../functions/aws/clients/cloudwatch.js';
import { CloudWatchPublisher } from '../../functions/aws/cloudwatch-publisher.js';
import type { Datapoints } from '../../functions/core/metrics.js';
import { type Answer, type AwsCall, AwsEndpoint, awsError, lambdaEnvironment } from '../support/aws-endpoint.js';
import { CLOSED_URL, FAULTS, type Fault, timesFor } from '../support/aws-faults.js';
import { useTurns } from '../support/clock.js';
import { manyDatapoints, ofCalls, ofEmf, ofInput, takeMetrics } from '../support/metric-sets.js';

const OPERATION = 'PutMetricData';
const denied = awsError(400, 'AccessDeniedException');

let endpoint: AwsEndpoint;
let taken: AwsCall[];
let lines: string[];

beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
  // Retries come at once: the SDK draws its pauses.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  useTurns();
  taken = [];
  lines = [];
  endpoint.answer(OPERATION, takeMetrics(taken));
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endpoint.close();
});

/** `deadlineMs` is long where the deadline is not what ends the call. */
function publish(
  datapoints: readonly Datapoints[],
  { answerMs = 20_000, deadlineMs = 20_000, namespace = 'PoolHealth' } = {},
) {
  const client = cloudWatchClient({ connectMs: 5_000, answerMs, attempts: 3 });
  const writeLine = (line: string) => lines.push(line);
  return new CloudWatchPublisher({ client, namespace, deadlineMs, writeLine }).publish(datapoints);
}

/** Every datapoint stands in CloudWatch or in the log, and in one of them only. */
function expectNoneLostOrDoubled(datapoints: readonly Datapoints[]) {
  expect([...ofCalls(taken), ...ofEmf(lines)].sort()).toEqual(ofInput(datapoints));
}

test('metrics arrive with pool, unit, value and the time of the sample', async () => {
  const datapoints: Datapoints[] = [
    { pool: 'orders', timestamp: 1_767_355_200_123, values: { Healthy: 1, Utilization: 12.345, CheckDuration: 17 } },
    { pool: 'users', timestamp: 1_767_355_201_456, values: { Healthy: 0, Saturated: 1 } },
  ];
  expect(await publish(datapoints)).toEqual([]);
  expect(ofCalls(taken)).toEqual([
    'PoolHealth orders CheckDuration 17 Milliseconds 2026-01-02T12:00:00.123Z',
    'PoolHealth orders Healthy 1 Count 2026-01-02T12:00:00.123Z',
    'PoolHealth orders Utilization 12.345 Percent 2026-01-02T12:00:00.123Z',
    'PoolHealth users Healthy 0 Count 2026-01-02T12:00:01.456Z',
    'PoolHealth users Saturated 1 Count 2026-01-02T12:00:01.456Z',
  ]);
  expect(endpoint.calls).toHaveLength(1);
  expect(lines).toEqual([]);
});

test('without metrics there is no call', async () => {
  expect(await publish([])).toEqual([]);
  expect(await publish([{ pool: 'orders', timestamp: 1, values: {} }])).toEqual([]);
  expect(endpoint.calls).toEqual([]);
});

test('500 pools with 9 metrics take 5 calls, all of which CloudWatch accepts', async () => {
  const datapoints = manyDatapoints(500);
  expect(await publish(datapoints)).toEqual([]);
  expect(taken.map(({ input }) => (input.MetricData as unknown[]).length).sort()).toEqual([
    1000, 1000, 1000, 1000, 500,
  ]);
  expectNoneLostOrDoubled(datapoints);
});

test('names as long as SSM allows them still keep every call below a megabyte', async () => {
  const datapoints = manyDatapoints(300).map((one) => ({ ...one, pool: one.pool.padEnd(1_011, 'x') }));
  expect(await publish(datapoints)).toEqual([]);
  expect(taken).toHaveLength(4);
  expectNoneLostOrDoubled(datapoints);
});

test.each(FAULTS)('after $fault every metric is in the log, once', async (fault) => {
  const { answer, names, attempts } = fault;
  const datapoints = manyDatapoints(3);
  endpoint.answer(OPERATION, answer);
  const problems = await publish(datapoints, timesFor(fault));
  expect(endpoint.calls).toHaveLength(attempts);
  expect(taken).toEqual([]);
  expectNoneLostOrDoubled(datapoints);
  const error = expect.toBeOneOf([...names]);
  expect(problems).toEqual([
    { code: 'AWS.CLOUDWATCH', severity: 'warning', values: { error, calls: 1, failedCalls: 1 } },
  ]);
});

test('where nothing listens every metric is in the log, once', async () => {
  lambdaEnvironment(CLOSED_URL);
  const datapoints = manyDatapoints(3);
  const problems = await publish(datapoints);
  expectNoneLostOrDoubled(datapoints);
  expect(problems[0]?.values.error).toBe('ECONNREFUSED');
});

test.each(FAULTS.filter(({ attempts }) => attempts === 3))(
  '$fault twice, then an answer: every metric is in CloudWatch, once',
  async (fault) => {
    const datapoints = manyDatapoints(3);
    endpoint.answerInTurn(OPERATION, fault.answer, fault.answer, takeMetrics(taken));
    expect(await publish(datapoints, timesFor(fault))).toEqual([]);
    expect(taken).toHaveLength(1);
    expect(lines).toEqual([]);
    expectNoneLostOrDoubled(datapoints);
  },
);

test('calls that fail do not stop the others, and only their metrics go to the log', async () => {
  const datapoints = manyDatapoints(500);
  const refuse = new Set([200, 400]);
  endpoint.answer(OPERATION, (response, call) => {
    const answer: Answer = poolsOf(call).some((pool) => refuse.has(pool)) ? denied : takeMetrics(taken);
    answer(response, call);
  });
  const problems = await publish(datapoints);
  expect(taken).toHaveLength(3);
  expectNoneLostOrDoubled(datapoints);
  const values = { error: 'AccessDeniedException', calls: 5, failedCalls: 2 };
  expect(problems).toEqual([{ code: 'AWS.CLOUDWATCH', severity: 'warning', values }]);
});

test('different failures of one publication are all named', async () => {
  const hangs: Answer = () => undefined;
  endpoint.answer(OPERATION, (response, call) => {
    (poolsOf(call).includes(0) ? denied : hangs)(response, call);
  });
  const datapoints = manyDatapoints(200);
  const [problem] = await publish(datapoints, { answerMs: 500 });
  expect(`${problem?.values.error}`.split(', ').sort()).toEqual(['AccessDeniedException', 'TimeoutError']);
  expectNoneLostOrDoubled(datapoints);
});

test('whatever CloudWatch answers to however many calls, no metric is lost or doubled', async () => {
  const answers = [
    takeMetrics,
    () => denied,
    ...FAULTS.filter(isQuick).map(
      ({ answer }) =>
        () =>
          answer,
    ),
  ];
  const order = fc.array(fc.constantFrom(...answers), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      order,
      fc.integer({ min: 1, max: 450 }),
      fc.integer({ min: 1, max: 9 }),
      async (turns, pools, each) => {
        taken.length = 0;
        lines.length = 0;
        const [first, ...rest] = turns.map((make) => make(taken)) as [Answer, ...Answer[]];
        endpoint.answerInTurn(OPERATION, first, ...rest);
        const datapoints = manyDatapoints(pools, each);
        const problems = await publish(datapoints);
        expectNoneLostOrDoubled(datapoints);
        expect(problems.length > 0).toBe(lines.length > 0);
      },
    ),
    { numRuns: 40 },
  );
});

test('without credentials every metric is in the log, once', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    vi.stubEnv(name, undefined);
  }
  const datapoints = manyDatapoints(3);
  const problems = await publish(datapoints);
  expect(problems[0]?.values.error).toBe('CredentialsProviderError');
  expectNoneLostOrDoubled(datapoints);
});

function isQuick({ names }: Fault): boolean {
  return !names.includes('TimeoutError');
}

function poolsOf({ input }: AwsCall): number[] {
  const data = input.MetricData as { Dimensions: { Value: string }[] }[];
  return data.map(({ Dimensions }) => Number(Dimensions[0]?.Value.replace('pool-', '')));
}
