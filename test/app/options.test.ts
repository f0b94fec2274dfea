import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildDatabaseUrl } from '../../functions/app/database-url.js';
import { InvalidPoolOptions, type PoolOptions } from '../../functions/app/options.js';
import { createPool } from '../../functions/app/pool.js';
import { createPrismaClient } from '../../functions/app/prisma.js';
import type { Environment } from '../../functions/core/environment.js';
import { PrismaClient } from '../integration/app/generated/client.js';
import { until } from '../support/until.js';

const connectionString = 'postgres://the-user:the-password@the-host.example/the-database?sslmode=disable';
const SILENT = { logger: { info: () => undefined, warn: () => undefined }, writeMetrics: null };

/** What each way to make a pool says to the same mistake, which has to be the same. */
function refusal(options: PoolOptions): string {
  const messages = new Set(
    [
      () => createPool({ ...SILENT, ...options }),
      () => createPrismaClient({ PrismaClient, ...SILENT, ...options }),
      () => buildDatabaseUrl(options),
    ].map(messageOf),
  );
  expect(messages.size).toBe(1);
  const [message = ''] = messages;
  expect(message).not.toContain('the-');
  return message;
}

function messageOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidPoolOptions);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('settings', () => {
  const variable = (environment: Environment) => ({ connectionString, environment });
  const code = (settings: object) => ({ connectionString, environment: {}, settings });

  test.each<[PoolOptions, string]>([
    [variable({ DATABASE_POOL_MIN: '0' }), 'DATABASE_POOL_MIN must be a whole number >= 1, received "0"'],
    [variable({ DATABASE_POOL_MAX: '12abc' }), 'DATABASE_POOL_MAX must be a whole number >= 1, received "12abc"'],
    [variable({ DATABASE_POOL_MAX: '' }), 'DATABASE_POOL_MAX must be a whole number >= 1, received ""'],
    [
      variable({ DATABASE_POOL_IDLE_TIMEOUT: '999' }),
      'DATABASE_POOL_IDLE_TIMEOUT must be a whole number of milliseconds from 1000 to 2147483647, received "999"',
    ],
    [
      variable({ DATABASE_POOL_CONNECTION_TIMEOUT: '1e9' }),
      'DATABASE_POOL_CONNECTION_TIMEOUT must be a whole number of milliseconds from 1000 to 2147483647, received "1e9"',
    ],
    [
      variable({ DATABASE_POOL_MIN: '30', DATABASE_POOL_MAX: '20' }),
      'DATABASE_POOL_MIN (30) cannot be greater than DATABASE_POOL_MAX (20)',
    ],
    [
      { ...code({ min: 30 }), environment: { DATABASE_POOL_MAX: '20' } },
      'settings.min (30) cannot be greater than DATABASE_POOL_MAX (20)',
    ],
    [code({ max: '20' }), 'settings.max must be a whole number >= 1, received "20"'],
    [code({ max: Number.NaN }), 'settings.max must be a whole number >= 1, received NaN'],
    [code({ maximum: 20 }), 'unknown key "settings.maximum", accepted are min, max, idleTimeout, connectionTimeout'],
    [
      { connectionString: `${connectionString}&connection_limit=many`, environment: {} },
      'connection_limit in connectionString must be a whole number >= 1, received "many"',
    ],
    [
      { connectionString: `${connectionString}&pool_timeout=1.5`, environment: {} },
      'pool_timeout in connectionString must be a whole number of seconds from 0 to 2147483, received "1.5"',
    ],
    [
      { connectionString: `${connectionString}&max_connection_lifetime=9999999`, environment: {} },
      'max_connection_lifetime in connectionString must be a whole number of seconds from 0 to 2147483, received "9999999"',
    ],
  ])('alone: %#', (options, message) => {
    expect(refusal(options)).toBe(`Invalid pool options: ${message}`);
  });

  test('several mistakes are in one error, once each', () => {
    const message = refusal({
      name: 'not a name',
      connectionString: `${connectionString}&pool_timeout=soon`,
      environment: { DATABASE_POOL_MIN: '0', DATABASE_POOL_IDLE_TIMEOUT: '5' },
      settings: { max: -1 },
      definition: '{"pool": {"max": 0}}',
      applicationName: 'pool-health',
      endWithin: -1,
    });
    for (const field of [
      "a pool's name",
      'pool_timeout in connectionString',
      'DATABASE_POOL_MIN',
      'DATABASE_POOL_IDLE_TIMEOUT',
      'settings.max',
      'pool.max',
      'endpoint is missing',
      'applicationName',
      'endWithin',
    ]) {
      expect(message.split(field)).toHaveLength(2);
    }
  });

  test('a namespace that CloudWatch would refuse is refused, by the name of its source', () => {
    const message = 'must be up to 255 letters, digits, ".", "_", "-", "/" or "#", not beginning with "AWS/", received';
    expect(refusal({ connectionString, environment: {}, namespace: 'AWS/RDS' })).toBe(
      `Invalid pool options: namespace ${message} "AWS/RDS"`,
    );
    expect(refusal(variable({ POOL_HEALTH_NAMESPACE: '' }))).toBe(
      `Invalid pool options: POOL_HEALTH_NAMESPACE ${message} ""`,
    );
  });

  test.each([
    [{}, {}, 'PoolHealth'],
    [{}, { POOL_HEALTH_NAMESPACE: 'PoolHealth/staging' }, 'PoolHealth/staging'],
    [{ namespace: 'PoolHealth/shop' }, { POOL_HEALTH_NAMESPACE: 'PoolHealth/staging' }, 'PoolHealth/shop'],
  ])('the namespace of the options %j with the variables %j is %s', async (options, environment, namespace) => {
    const lines: string[] = [];
    const writeMetrics = (line: string) => lines.push(line);
    const pool = createPool({ ...SILENT, connectionString, environment, writeMetrics, ...options });
    pool.flush();
    await pool.end();
    expect(lines.map((line) => JSON.parse(line)._aws.CloudWatchMetrics[0].Namespace)).toEqual([namespace]);
  });

  test('an invalid definition is refused', () => {
    expect(refusal({ connectionString, environment: {}, definition: 'max: 5' })).toContain('must be JSON');
  });

  test("the monitor's own application name is refused, in the URL, too: it would hide the pool", () => {
    const inUrl = { connectionString: `${connectionString}&application_name=pool-health`, environment: {} };
    expect(refusal(inUrl)).toContain('applicationName must not be "pool-health"');
  });
});

describe('an invalid URL', () => {
  test.each<[unknown, string]>([
    [undefined, 'DATABASE_URL must be a URL such as postgres://user@host/database; it is not set'],
    [{ DATABASE_URL: '' }, 'received an empty text'],
    [{ DATABASE_URL: 'the-host:5432' }, 'DATABASE_URL must begin with postgres:// or postgresql://'],
    [{ DATABASE_URL: 'mysql://the-user:the-password@the-host/shop' }, 'must begin with postgres://'],
    [{ DATABASE_URL: 'postgres://the-user:the-p#ss@the-host/shop' }, 'percent-encoded'],
    [{ DATABASE_URL: 'postgres://the-host/shop' }, 'DATABASE_URL has no user'],
    [{ DATABASE_URL: 'postgres://the-user@the-host/shop?sslmode=prefer' }, 'sslmode in DATABASE_URL must be'],
    [
      { DATABASE_URL: 'postgres://the-user@the-host/shop?sslrootcert=/the-file' },
      'the file that sslrootcert in DATABASE_URL names cannot be read',
    ],
  ])('%#', (environment, message) => {
    expect(refusal({ environment: (environment ?? {}) as Environment })).toContain(message);
  });

  test('the message calls it connectionString if it is the option', () => {
    const message = refusal({ connectionString: 'the-text', environment: {} });
    expect(message).toContain('connectionString must look like postgres://');
    expect(message).not.toContain('DATABASE_URL');
    expect(refusal({ connectionString: 5 as never, environment: {} })).toContain('received a number');
  });
});

describe('a class that is not a Prisma client', () => {
  test.each([
    ['nothing', undefined, 'received undefined'],
    ['an instance', {}, 'received an object'],
    ['another class', class {}, 'received function'],
    ['an arrow function', () => undefined, 'received function'],
  ])('%s', (_, PrismaClient, received) => {
    const make = () =>
      createPrismaClient({ PrismaClient: PrismaClient as never, connectionString, environment: {}, ...SILENT });
    expect(messageOf(make)).toContain('PrismaClient must be the class that "prisma generate" generates');
    expect(messageOf(make)).toContain(received);
  });

  test('an error of its constructor is thrown, and the new pool is ended', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const options = { ...SILENT, PrismaClient, prisma: { nothing: 1 }, connectionString, environment: {} };
    const make = () => createPrismaClient({ ...options, writeMetrics: () => undefined });
    expect(make).toThrow('Unknown property nothing');
    expect(make).not.toThrow('the-');
    await until('its timer is gone', () => vi.getTimerCount() === 0);
    vi.useRealTimers();
  });

  test('a pool that createPool did not make is refused, and so are settings', () => {
    for (const pool of [new pg.Pool(), { max: 5 }]) {
      expect(messageOf(() => createPrismaClient({ PrismaClient, pool: pool as never }))).toContain(
        'pool must be a pool of createPool',
      );
    }
  });
});

describe('two copies of pg', () => {
  // Inside the project, where the copy finds what it needs itself.
  const folder = fileURLToPath(new URL('../../.cache/', import.meta.url));
  let copy = '';
  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    copy = mkdtempSync(join(folder, 'pg-'));
    cpSync(dirname(createRequire(import.meta.url).resolve('pg/package.json')), copy, { recursive: true });
  });
  afterAll(() => {
    vi.doUnmock('pg');
    vi.resetModules();
    rmSync(copy, { recursive: true });
  });

  test('a pool that the adapter would ignore is refused, with what to do', async () => {
    vi.resetModules();
    vi.doMock('pg', () => import(pathToFileURL(join(copy, 'lib', 'index.js')).href));
    const app = await import('../../functions/app/index.js');
    const make = () => app.createPrismaClient({ PrismaClient, connectionString, environment: {}, ...SILENT });
    expect(make).toThrow(/^Invalid pool options: two copies of the package "pg" .* "npm ls pg" shows them/);
    expect(make).not.toThrow('the-');
  });
});
