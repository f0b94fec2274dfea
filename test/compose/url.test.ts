import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ssmClient } from '../../functions/aws/clients/ssm.js';
import {
  parseSettings,
  parseUrlPool,
  readDefinition,
  readParameter,
  type UrlInput,
} from '../../functions/compose/url.js';
import { urlMonitor } from '../../functions/compose/url-monitor.js';
import { type Answer, AwsEndpoint, awsAnswer, awsError, lambdaEnvironment } from '../support/aws-endpoint.js';
import { accepted, refused } from '../support/samples.js';

const URL = 'postgres://app@localhost:5433/app';
const TARGET = { endpoint: 'localhost', port: 5433, database: 'app', user: 'app', tls: 'off' };

type Variables = Parameters<typeof parseSettings>[0];

function pool(variables: Variables = {}, parts: Partial<UrlInput> = {}) {
  return parseUrlPool({ url: URL, sharedUser: undefined, settings: parseSettings(variables), ...parts });
}

const configOf = (variables: Variables, parts?: Partial<UrlInput>) => accepted(pool(variables, parts).validation);

describe('the pool of a URL', () => {
  it('connects where the URL says and counts everybody in that database', () => {
    expect(configOf({})).toEqual({
      pool: 'local',
      endpoint: 'localhost',
      port: 5433,
      database: 'app',
      user: 'app',
      tls: 'off',
      auth: { type: 'url' },
      settings: { min: 2, max: 10, idleTimeout: 10_000, connectionTimeout: 5_000 },
      instances: 1,
      count: { users: null, applications: null },
      sharedUser: true,
      managed: null,
      limits: { pinnedPercent: 20, borrowWaitMs: 100 },
      utilization: null,
      role: null,
      idleLimitMs: null,
    });
  });

  it('takes its settings from variables before the defaults that NODE_ENV picks', () => {
    const { settings } = configOf({ NODE_ENV: 'test', DATABASE_POOL_MAX: '4' });
    expect(settings).toEqual({ min: 1, max: 4, idleTimeout: 5_000, connectionTimeout: 3_000 });
  });

  it('warns about an unknown NODE_ENV and about a large pool', () => {
    const { validation } = pool({ NODE_ENV: 'staging', DATABASE_POOL_MAX: '101' });
    expect(accepted(validation).settings).toEqual({
      min: 5,
      max: 101,
      idleTimeout: 30_000,
      connectionTimeout: 10_000,
    });
    expect(validation.ok && validation.warnings).toEqual([
      expect.stringContaining('staging'),
      expect.stringContaining('DATABASE_POOL_MAX (101)'),
    ]);
  });

  it('reports every broken variable at once', () => {
    const { validation } = pool({ DATABASE_POOL_MIN: ' 20 ', DATABASE_POOL_CONNECTION_TIMEOUT: '1e9' });
    expect(refused(validation).map(({ field }) => field)).toEqual([
      'DATABASE_POOL_MIN',
      'DATABASE_POOL_CONNECTION_TIMEOUT',
    ]);
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(configOf({}))).toBe(true);
  });

  it.each([
    ['DATABASE_URL', undefined],
    ['--url', '--url'],
  ] as const)('reports mistakes in the URL as %s, together with those in the settings', (name, label) => {
    const parts = { url: 'postgres://db.example/shop?sslmode=prefer', ...(label && { label }) };
    const messages = refused(pool({ DATABASE_POOL_MAX: '0' }, parts).validation).map(({ message }) => message);
    expect(messages).toEqual([
      `${name} has no user: write postgres://USER@host/database`,
      expect.stringContaining(`sslmode in ${name} must be verify-full`),
      expect.stringContaining('DATABASE_POOL_MAX must be'),
    ]);
  });

  it('with mistakes in the settings has a configuration with the default settings, for a diagnosis', () => {
    const { validation, withDefaults } = pool({ NODE_ENV: 'production', DATABASE_POOL_MAX: '0' });
    expect(refused(validation)).toHaveLength(1);
    expect(accepted(withDefaults)).toMatchObject({ ...TARGET, settings: { min: 5, max: 20 } });
    expect(refused(pool({}, { url: 'nonsense' }).withDefaults)).toHaveLength(1);
  });
});

describe('POOL_HEALTH_SHARED_USER', () => {
  it.each([
    [undefined, true],
    ['true', true],
    ['false', false],
  ])('%s: the user of the URL is the application’s: %s', (sharedUser, isShared) => {
    expect(configOf({}, { sharedUser }).sharedUser).toBe(isShared);
  });

  it.each(['False', '0', ''])('%j is not silently taken for something', async (sharedUser) => {
    const { monitor } = urlMonitor(pool({ DATABASE_POOL_MAX: '0' }, { sharedUser }));
    const [entry] = await monitor.pools(0);
    expect(entry.config).toBeNull();
    expect(entry.problems).toMatchObject([
      {
        code: 'CONFIG.INVALID',
        values: {
          violations: [
            `POOL_HEALTH_SHARED_USER must be true or false, received ${JSON.stringify(sharedUser)}`,
            expect.stringContaining('DATABASE_POOL_MAX'),
          ],
        },
      },
    ]);
  });
});

describe('a definition', () => {
  const definition = (parts: object) =>
    JSON.stringify({ endpoint: 'x', database: 'd', user: 'u', auth: { type: 'iam' }, ...parts });

  it('decides where no variable does, and leaves the rest to NODE_ENV', () => {
    const POOL_HEALTH_DEFINITION = definition({ pool: { max: 15, min: 3 }, instances: 4, count: { users: ['app'] } });
    const variables = { NODE_ENV: 'test', DATABASE_POOL_MIN: '2', POOL_HEALTH_DEFINITION };
    const config = configOf(variables);
    expect(config.settings).toEqual({ min: 2, max: 15, idleTimeout: 5000, connectionTimeout: 3000 });
    expect(config).toMatchObject({ ...TARGET, instances: 4, count: { users: ['app'] }, auth: { type: 'url' } });
    expect(parseSettings(variables).environment).toBe('test');
  });

  it('decides what the server has to be and what the utilization is of', () => {
    const POOL_HEALTH_DEFINITION = definition({ role: 'standby', utilization: 'active' });
    expect(configOf({ POOL_HEALTH_DEFINITION })).toMatchObject({ role: 'standby', utilization: 'active' });
  });

  const auth = { type: 'secret', arn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:console-AbCdEf' };
  it.each([
    ['rds-proxy', { kind: 'rds-proxy', name: 'orders', size: 60 }, { kind: 'rds-proxy', name: 'orders', size: 60 }],
    [
      'pgbouncer',
      { kind: 'pgbouncer', user: 'stats', auth, size: 60 },
      { kind: 'pgbouncer', user: 'app', auth, size: 60 },
    ],
    ['rds-proxy without a size', { kind: 'rds-proxy', name: 'orders' }, null],
    ['pgbouncer without a size', { kind: 'pgbouncer', user: 'stats', auth }, null],
    ['none', { kind: 'none' }, null],
  ])('decides the size of a pooler that cannot be detected: %s', (_, managed, expected) => {
    expect(configOf({ POOL_HEALTH_DEFINITION: definition({ managed }) }).managed).toEqual(expected);
  });

  it.each([
    ['a variable', { DATABASE_POOL_IDLE_TIMEOUT: '7000' }, 74_000],
    ['the definition', { POOL_HEALTH_DEFINITION: definition({ pool: { idleTimeout: 8_000 } }) }, 76_000],
    [
      'a variable before the definition',
      {
        DATABASE_POOL_IDLE_TIMEOUT: '7000',
        POOL_HEALTH_DEFINITION: definition({ pool: { idleTimeout: 8_000 } }),
      },
      74_000,
    ],
    ['neither: the defaults of NODE_ENV are no promise of the user', { NODE_ENV: 'production' }, null],
  ])('has a limit of idle sessions where idleTimeout is written: %s', (_, variables, idleLimitMs) => {
    expect(configOf(variables).idleLimitMs).toBe(idleLimitMs);
  });

  it('without settings changes none', () => {
    expect(configOf({ POOL_HEALTH_DEFINITION: definition({}) }).settings.max).toBe(10);
  });

  it('with mistakes is refused, beside the mistakes of the variables', () => {
    const variables = { DATABASE_POOL_MAX: '0', POOL_HEALTH_DEFINITION: definition({ pool: { min: 0 }, typo: 1 }) };
    const fields = refused(pool(variables).validation).map(({ field }) => field);
    expect(fields.sort()).toEqual(['DATABASE_POOL_MAX', 'pool.min', 'typo']);
    expect(parseSettings(variables).settings).toBeNull();
  });
});

describe('the SSM parameter of a definition', () => {
  let endpoint: AwsEndpoint;
  beforeEach(async () => {
    endpoint = await AwsEndpoint.start();
    lambdaEnvironment(endpoint.url);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await endpoint.close();
  });

  function read(answer: Answer): Promise<string> {
    endpoint.answer('GetParameter', answer);
    return readParameter(ssmClient(), '/pool-health/orders');
  }

  it('is read decrypted', async () => {
    const text = await read((response, call) => {
      expect(call.input).toEqual({ Name: '/pool-health/orders', WithDecryption: true });
      awsAnswer({ Parameter: { Name: '/pool-health/orders', Value: '{"pool":{}}' } })(response, call);
    });
    expect(text).toBe('{"pool":{}}');
  });

  it.each([
    ['is not there', awsError(400, 'ParameterNotFound'), 'ParameterNotFound'],
    ['may not be read', awsError(400, 'AccessDeniedException', 'arn:aws:iam::1:user/x may not'), 'AccessDenied'],
    ['is missing in the answer', awsAnswer({}), 'UnexpectedAnswer'],
  ])('that %s is an error of one line that says what to check, and no more', async (_, answer, name) => {
    const error = await read(answer).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    const { message } = error as Error;
    expect(message).toMatch(/^POOL_HEALTH_PARAMETER could not be read from SSM \(\w+\): check its name, AWS_REGION/);
    expect(message).toContain(name);
    expect(message).not.toMatch(/\n|arn:|orders/);
  });

  it('is not read unless POOL_HEALTH_PARAMETER names one', async () => {
    expect(await readDefinition({ POOL_HEALTH_DEFINITION: '{}', POOL_HEALTH_PARAMETER: '' })).toBe('{}');
    expect(await readDefinition({})).toBeUndefined();
    expect(endpoint.calls).toEqual([]);
  });
});
