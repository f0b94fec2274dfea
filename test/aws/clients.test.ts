import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParametersByPathCommand } from '@aws-sdk/client-ssm';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BOUNDS, bounded } from '../../functions/aws/clients/bounds.js';
import { cloudWatchClient } from '../../functions/aws/clients/cloudwatch.js';
import { secretsClient } from '../../functions/aws/clients/secrets.js';
import { ssmClient } from '../../functions/aws/clients/ssm.js';
import { AwsEndpoint, awsAnswer, lambdaEnvironment } from '../support/aws-endpoint.js';
import { useTurns } from '../support/clock.js';

let endpoint: AwsEndpoint;

beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  useTurns();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endpoint.close();
});

const CALLS = [
  {
    operation: 'GetParametersByPath',
    service: 'ssm',
    send: (bounds = BOUNDS) => ssmClient(bounds).send(new GetParametersByPathCommand({ Path: '/pool-health' })),
  },
  {
    operation: 'PutMetricData',
    service: 'monitoring',
    send: (bounds = BOUNDS) =>
      cloudWatchClient(bounds).send(new PutMetricDataCommand({ Namespace: 'PoolHealth', MetricData: [] })),
  },
  {
    operation: 'GetSecretValue',
    service: 'secretsmanager',
    send: (bounds = BOUNDS) => secretsClient(bounds).send(new GetSecretValueCommand({ SecretId: 'orders' })),
  },
];

test.each(CALLS)('$operation goes to AWS_ENDPOINT_URL, signed for AWS_REGION', async ({ operation, service, send }) => {
  endpoint.answer(operation, awsAnswer({}));
  await send();
  expect(endpoint.calls.map((call) => call.operation)).toEqual([operation]);
  expect(endpoint.calls[0]?.headers.authorization).toContain(`/eu-central-1/${service}/aws4_request`);
});

test.each(CALLS)('$operation is tried three times at a service that does not answer', async ({ operation, send }) => {
  endpoint.answer(operation, () => undefined);
  await expect(send({ ...BOUNDS, answerMs: 500 })).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(endpoint.calls).toHaveLength(3);
});

test('by default AWS gets a second and a half for an answer, three times', async () => {
  for (const client of [ssmClient(), cloudWatchClient(), secretsClient()]) {
    expect(await client.config.maxAttempts()).toBe(3);
    expect(await client.config.retryMode).toBe('standard');
  }
  expect(bounded(BOUNDS).requestHandler).toEqual({
    connectionTimeout: 1_000,
    requestTimeout: 1_500,
    throwOnRequestTimeout: true,
  });
});

test('what a GET needs loads SSM at once, Secrets Manager and the signer only when used, and CloudWatch never', async () => {
  const { metafile } = await build({
    stdin: {
      contents: `export * from './parameter-store.js'; export * from './credentials.js'; export * from './clients/ssm.js';`,
      resolveDir: 'functions/aws',
      sourcefile: 'get.ts',
    },
    bundle: true,
    write: false,
    metafile: true,
    splitting: true,
    format: 'esm',
    outdir: 'out',
    platform: 'node',
    mainFields: ['module', 'main'],
  });
  const outputs = Object.entries(metafile.outputs);
  const start = new Set<string>();
  const load = (path: string) => {
    start.add(path);
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && !start.has(next) && metafile.outputs[next]) {
        load(next);
      }
    }
  };
  load(outputs.find(([, { entryPoint }]) => entryPoint?.endsWith('get.ts'))?.[0] ?? '');
  const holding = (part: string, paths: Iterable<string>) =>
    [...paths].some((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}).some((input) => input.includes(part)));
  const all = outputs.map(([path]) => path);
  expect(holding('@aws-sdk/client-ssm/', start)).toBe(true);
  expect([holding('client-secrets-manager/', start), holding('client-secrets-manager/', all)]).toEqual([false, true]);
  expect([holding('rds-signer/', start), holding('rds-signer/', all)]).toEqual([false, true]);
  expect(holding('client-cloudwatch/', all)).toBe(false);
});
