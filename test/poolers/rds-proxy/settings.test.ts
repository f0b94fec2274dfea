import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { rdsClient } from '../../../functions/aws/clients/rds.js';
import { RdsProxyApi } from '../../../functions/poolers/rds-proxy/settings.js';
import { lambdaEnvironment } from '../../support/aws-endpoint.js';
import { CLOSED_URL } from '../../support/aws-faults.js';
import { momentAt, pass, stopTime, useTurns } from '../../support/clock.js';
import {
  NOT_FOUND,
  otherEndpoint,
  type RdsAnswer,
  RdsEndpoint,
  rdsAnswer,
  rdsError,
} from '../../support/rds-endpoint.js';
import { until } from '../../support/until.js';

let endpoint: RdsEndpoint;
let time: number;

beforeEach(async () => {
  endpoint = await RdsEndpoint.start();
  lambdaEnvironment(endpoint.url);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  useTurns();
  time = Date.UTC(2026, 0, 2, 12);
  endpoint.knowShop();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endpoint.close();
});

function proxies({ answerMs = 20_000, deadlineMs = 20_000 } = {}): RdsProxyApi {
  const client = rdsClient({ connectMs: 5_000, answerMs, attempts: 3 });
  return new RdsProxyApi({ client, deadlineMs, now: () => momentAt(time) });
}

/** Waits for calls that nothing waits for: the first failure of two is enough. More than these are a failure. */
async function calls(count: number): Promise<void> {
  await until(`${count} calls`, () => endpoint.calls.length >= count);
  expect(endpoint.calls).toHaveLength(count);
}

const DENIED = 'User: arn:aws:sts::123456789012:assumed-role/MARKED-role/f is not authorized';
const denied = rdsError(403, 'AccessDenied', DENIED);

test('settings come from the proxy and its target group, in milliseconds and percent', async () => {
  expect(await proxies().settings('shop')).toEqual({
    maxConnectionsPercent: 90,
    maxIdleConnectionsPercent: 50,
    borrowTimeoutMs: 120_000,
    idleClientTimeoutMs: 1_800_000,
  });
  expect(endpoint.calls.map(({ action, parameters }) => [action, parameters.DBProxyName]).sort()).toEqual([
    ['DescribeDBProxies', 'shop'],
    ['DescribeDBProxyTargetGroups', 'shop'],
  ]);
});

test('a setting that the API does not report is null', async () => {
  endpoint.answer('DescribeDBProxies', rdsAnswer('DBProxies', '<DBProxyName>shop</DBProxyName>'));
  const pool = '<ConnectionPoolConfig><MaxConnectionsPercent>75</MaxConnectionsPercent></ConnectionPoolConfig>';
  endpoint.answer('DescribeDBProxyTargetGroups', rdsAnswer('TargetGroups', pool));
  expect(await proxies().settings('shop')).toEqual({
    maxConnectionsPercent: 75,
    maxIdleConnectionsPercent: null,
    borrowTimeoutMs: null,
    idleClientTimeoutMs: null,
  });
});

test('a proxy is read once in five minutes, however many pools share it', async () => {
  const from = proxies();
  await Promise.all([from.settings('shop'), from.settings('shop')]);
  time += 299_999;
  await from.settings('shop');
  expect(endpoint.calls).toHaveLength(2);
  endpoint.knowShop(40);
  time += 1;
  expect(await from.settings('shop')).toMatchObject({ maxConnectionsPercent: 40 });
  expect(endpoint.calls).toHaveLength(4);
});

test('the last good settings stay in use while the API fails, and every check tries again', async () => {
  const from = proxies();
  await from.settings('shop');
  endpoint.answerBoth(denied);
  time += 300_000;
  expect(await from.settings('shop')).toMatchObject({ maxConnectionsPercent: 90 });
  time += 49_999;
  expect(await from.settings('shop')).toMatchObject({ maxConnectionsPercent: 90 });
  await calls(4);
  time += 1;
  expect(await from.settings('shop')).toMatchObject({ maxConnectionsPercent: 90 });
  await calls(6);
  endpoint.knowShop(40);
  // The next check, though the one before took a while to learn that there is no answer.
  time += 58_000;
  expect(await from.settings('shop')).toMatchObject({ maxConnectionsPercent: 40 });
});

test('a proxy that was never read is read again by the next check', async () => {
  endpoint.answerBoth(denied);
  const from = proxies();
  await expect(from.settings('shop')).rejects.toThrow('AWS.RDS');
  time += 49_999;
  await expect(from.settings('shop')).rejects.toThrow('AWS.RDS');
  await calls(2);
  endpoint.knowShop();
  time += 1;
  expect(await from.settings('shop')).toMatchObject({ maxConnectionsPercent: 90 });
});

interface RdsFault {
  readonly fault: string;
  readonly answer: RdsAnswer;
  readonly error: string;
  /** Of each of the two calls. */
  readonly attempts: number;
  readonly answerMs?: number;
  readonly deadlineMs?: number;
}

const FAULTS: readonly RdsFault[] = [
  { fault: 'denied', answer: denied, error: 'AccessDenied', attempts: 1 },
  { fault: 'no such proxy', answer: NOT_FOUND, error: 'DBProxyNotFoundFault', attempts: 1 },
  { fault: 'throttled', answer: rdsError(400, 'Throttling', 'Rate exceeded'), error: 'Throttling', attempts: 3 },
  { fault: 'an internal error', answer: rdsError(500, 'InternalFailure'), error: 'InternalFailure', attempts: 3 },
  { fault: 'no answer', answer: () => undefined, error: 'TimeoutError', attempts: 3, answerMs: 500 },
  {
    fault: 'an answer that never ends',
    answer: (response) => response.writeHead(200, { 'content-length': '100' }).write('<Desc'),
    error: 'TimeoutError',
    attempts: 1,
    deadlineMs: 1_000,
  },
  {
    fault: 'garbage',
    answer: (response) => response.writeHead(200).end('<html>MARKED</p>'),
    error: 'Error',
    attempts: 1,
  },
  {
    fault: 'an empty answer',
    answer: (response, call) =>
      rdsAnswer(call.action === 'DescribeDBProxies' ? 'DBProxies' : 'TargetGroups', null)(response, call),
    error: 'UnexpectedAnswer',
    attempts: 1,
  },
];

test.each(FAULTS)('$fault is a problem of the RDS API', async ({ answer, error, attempts, ...times }) => {
  endpoint.answerBoth(answer);
  const failure = await proxies(times)
    .settings('shop')
    .catch((caught: unknown) => caught);
  expect(failure).toMatchObject({
    name: 'ProblemError',
    problem: { code: 'AWS.RDS', severity: 'warning', values: { error } },
  });
  expect(JSON.stringify(failure)).not.toContain('MARKED');
  await calls(2 * attempts);
});

test.each([
  ['DescribeDBProxies', denied, 'AccessDenied'],
  ['DescribeDBProxyTargetGroups', denied, 'AccessDenied'],
  ['DescribeDBProxies', rdsAnswer('DBProxies', null), 'UnexpectedAnswer'],
  ['DescribeDBProxyTargetGroups', rdsAnswer('TargetGroups', null), 'UnexpectedAnswer'],
])('half an answer is a failure: %s', async (action, answer, error) => {
  endpoint.answer(action, answer);
  await expect(proxies().settings('shop')).rejects.toMatchObject({ problem: { values: { error } } });
});

test('a refused connection is a problem of the RDS API', async () => {
  lambdaEnvironment(CLOSED_URL);
  await expect(proxies().settings('shop')).rejects.toMatchObject({ problem: { values: { error: 'ECONNREFUSED' } } });
});

test('the RDS API has a second and a half by default', async () => {
  endpoint.answerBoth(() => undefined);
  stopTime();
  const settings = new RdsProxyApi().settings('shop');
  const failure = expect(settings).rejects.toMatchObject({ problem: { values: { error: 'TimeoutError' } } });
  await until('both questions are asked', () => endpoint.calls.length === 2);
  await pass(1_499);
  expect(await Promise.race([settings, 'not yet'])).toBe('not yet');
  await pass(1);
  await failure;
});

test('the proxy and the targets of an endpoint are read once in five minutes', async () => {
  endpoint.answer('DescribeDBProxyEndpoints', (response, call) => {
    const name = call.parameters.DBProxyEndpointName ?? '';
    rdsAnswer('DBProxyEndpoints', otherEndpoint(name, name === 'readers' ? 'READ_ONLY' : 'READ_WRITE'))(response, call);
  });
  const from = proxies();
  for (let times = 0; times < 2; times += 1) {
    expect(await from.endpoint('readers', null)).toEqual({ proxy: 'shop', role: 'READ_ONLY' });
    expect(await from.endpoint('writer', 'shop')).toEqual({ proxy: 'shop', role: 'READ_WRITE' });
  }
  const asked = endpoint.calls.map(({ parameters: { Version: _, ...rest } }) => rest);
  expect(asked).toEqual([{ DBProxyEndpointName: 'readers' }, { DBProxyEndpointName: 'writer', DBProxyName: 'shop' }]);
});

test.each([
  ['is not known', rdsError(404, 'DBProxyEndpointNotFoundFault'), 'DBProxyEndpointNotFoundFault'],
  ['may not be described', denied, 'AccessDenied'],
  ['is not in the answer', rdsAnswer('DBProxyEndpoints', null), 'UnexpectedAnswer'],
])('an endpoint that %s is a problem of the RDS API', async (_, answer, error) => {
  endpoint.answer('DescribeDBProxyEndpoints', answer);
  await expect(proxies().endpoint('readers', null)).rejects.toMatchObject({
    problem: { code: 'AWS.RDS', severity: 'warning', values: { error } },
  });
});
