import { afterEach, describe, expect, test, vi } from 'vitest';
import type { PoolOptions } from '../../functions/app/options.js';
import { type AppPool, createPool } from '../../functions/app/pool.js';
import type { Environment } from '../../functions/core/environment.js';
import type { PoolDefinition } from '../../functions/core/pool-config.js';

const DATABASE_URL = 'postgres://shop:secret@localhost/shop';
const DEFINITION: PoolDefinition = {
  endpoint: 'db.example',
  database: 'shop',
  user: 'check',
  auth: { type: 'iam' },
  environment: 'production',
  pool: { max: 30 },
};
const log: string[] = [];
const pools: AppPool[] = [];

afterEach(async () => {
  log.length = 0;
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});

function pool(environment: Environment, options: PoolOptions = {}): AppPool {
  const made = createPool({
    environment: { DATABASE_URL, ...environment },
    logger: { info: (text) => log.push(text), warn: (text) => log.push(`warning: ${text}`) },
    writeMetrics: null,
    ...options,
  });
  pools.push(made);
  return made;
}

describe('the source of a setting', () => {
  const url = { DATABASE_URL: `${DATABASE_URL}?connection_limit=25` };
  const code = { settings: { max: 40 } };
  const definition = { definition: DEFINITION };
  test.each<[string, Environment, PoolOptions, number]>([
    ['the variable', { ...url, DATABASE_POOL_MAX: '50' }, { ...code, ...definition }, 50],
    ['then the code', url, { ...code, ...definition }, 40],
    ['then the definition', url, definition, 30],
    ['then the URL', url, {}, 25],
    ['then the column of NODE_ENV', { NODE_ENV: 'production' }, {}, 20],
    ['which is development if unset', {}, {}, 10],
    ['and production if unknown', { NODE_ENV: 'staging' }, {}, 20],
    ['a definition as the text of its parameter', {}, { definition: JSON.stringify(DEFINITION) }, 30],
    ['a definition without settings', { NODE_ENV: 'test' }, { definition: { ...DEFINITION, pool: {} } }, 5],
  ])('%s', (_, environment, options, max) => {
    expect(pool(environment, options).getPoolConfig().max).toBe(max);
  });

  test('each setting has its own source', () => {
    const made = pool({ DATABASE_POOL_MIN: '3' }, { settings: { idleTimeout: 4_000 }, ...definition });
    expect(made.getPoolConfig()).toEqual({ min: 3, max: 30, idleTimeout: 4_000, connectionTimeout: 5_000 });
  });

  test('a default min that does not fit is lowered, with a warning', () => {
    expect(pool({ NODE_ENV: 'production' }, { settings: { max: 2 } }).getPoolConfig()).toMatchObject({
      min: 2,
      max: 2,
    });
    expect(log[1]).toContain('settings.max (2) is below the default min of production (5)');
  });

  test('the pool connects to connectionString, else to DATABASE_URL', () => {
    expect(pool({ DATABASE_URL: 'postgres://anna@db.example:6432/orders?sslmode=disable' }).options).toMatchObject({
      host: 'db.example',
      port: 6432,
      user: 'anna',
      database: 'orders',
    });
    expect(pool({}, { connectionString: 'postgres://localhost@other.example/orders' }).options.host).toBe(
      'other.example',
    );
  });

  test('the application cannot change the settings in effect', () => {
    const made = pool({});
    Object.assign(made.getPoolConfig(), { max: 99 });
    expect(made.getPoolConfig().max).toBe(10);
  });
});

describe('the log at the start', () => {
  test('is one line with the settings in effect', () => {
    pool({ NODE_ENV: 'production', DATABASE_POOL_MAX: '50' }, { name: 'orders' });
    expect(log).toEqual([
      'Pool "orders" (production): min 5, max 50, idleTimeout 30000 ms, connectionTimeout 10000 ms',
    ]);
  });

  test('has a warning for each unusual setting', () => {
    pool({ NODE_ENV: 'staging', DATABASE_POOL_MAX: '150', DATABASE_POOL_MIN: '60' });
    expect(log.slice(1)).toEqual([
      'warning: Pool "default": NODE_ENV "staging" is none of development, test, production: the defaults of production apply',
      'warning: Pool "default": DATABASE_POOL_MIN (60) is above 50 and may overwhelm PostgreSQL',
      'warning: Pool "default": DATABASE_POOL_MAX (150) is above 100 and may overwhelm PostgreSQL',
    ]);
  });

  test('never contains a part of the URL', () => {
    const parameters = 'connection_limit=7&pgbouncer=true&sslmode=disable&the-parameter=the-value';
    pool({ DATABASE_URL: `postgres://the-user:the-password@the-host.example/the-database?${parameters}` });
    expect(log).toHaveLength(4);
    expect(log.join()).not.toContain('the-');
  });

  test('goes to console by default', () => {
    const info = vi.spyOn(console, 'info').mockReturnValue();
    pools.push(createPool({ connectionString: DATABASE_URL, environment: {}, writeMetrics: null }));
    expect(info.mock.calls).toEqual([[expect.stringContaining('Pool "default" (development)')]]);
    info.mockRestore();
  });
});

describe('old parameters of the URL set the settings and are reported', () => {
  const withParameters = (parameters: string, environment: Environment = {}) =>
    pool({ DATABASE_URL: `${DATABASE_URL}?${parameters}`, ...environment });

  test.each([
    ['connection_limit=7', { max: 7 }],
    ['pool_timeout=20', { connectionTimeout: 20_000 }],
    ['connect_timeout=15', { connectionTimeout: 15_000 }],
    ['connect_timeout=15&pool_timeout=20', { connectionTimeout: 20_000 }],
    ['max_idle_connection_lifetime=60', { idleTimeout: 60_000 }],
    ['connection_limit=1', { min: 1, max: 1 }],
  ])('%s', (parameters, expected) => {
    expect(withParameters(parameters).getPoolConfig()).toMatchObject(expected);
  });

  test('each with a warning that names the variable to set instead', () => {
    withParameters('connection_limit=7&pool_timeout=20&connect_timeout=15');
    expect(log.slice(1)).toEqual([
      'warning: Pool "default": connection_limit in DATABASE_URL is ignored by Prisma 7 and pg, but sets max (7) here: set DATABASE_POOL_MAX instead',
      'warning: Pool "default": pool_timeout in DATABASE_URL is ignored by Prisma 7 and pg, but sets connectionTimeout (20000) here: set DATABASE_POOL_CONNECTION_TIMEOUT instead',
      'warning: Pool "default": connect_timeout in DATABASE_URL has no effect: pool_timeout in DATABASE_URL is set',
    ]);
  });

  test('a variable overrides them, and the warning reports it', () => {
    withParameters('connection_limit=7', { DATABASE_POOL_MAX: '9' });
    expect(log).toEqual([
      expect.stringContaining('max 9'),
      'warning: Pool "default": connection_limit in DATABASE_URL has no effect: DATABASE_POOL_MAX is set',
    ]);
  });

  test('0 meant no timeout, which is not supported: it has no effect', () => {
    expect(withParameters('pool_timeout=0').getPoolConfig().connectionTimeout).toBe(5_000);
    expect(log[1]).toContain(
      'pool_timeout in DATABASE_URL is 0 (no timeout), which is not supported and has no effect',
    );
  });

  test('lifetime, application name and schema are used', () => {
    const made = withParameters('max_connection_lifetime=600&application_name=till&schema=sales');
    expect(made.options).toMatchObject({ maxLifetimeSeconds: 600, application_name: 'till' });
    expect(made.schema).toBe('sales');
    expect(log).toHaveLength(1);
  });

  test.each([
    'pgbouncer=true',
    'statement_cache_size=0',
    'socket_timeout=5',
    'sslaccept=strict',
    'options=-csearch_path%3Dsales',
    'channel_binding=require',
    'target_session_attrs=read-write',
    'sslkey=client.key',
    'hostaddr=192.0.2.1',
  ])('%s has no effect, and the warning advises what to do', (parameter) => {
    withParameters(parameter);
    expect(log.slice(1)).toEqual([
      expect.stringMatching(
        new RegExp(`^warning: Pool "default": ${parameter.split('=')[0]} in DATABASE_URL has no effect: .{20}`),
      ),
    ]);
  });

  test('unknown parameters are counted and not shown', () => {
    withParameters('foo=1&bar=2&sslmode=disable');
    expect(log.slice(1)).toEqual([
      'warning: Pool "default": DATABASE_URL has unknown parameters, which have no effect: 2 (not shown)',
    ]);
  });
});
