import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cloudWatchClient } from '../../functions/aws/clients/cloudwatch.js';
import { secretsClient } from '../../functions/aws/clients/secrets.js';
import { ssmClient } from '../../functions/aws/clients/ssm.js';
import { CloudWatchPublisher } from '../../functions/aws/cloudwatch-publisher.js';
import { awsCredentials } from '../../functions/aws/credentials.js';
import { failureName } from '../../functions/aws/errors.js';
import { jsonLog } from '../../functions/aws/logger.js';
import { ParameterStore } from '../../functions/aws/parameter-store.js';
import { AwsEndpoint, awsAnswer, lambdaEnvironment, rawAnswer } from '../support/aws-endpoint.js';
import { FAULTS } from '../support/aws-faults.js';
import { useTurns } from '../support/clock.js';
import { manyDatapoints } from '../support/metric-sets.js';

/** Stands in everything that must never be seen: credentials, secrets, host names, messages of AWS. */
const MARK = 'MARKED';
const BOUNDS = { connectMs: 5_000, answerMs: 500, attempts: 3 };
const ARN = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${MARK}-secret`;

let endpoint: AwsEndpoint;
/** Everything that came out: log, embedded metrics, problems, errors with all that hangs on them. */
let seen: string[];

beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  useTurns();
  seen = [];
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endpoint.close();
});

async function see(work: () => Promise<unknown>): Promise<void> {
  try {
    seen.push(inspect(await work(), { depth: null }));
  } catch (error) {
    seen.push(inspect(error, { depth: null, showHidden: true }));
  }
}

function source() {
  const log = jsonLog((line) => seen.push(line));
  return new ParameterStore({ client: ssmClient(BOUNDS), prefix: `/${MARK}-prefix`, log, deadlineMs: 1_000 });
}

const password = (login: 'iam' | 'secret') => () =>
  awsCredentials(
    {
      endpoint: `${MARK}.example.com`,
      port: 5432,
      user: `${MARK}-user`,
      auth: login === 'iam' ? { type: 'iam' } : { type: 'secret', arn: ARN },
    },
    { client: secretsClient(BOUNDS), deadlineMs: 1_000 },
  ).password();

test.each(FAULTS)('nothing that is secret comes out of $fault', async ({ answer }) => {
  for (const operation of ['GetParametersByPath', 'GetSecretValue', 'PutMetricData']) {
    endpoint.answer(operation, answer);
  }
  const sink = new CloudWatchPublisher({
    client: cloudWatchClient(BOUNDS),
    namespace: 'PoolHealth',
    deadlineMs: 1_000,
    writeLine: (line) => seen.push(line),
  });
  await Promise.all([
    see(() => source().pools(0)),
    see(password('secret')),
    see(() => sink.publish(manyDatapoints(1))),
  ]);
  expect(seen).toHaveLength(4);
  expect(seen.filter((text) => text.includes(MARK))).toEqual([]);
});

test.each([
  ['JSON without a password', `{"passwort":"${MARK}"}`],
  ['a list', `["${MARK}"]`],
])('nothing comes out of a secret that is %s', async (_, SecretString) => {
  endpoint.answer('GetSecretValue', awsAnswer({ SecretString }));
  await see(password('secret'));
  expect(seen).toEqual([expect.stringContaining('AWS.SECRETS')]);
  expect(seen[0]).not.toContain(MARK);
});

test('nothing comes out of an answer of Secrets Manager that breaks off', async () => {
  endpoint.answer('GetSecretValue', rawAnswer(200, `{"SecretString":"${MARK}`, 'application/x-amz-json-1.1'));
  await see(password('secret'));
  expect(seen[0]).toContain('SyntaxError');
  expect(seen[0]).not.toContain(MARK);
});

test('nothing comes out of signing that fails', async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  await see(password('iam'));
  expect(seen[0]).toContain('AWS.RDS');
  expect(seen[0]).not.toContain(MARK);
});

test.each([
  ['broken JSON', `{"endpoint":"${MARK}.example.com","password":"${MARK}"`],
  [
    'unknown keys',
    JSON.stringify({ endpoint: 'db', database: 'd', user: 'u', auth: { type: 'iam', token: MARK }, pw: MARK }),
  ],
  ['a URL for an endpoint', JSON.stringify({ endpoint: `postgres://u:${MARK}@db/d` })],
  ['a host with its port', JSON.stringify({ endpoint: `${MARK}.example.com:5432` })],
  ['a password for a secret', JSON.stringify({ auth: { type: 'secret', arn: MARK } })],
])('neither host nor credential comes out of a definition with %s', async (_, Value) => {
  endpoint.answer('GetParametersByPath', awsAnswer({ Parameters: [{ Name: '/pool-health/orders', Value }] }));
  await see(() => source().pools(0));
  expect(seen.join()).toContain('CONFIG.INVALID');
  expect(seen.join()).not.toContain(MARK);
});

test('what is logged of a definition names neither host nor user nor secret', async () => {
  const auth = { type: 'secret', arn: ARN };
  const Value = JSON.stringify({ endpoint: `${MARK}.example.com`, database: `${MARK}-db`, user: `${MARK}-user`, auth });
  endpoint.answer('GetParametersByPath', awsAnswer({ Parameters: [{ Name: '/pool-health/orders', Value }] }));
  const [watched] = await source().pools(0);
  expect(watched?.config?.endpoint).toContain(MARK);
  expect(seen).toEqual([expect.stringContaining('Settings in force')]);
  expect(seen[0]).not.toContain(MARK);
});

test.each([
  ['a text', 'MARKED', 'Unknown'],
  ['nothing', undefined, 'Unknown'],
  ['a plain error', new Error('MARKED'), 'Error'],
  ['an error with a code', Object.assign(new Error('MARKED'), { code: 'ENOTFOUND' }), 'ENOTFOUND'],
  ['an error whose code is no name', Object.assign(new Error('MARKED'), { code: 'MARKED: x' }), 'Unknown'],
  ['several errors in one', Object.assign(new AggregateError([], 'MARKED'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ['a connection that was cut', Object.assign(new Error(), { name: 'TimeoutError', code: 'ECONNRESET' }), 'ECONNRESET'],
  ['an answer that is late', Object.assign(new Error(), { name: 'TimeoutError', code: 'ETIMEDOUT' }), 'TimeoutError'],
  ['our own deadline', Object.assign(new Error('MARKED'), { name: 'AbortError' }), 'TimeoutError'],
])('of %s only a name is shown', (_, error, name) => {
  expect(failureName(error)).toBe(name);
});
