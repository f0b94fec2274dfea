import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { secretsClient } from '../../functions/aws/clients/secrets.js';
import { awsCredentials } from '../../functions/aws/credentials.js';
import { AwsEndpoint, awsAnswer, lambdaEnvironment } from '../support/aws-endpoint.js';
import { CLOSED_URL, FAULTS, timesFor } from '../support/aws-faults.js';
import { momentAt, useTurns } from '../support/clock.js';

const OPERATION = 'GetSecretValue';
const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:orders-AbCdEf';
const LOGIN = { endpoint: 'orders.proxy-abc.eu-central-1.rds.amazonaws.com', port: 6432, user: 'pool health' };

let endpoint: AwsEndpoint;

beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  useTurns();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endpoint.close();
});

describe('IAM', () => {
  const iam = () => awsCredentials({ ...LOGIN, auth: { type: 'iam' } });
  const NOON = Date.parse('2026-01-02T12:00:00Z');

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOON });
  });

  test('the token is a request to connect, signed for this endpoint, port and user', async () => {
    const token = await iam().password();
    expect(token.startsWith('orders.proxy-abc.eu-central-1.rds.amazonaws.com:6432/?')).toBe(true);
    const query = Object.fromEntries(new URL(`https://${token}`).searchParams);
    expect(query).toMatchObject({
      Action: 'connect',
      DBUser: 'pool health',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIAEXAMPLE/20260102/eu-central-1/rds-db/aws4_request',
      'X-Amz-Date': '20260102T120000Z',
      'X-Amz-Expires': '900',
      'X-Amz-Security-Token': 'MARKED-session-token',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(endpoint.calls).toEqual([]);
  });

  test('a token is reused for ten minutes, and renewed well before it expires after fifteen', async () => {
    const credentials = iam();
    const first = await credentials.password();
    vi.setSystemTime(NOON + 10 * 60_000 - 1);
    expect(await credentials.password()).toBe(first);
    vi.setSystemTime(NOON + 10 * 60_000);
    expect(await credentials.password()).toContain('X-Amz-Date=20260102T121000Z');
  });

  test('a refused token is signed again, once in 50 s', async () => {
    const credentials = iam();
    await credentials.password();
    vi.setSystemTime(NOON + 1_000);
    expect(credentials.refused()).toBe(true);
    expect(await credentials.password()).toContain('X-Amz-Date=20260102T120001Z');
    expect(credentials.refused()).toBe(false);
  });

  test('signing fails without AWS credentials', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
      vi.stubEnv(name, undefined);
    }
    await expect(iam().password()).rejects.toMatchObject({
      name: 'ProblemError',
      problem: { code: 'AWS.RDS', severity: 'error', values: { error: 'CredentialsProviderError' } },
    });
  });
});

describe('a secret', () => {
  let time: number;

  beforeEach(() => {
    time = 1_000_000;
  });

  function secret({ answerMs = 20_000, deadlineMs = 20_000 } = {}) {
    const client = secretsClient({ connectMs: 5_000, answerMs, attempts: 3 });
    return awsCredentials(
      { ...LOGIN, auth: { type: 'secret', arn: ARN } },
      { client, deadlineMs, now: () => momentAt(time) },
    );
  }

  function holding(SecretString: string) {
    return awsAnswer({ ARN, Name: 'orders', SecretString, VersionId: 'v1', VersionStages: ['AWSCURRENT'] });
  }

  test.each([
    ['JSON as RDS writes it', '{"engine":"postgres","username":"pool_health","password":"pa$$","port":5432}', 'pa$$'],
    ['plain text', 'pa$$ word', 'pa$$ word'],
    ['plain text that is also a JSON number', '123456', '123456'],
    ['plain text that is also a JSON string', '"quoted"', '"quoted"'],
    ['plain text that is also JSON null', 'null', 'null'],
    ['plain text with a brace', '{not JSON', '{not JSON'],
  ])('may be %s', async (_, text, password) => {
    endpoint.answer(OPERATION, holding(text));
    expect(await secret().password()).toBe(password);
    expect(endpoint.calls.map(({ input }) => input)).toEqual([{ SecretId: ARN }]);
  });

  test.each([
    ['JSON without a password', holding('{"username":"pool_health"}')],
    ['JSON with a password that is no text', holding('{"password":12}')],
    ['a list', holding('["password"]')],
    ['empty', holding('')],
    ['binary', awsAnswer({ ARN, SecretBinary: 'cGFzc3dvcmQ=' })],
  ])('that is %s is a failure of its own', async (_, answer) => {
    endpoint.answer(OPERATION, answer);
    await expect(secret().password()).rejects.toMatchObject({
      name: 'ProblemError',
      problem: { code: 'AWS.SECRETS', severity: 'error', values: { error: 'UnexpectedAnswer' } },
    });
  });

  test('is read when it is first needed, by one call for all callers, and then cached', async () => {
    endpoint.answer(OPERATION, holding('first'));
    const credentials = secret();
    expect(endpoint.calls).toHaveLength(0);
    expect(await Promise.all([credentials.password(), credentials.password()])).toEqual(['first', 'first']);
    time += 24 * 60 * 60_000;
    await credentials.password();
    expect(endpoint.calls).toHaveLength(1);
  });

  test('is read by a client that all pools share, by one call for all that need it at the same time', async () => {
    endpoint.answer(OPERATION, holding('shared'));
    const pools = [1, 2, 3].map(() => awsCredentials({ ...LOGIN, auth: { type: 'secret', arn: ARN } }));
    expect(await Promise.all(pools.map((credentials) => credentials.password()))).toEqual(Array(3).fill('shared'));
    expect(endpoint.calls).toHaveLength(1);
    // Not cached between them: each reads again when its own password was refused.
    endpoint.answer(OPERATION, holding('next'));
    expect(pools.map((credentials) => credentials.refused())).toEqual([true, true, true]);
    expect(await pools[0]?.password()).toBe('next');
    expect(endpoint.calls).toHaveLength(2);
  });

  test('that was rotated is read again within the same check', async () => {
    endpoint.answerInTurn(OPERATION, holding('old'), holding('new'));
    const credentials = secret();
    expect(await credentials.password()).toBe('old');
    expect(credentials.refused()).toBe(true);
    expect(await credentials.password()).toBe('new');
    expect(await credentials.password()).toBe('new');
    expect(endpoint.calls).toHaveLength(2);
  });

  test('that is wrong is read again once in 50 s at most, and so by each scheduled check', async () => {
    endpoint.answer(OPERATION, holding('wrong'));
    const credentials = secret();
    const fetchesAgain: boolean[] = [];
    for (let seconds = 0; seconds < 150; seconds += 5) {
      await credentials.password();
      fetchesAgain.push(credentials.refused());
      time += 5_000;
    }
    expect(fetchesAgain.filter((isFetched) => isFetched)).toHaveLength(3);
    expect(endpoint.calls).toHaveLength(4);
  });

  test.each(FAULTS)('that cannot be read because of $fault is named, and may be read later', async (fault) => {
    const { answer, names, attempts } = fault;
    endpoint.answer(OPERATION, answer);
    const credentials = secret(timesFor(fault));
    const values = { error: expect.toBeOneOf([...names]) };
    await expect(credentials.password()).rejects.toMatchObject({
      name: 'ProblemError',
      problem: { code: 'AWS.SECRETS', severity: 'error', values },
    });
    expect(endpoint.calls).toHaveLength(attempts);
    endpoint.answer(OPERATION, holding('at last'));
    expect(await credentials.password()).toBe('at last');
  });

  test('that cannot be read because nothing listens is named', async () => {
    lambdaEnvironment(CLOSED_URL);
    const problem = { code: 'AWS.SECRETS', values: { error: 'ECONNREFUSED' } };
    await expect(secret().password()).rejects.toMatchObject({ problem });
  });
});
