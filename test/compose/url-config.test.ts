import { describe, expect, it } from 'vitest';
import { localConfig, localSettings } from '../../functions/compose/url-config.js';
import type { ConnectionTarget } from '../../functions/core/pool-config.js';
import { accepted, refused } from '../support/samples.js';

const TARGET: ConnectionTarget = { endpoint: 'localhost', port: 5433, database: 'app', user: 'app', tls: 'off' };

it('a local check connects where the URL says and counts everybody in that database', () => {
  expect(accepted(localConfig('local', TARGET, {}, true))).toEqual({
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
  });
});

it('whether the user is shared is up to the caller', () => {
  expect(accepted(localConfig('local', TARGET, {}, false)).sharedUser).toBe(false);
});

it('variables stand above the column of NODE_ENV', () => {
  const config = accepted(localConfig('local', TARGET, { NODE_ENV: 'test', DATABASE_POOL_MAX: '4' }, false));
  expect(config.settings).toEqual({ min: 1, max: 4, idleTimeout: 5_000, connectionTimeout: 3_000 });
});

it('an unknown NODE_ENV and a large pool are both warned about', () => {
  const validation = localConfig('local', TARGET, { NODE_ENV: 'staging', DATABASE_POOL_MAX: '101' }, false);
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

it('every broken variable is named at once', () => {
  const environment = { DATABASE_POOL_MIN: ' 20 ', DATABASE_POOL_CONNECTION_TIMEOUT: '1e9' };
  expect(refused(localConfig('local', TARGET, environment, false)).map(({ field }) => field)).toEqual([
    'DATABASE_POOL_MIN',
    'DATABASE_POOL_CONNECTION_TIMEOUT',
  ]);
});

it('the configuration cannot be changed afterwards', () => {
  expect(Object.isFrozen(accepted(localConfig('local', TARGET, {}, false)))).toBe(true);
});

describe('a definition', () => {
  const definition = (parts: object) =>
    JSON.stringify({ endpoint: 'x', database: 'd', user: 'u', auth: { type: 'iam' }, ...parts });

  it('decides where no variable does, and leaves the rest to NODE_ENV', () => {
    const POOL_HEALTH_DEFINITION = definition({ pool: { max: 15, min: 3 }, instances: 4, count: { users: ['app'] } });
    const variables = { NODE_ENV: 'test', DATABASE_POOL_MIN: '2', POOL_HEALTH_DEFINITION };
    const config = accepted(localConfig('local', TARGET, variables, false));
    expect(config.settings).toEqual({ min: 2, max: 15, idleTimeout: 5000, connectionTimeout: 3000 });
    expect(config).toMatchObject({ ...TARGET, instances: 4, count: { users: ['app'] }, auth: { type: 'url' } });
    expect(localSettings(variables).environment).toBe('test');
  });

  it('without settings changes none', () => {
    const variables = { POOL_HEALTH_DEFINITION: definition({}) };
    expect(accepted(localConfig('local', TARGET, variables, false)).settings.max).toBe(10);
  });

  it('with mistakes is refused, beside the mistakes of the variables', () => {
    const variables = { DATABASE_POOL_MAX: '0', POOL_HEALTH_DEFINITION: definition({ pool: { min: 0 }, typo: 1 }) };
    const fields = refused(localConfig('local', TARGET, variables, false)).map(({ field }) => field);
    expect(fields.sort()).toEqual(['DATABASE_POOL_MAX', 'pool.min', 'typo']);
    expect(localSettings(variables).settings).toBeNull();
  });
});
