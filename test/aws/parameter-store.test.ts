import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ssmClient } from '../../functions/aws/clients/ssm.js';
import { ParameterStore } from '../../functions/aws/parameter-store.js';
import type { Logger } from '../../functions/core/ports.js';
import {
  type Answer,
  AwsEndpoint,
  awsAnswer,
  awsError,
  lambdaEnvironment,
  rawAnswer,
} from '../support/aws-endpoint.js';
import { CLOSED_URL, FAULTS, timesFor } from '../support/aws-faults.js';
import { momentAt, useTurns } from '../support/clock.js';

const OPERATION = 'GetParametersByPath';

let endpoint: AwsEndpoint;
let logged: Parameters<Logger>[];
let time: number;

beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  useTurns();
  logged = [];
  time = 1_000_000;
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endpoint.close();
});

function source({ prefix = '/pool-health', answerMs = 20_000, deadlineMs = 20_000 } = {}): ParameterStore {
  const client = ssmClient({ connectMs: 5_000, answerMs, attempts: 3 });
  return new ParameterStore({
    client,
    prefix,
    deadlineMs,
    now: () => momentAt(time),
    log: (...entry) => logged.push(entry),
  });
}

function definition(more: object = {}): string {
  const auth = { type: 'iam' };
  return JSON.stringify({ endpoint: 'db.example.com', database: 'shop', user: 'pool_health', auth, ...more });
}

/** SSM holding these parameters, in pages of ten as it gives them. */
function holding(parameters: Readonly<Record<string, string>>): Answer {
  const all = Object.entries(parameters).map(([pool, Value]) => ({
    Name: `/pool-health/${pool}`,
    Type: 'String',
    Value,
  }));
  return (response, call) => {
    const from = Number(call.input.NextToken ?? 0);
    const next = from + 10 < all.length ? { NextToken: `${from + 10}` } : {};
    awsAnswer({ Parameters: all.slice(from, from + 10), ...next })(response, call);
  };
}

async function problemsOf(from: ParameterStore, pool: string) {
  const found = (await from.pools(0)).find((watched) => watched.pool === pool);
  return found?.problems.map(({ code, severity }) => `${code} ${severity}`);
}

test('every parameter under the prefix is a pool, named by the last part of its path', async () => {
  endpoint.answer(OPERATION, holding({ orders: definition({ pool: { max: 30 } }), 'users.eu': definition() }));
  const pools = await source().pools(0);
  expect(pools.map(({ pool, config, problems }) => [pool, config?.settings.max, problems])).toEqual([
    ['orders', 30, []],
    ['users.eu', 20, []],
  ]);
  expect(endpoint.calls.map(({ input }) => input)).toEqual([
    { Path: '/pool-health', Recursive: false, WithDecryption: true },
  ]);
});

test.each([
  ['/team/pools', '/team/pools'],
  ['/team/pools/', '/team/pools'],
  ['/', '/'],
])('the prefix %s is sent as %s', async (prefix, path) => {
  endpoint.answer(OPERATION, holding({}));
  await source({ prefix }).pools(0);
  expect(endpoint.calls[0]?.input.Path).toBe(path);
});

test('25 definitions come in three pages', async () => {
  const names = Array.from({ length: 25 }, (_, index) => `pool-${index}`);
  endpoint.answer(OPERATION, holding(Object.fromEntries(names.map((name) => [name, definition()]))));
  const pools = await source().pools(0);
  expect(pools.map(({ pool }) => pool)).toEqual(names);
  expect(endpoint.calls.map(({ input }) => input.NextToken)).toEqual([undefined, '10', '20']);
});

test('there is no pool without a parameter under the prefix', async () => {
  endpoint.answer(OPERATION, holding({}));
  expect(await source().pools(0)).toEqual([]);
});

test('a page may be empty and yet be followed by others', async () => {
  const last = { Parameters: [{ Name: '/pool-health/orders', Value: definition() }] };
  endpoint.answerInTurn(OPERATION, awsAnswer({ Parameters: [], NextToken: 'more' }), awsAnswer(last));
  expect((await source().pools(0)).map(({ pool }) => pool)).toEqual(['orders']);
});

test('an answer is cached as long as the caller accepts, and not at all for a check', async () => {
  endpoint.answer(OPERATION, holding({ orders: definition() }));
  const from = source();
  await from.pools(30_000);
  time += 29_999;
  await from.pools(30_000);
  expect(endpoint.calls).toHaveLength(1);
  await from.pools(0);
  expect(endpoint.calls).toHaveLength(2);
  time += 30_000;
  await from.pools(30_000);
  expect(endpoint.calls).toHaveLength(3);
});

test('callers at the same time share one read', async () => {
  endpoint.answer(OPERATION, holding({ orders: definition() }));
  const from = source();
  const answers = await Promise.all([from.pools(0), from.pools(0), from.pools(30_000)]);
  expect(endpoint.calls).toHaveLength(1);
  expect(new Set(answers).size).toBe(1);
  await from.pools(0);
  expect(endpoint.calls).toHaveLength(2);
});

test('a definition that does not change stays the same object, a changed one comes into force', async () => {
  endpoint.answer(OPERATION, holding({ orders: definition() }));
  const from = source();
  const [first] = await from.pools(0);
  const [second] = await from.pools(0);
  expect(second?.config).toBe(first?.config);
  endpoint.answer(OPERATION, holding({ orders: definition({ pool: { max: 40 } }) }));
  const [third] = await from.pools(0);
  expect(third?.config?.settings.max).toBe(40);
});

test('a broken definition leaves its last good one in force, and other pools alone', async () => {
  endpoint.answer(OPERATION, holding({ orders: definition(), users: definition() }));
  const from = source();
  await from.pools(0);
  endpoint.answer(OPERATION, holding({ orders: definition({ pool: { min: 30 } }), users: definition({ port: 5433 }) }));
  const [orders, users] = await from.pools(0);
  expect(orders?.config?.settings.min).toBe(5);
  const violations = ['pool.min (30) cannot be greater than pool.max (20), the default of production'];
  expect(orders?.problems).toEqual([{ code: 'CONFIG.INVALID', severity: 'warning', values: { violations } }]);
  expect(users?.config?.port).toBe(5433);
  expect(users?.problems).toEqual([]);
  expect(await problemsOf(from, 'orders')).toEqual(['CONFIG.INVALID warning']);
});

test('a definition broken in another way still leaves the last good one, and the newest mistakes', async () => {
  endpoint.answer(OPERATION, holding({ orders: definition() }));
  const from = source();
  await from.pools(0);
  endpoint.answer(OPERATION, holding({ orders: '{' }));
  await from.pools(0);
  endpoint.answer(OPERATION, holding({ orders: definition({ port: 0, colour: 'red' }) }));
  const [orders] = await from.pools(0);
  expect(orders?.config?.port).toBe(5432);
  expect(orders?.problems[0]?.values.violations).toHaveLength(2);
});

test('a definition that was never good is a pool without a configuration, and an error', async () => {
  endpoint.answer(OPERATION, holding({ orders: 'not JSON', users: definition(), 'a pool/-': definition() }));
  const pools = await source().pools(0);
  expect(
    pools.map(({ pool, config, problems }) => [pool, config !== null, problems.map(({ severity }) => severity)]),
  ).toEqual([
    ['orders', false, ['error']],
    ['users', true, []],
    ['-', false, ['error']],
  ]);
});

test('a corrected definition has no problem any more', async () => {
  endpoint.answer(OPERATION, holding({ orders: '{' }));
  const from = source();
  expect(await problemsOf(from, 'orders')).toEqual(['CONFIG.INVALID error']);
  endpoint.answer(OPERATION, holding({ orders: definition() }));
  expect(await problemsOf(from, 'orders')).toEqual([]);
});

test('a pool that disappears from SSM is gone, and its last good definition with it', async () => {
  endpoint.answer(OPERATION, holding({ orders: definition(), users: definition() }));
  const from = source();
  await from.pools(0);
  endpoint.answer(OPERATION, holding({ users: definition() }));
  expect((await from.pools(0)).map(({ pool }) => pool)).toEqual(['users']);
  endpoint.answer(OPERATION, holding({ orders: '{', users: definition() }));
  expect(await problemsOf(from, 'orders')).toEqual(['CONFIG.INVALID error']);
});

test('settings in force and warnings are logged once for each change', async () => {
  const warned = definition({ pool: { max: 200 } });
  endpoint.answer(OPERATION, holding({ orders: warned }));
  const from = source();
  await from.pools(0);
  await from.pools(0);
  const settings = { pool: 'orders', min: 5, idleTimeout: 30_000, connectionTimeout: 10_000, instances: 1 };
  const warnings = ['pool.max (200) is above 100 and may overwhelm PostgreSQL'];
  expect(logged).toEqual([['warning', 'Settings in force', { ...settings, max: 200, warnings }]]);
  endpoint.answer(OPERATION, holding({ orders: definition({ pool: { max: 40 } }) }));
  await from.pools(0);
  expect(logged.slice(1)).toEqual([['info', 'Settings in force', { ...settings, max: 40, warnings: [] }]]);
});

/** Answers with status 200 that hold no list of parameters. */
const NO_LISTS = [
  '{}',
  '{"Parameters":null}',
  '[]',
  '',
  '{"Parameters":[{"Name":"/pool-health/orders"}]}',
  '{"Parameters":[{"Value":"{}"}]}',
].map((body) => ({
  fault: `the answer ${body || 'without a body'}`,
  answer: rawAnswer(200, body, 'application/x-amz-json-1.1'),
  names: ['UnexpectedAnswer'],
  attempts: 1,
}));

test.each([...FAULTS, ...NO_LISTS])('$fault leaves the last good definitions in force', async (fault) => {
  const { answer, names, attempts } = fault;
  endpoint.answer(OPERATION, holding({ orders: definition(), users: definition() }));
  const from = source(timesFor(fault));
  const before = await from.pools(0);
  endpoint.calls.length = 0;
  endpoint.answer(OPERATION, answer);
  const after = await from.pools(0);
  expect(endpoint.calls).toHaveLength(attempts);
  expect(after.map(({ config }) => config)).toEqual(before.map(({ config }) => config));
  const values = { error: expect.toBeOneOf([...names]) };
  const problems = [{ code: 'AWS.SSM', severity: 'warning', values }];
  expect(after.map((watched) => watched.problems)).toEqual([problems, problems]);

  endpoint.answer(OPERATION, holding({ orders: definition(), users: definition() }));
  expect((await from.pools(0)).flatMap((watched) => watched.problems)).toEqual([]);
});

test.each([...FAULTS, ...NO_LISTS])('$fault at a cold start is the failure of the monitor', async (fault) => {
  const { answer, names, attempts } = fault;
  endpoint.answer(OPERATION, answer);
  const from = source(timesFor(fault));
  const values = { error: expect.toBeOneOf([...names]) };
  await expect(from.pools(0)).rejects.toMatchObject({
    name: 'ProblemError',
    problem: { code: 'AWS.SSM', severity: 'error', values },
  });
  expect(endpoint.calls).toHaveLength(attempts);

  endpoint.answer(OPERATION, holding({ orders: definition() }));
  expect(await from.pools(30_000)).toHaveLength(1);
});

test('a refused connection at a cold start is the failure of the monitor', async () => {
  lambdaEnvironment(CLOSED_URL);
  await expect(source().pools(0)).rejects.toMatchObject({ problem: { values: { error: 'ECONNREFUSED' } } });
});

test('a failure after an empty answer does not mean that there are no pools', async () => {
  endpoint.answerInTurn(OPERATION, holding({}), awsError(400, 'AccessDeniedException'));
  const from = source();
  expect(await from.pools(0)).toEqual([]);
  await expect(from.pools(0)).rejects.toMatchObject({ problem: { code: 'AWS.SSM', severity: 'error' } });
});

test('a failure on a later page does not remove the pools behind it', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `pool-${index}`);
  const all = holding(Object.fromEntries(names.map((name) => [name, definition()])));
  endpoint.answer(OPERATION, all);
  const from = source();
  await from.pools(0);
  endpoint.answerInTurn(OPERATION, all, awsError(400, 'AccessDeniedException'));
  const pools = await from.pools(0);
  expect(pools.map(({ pool }) => pool)).toEqual(names);
  expect(pools.every(({ problems }) => problems[0]?.code === 'AWS.SSM')).toBe(true);
});

test('after a failure, callers who accept an old answer do not wait for SSM again', async () => {
  endpoint.answerInTurn(OPERATION, holding({ orders: definition() }), awsError(400, 'AccessDeniedException'));
  const from = source();
  await from.pools(0);
  time += 60_000;
  await from.pools(30_000);
  time += 1_000;
  const pools = await from.pools(30_000);
  expect(pools[0]?.problems[0]?.code).toBe('AWS.SSM');
  expect(endpoint.calls).toHaveLength(2);
});

test('a broken definition and a failing SSM are both reported', async () => {
  endpoint.answerInTurn(OPERATION, holding({ orders: '{' }), awsError(400, 'AccessDeniedException'));
  const from = source();
  await from.pools(0);
  expect(await problemsOf(from, 'orders')).toEqual(['CONFIG.INVALID error', 'AWS.SSM warning']);
});
