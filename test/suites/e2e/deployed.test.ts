import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { History } from '../../../functions/core/history.js';
import { METRICS, type MetricName } from '../../../functions/core/metrics.js';
import { Account } from './account.js';
import { Api } from './api.js';
import { Cdk } from './cdk.js';
import { Database } from './database.js';
import { type Emulator, startEmulator } from './emulator.js';
import { Sandbox } from './sandbox.js';
import { POOL, POOL_NAMES } from './settings.js';

/** Timeouts for waiting; a wait ends as soon as its condition is true. */
const NEXT_CHECK = { timeout: 100_000, interval: 500 };
/** A minute is read after it has ended and settled, and CloudWatch is queried once a minute. */
const NEXT_HISTORY = { timeout: 180_000, interval: 500 };
const CACHES = { timeout: 60_000, interval: 500 };
/** The maximum of the pool after it was changed in SSM. */
const CHANGED_MAX = 10;

const sandbox = new Sandbox();
let database: Database;
let emulator: Emulator;
let account: Account;
let api: Api;
let outputs: Readonly<Record<string, string>>;
let deploy: (isChanged: boolean) => Promise<void>;

beforeAll(async () => {
  database = await Database.start();
  emulator = await startEmulator(sandbox);
  account = new Account(emulator);
  const cdk = new Cdk(sandbox, emulator);
  const secretArn = await account.createSecret('check', JSON.stringify({ password: database.password }));
  deploy = async (isChanged) => {
    outputs = await cdk.deploy({ port: database.port, secretArn, isChanged });
  };
  await cdk.bootstrap();
  await deploy(false);
  api = new Api(emulator, output('ApiUrl'));
  await database.createCheckRole(output('CheckRoleSql'));
  await account.putCompositeAlarm(JSON.parse(output('ActNowAlarm')));
  await database.open(3, 'active');
  await database.open(2, 'idle');
});

afterAll(async () => {
  sandbox.remove();
  await database?.remove();
});

describe('a deployment', () => {
  test('answers what the database shows', async () => {
    const { status, cacheControl, body } = await api.get('/health/pool');
    const { active = 0, idle = 0 } = await database.shown('application');
    expect({ active, idle }).toEqual({ active: 3, idle: 2 });
    expect({ status, cacheControl }).toEqual({ status: 200, cacheControl: 'no-store' });
    expect(body).toMatchObject({
      status: 'healthy',
      metrics: {
        activeConnections: active,
        idleConnections: idle,
        totalConnections: active + idle,
        waitingRequests: null,
        poolSize: POOL.max,
      },
      config: { min: 5, max: POOL.max, idleTimeout: 30_000, connectionTimeout: 10_000 },
      utilization: { percent: 25, status: 'normal' },
      pool: POOL.name,
      saturatedLayer: null,
      problems: [],
    });
  });

  test('answers for a pool by its name, and 404 for one that it does not know', async () => {
    const known = await api.get(`/health/pool/${POOL.name}`);
    expect(known).toMatchObject({ status: 200, body: { pool: POOL.name, status: 'healthy' } });
    const unknown = await api.get('/health/pool/unknown');
    expect(unknown).toMatchObject({ status: 404, body: { message: 'Not found: no such pool' } });
  });

  test('answers with every pool of the main stack and of the nested stack', async () => {
    const { body } = await api.get('/health/pool');
    const { pools } = body as { pools: readonly { pool: string; status: string; percent: number }[] };
    expect(pools.map(({ pool }) => pool).sort()).toEqual([...POOL_NAMES].sort());
    expect(new Set(pools.map(({ status, percent }) => `${status} ${percent}`))).toEqual(new Set(['healthy 25']));
  });

  test('takes over what is changed in SSM, without a deployment', async () => {
    const parameter =
      output('ParameterNames')
        .split(',')
        .find((name) => name.endsWith(`/${POOL.name}`)) ?? '';
    const definition = await account.definition(parameter);
    await account.putDefinition(parameter, { ...definition, pool: { max: CHANGED_MAX } });
    await vi.waitFor(async () => {
      const { body } = await api.get('/health/pool');
      expect(body).toMatchObject({
        config: { max: CHANGED_MAX },
        metrics: { poolSize: CHANGED_MAX },
        utilization: { percent: 50 },
      });
    }, CACHES);
  });

  test('checks on its schedule, and publishes what the test knows', async () => {
    await vi.waitFor(async () => {
      expect(await newest()).toEqual({
        Healthy: 1,
        Saturated: 0,
        CheckDuration: expect.any(Number),
        Utilization: 50,
        ActiveConnections: 3,
        IdleConnections: 2,
        TotalConnections: 5,
        PoolSize: CHANGED_MAX,
      });
    }, NEXT_CHECK);
    await vi.waitFor(async () => {
      const healthy = await Promise.all(POOL_NAMES.map(async (pool) => (await account.values(pool, 'Healthy')).at(-1)));
      expect(healthy).toEqual(POOL_NAMES.map(() => 1));
    }, NEXT_CHECK);
    const states = await account.alarmStates();
    const heartbeats = Object.keys(states).filter((name) => name.endsWith('-heartbeat'));
    expect(heartbeats.sort()).toEqual(POOL_NAMES.map((pool) => `pool-health-e2e-${pool}-heartbeat`).sort());
    expect(states).toMatchObject({ [alarm('utilization-critical')]: 'OK', [alarm('act-now')]: 'OK' });
  });

  test('serves the page, whose history is what was published', async () => {
    const page = await api.get(new URL(output('PageUrl')).pathname);
    expect(page).toMatchObject({ status: 200, cacheControl: 'no-store' });
    expect(page.body).toMatch(/^<!doctype html>/);
    await vi.waitFor(async () => {
      const { status, body } = await api.get(`/health/history?pool=${POOL.name}`);
      const { series, ...history } = body as History;
      expect({ status, history }).toMatchObject({ status: 200, history: { source: 'cloudwatch', problems: [] } });
      const known = Object.entries(series).map(([name, values]) => [
        name,
        values.filter((value) => value !== null).at(-1),
      ]);
      expect(Object.fromEntries(known)).toEqual({
        utilization: 50,
        active: 3,
        idle: 2,
        waiting: undefined,
        healthy: 1,
      });
      expect(series.utilization).toHaveLength(60);
      expect(series.utilization[0]).toBeNull();
    }, NEXT_HISTORY);
    expect((await api.get('/health/history?pool=unknown')).status).toBe(404);
  });

  test('goes on with changed code, and keeps what was changed in SSM', async () => {
    await deploy(true);
    const { body } = await api.get('/health/pool');
    expect(body).toMatchObject({ status: 'healthy', config: { max: CHANGED_MAX }, utilization: { percent: 50 } });
  });

  test('raises the alarm when the pool is full, and who subscribed is told', async () => {
    await database.open(CHANGED_MAX - 5, 'idle');
    await vi.waitFor(async () => {
      expect(await account.alarmStates()).toMatchObject({
        [alarm('utilization-critical')]: 'ALARM',
        [alarm('unhealthy')]: 'ALARM',
        [alarm('act-now')]: 'ALARM',
      });
    }, NEXT_CHECK);
    await vi.waitFor(async () => {
      expect(await api.get('/health/pool')).toMatchObject({
        status: 503,
        body: { status: 'unhealthy', utilization: { percent: 100, status: 'critical' } },
      });
      const notices = await account.notices(output('NoticeQueueUrl'));
      expect(notices).toContain(`${alarm('utilization-critical')} is ALARM`);
      const urgent = await account.notices(output('ActNowQueueUrl'));
      expect(urgent).toContain(`${alarm('act-now')} is ALARM`);
    }, CACHES);
  });

  test('has missed no minute, and holds one connection for each function and pool', async () => {
    await vi.waitFor(async () => {
      const { fired, started } = emulator.history('Check');
      expect(fired).toBeGreaterThanOrEqual(2);
      expect(started).toBe(2);
      const counts = await account.values(POOL.name, 'Healthy', 'SampleCount');
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(fired);
    }, CACHES);
    expect(await database.shown('check')).toEqual({ idle: 2 * POOL_NAMES.length });
  });

  test('tells who holds the connections to signed requests only, and goes through Prisma and back', async () => {
    expect((await api.get('/health/details')).status).toBe(403);
    const { status, body } = await api.getSigned('/health/details');
    expect(status).toBe(503);
    expect(body).toMatchObject({
      status: 'error',
      connectionPool: { totalConnections: CHANGED_MAX, poolSize: CHANGED_MAX, utilization: 100 },
      health: { pool: POOL.name, status: 'unhealthy' },
      holders: expect.arrayContaining([
        expect.objectContaining({ database: POOL.database, state: 'active', count: 3 }),
      ]),
      problems: [{ code: 'POOL.NEAR_LIMIT', severity: 'error' }],
      roundTrip: { acquireMs: expect.any(Number), queryMs: expect.any(Number) },
    });
  });
});

function output(name: string): string {
  const value = outputs[name];
  if (value === undefined) {
    throw new Error(`The deployment has no output ${name}, but ${Object.keys(outputs).join(', ')}`);
  }
  return value;
}

/** The name of an alarm of the pool. */
function alarm(name: string): string {
  return `pool-health-e2e-${POOL.name}-${name}`;
}

/** The metrics of the newest check. */
async function newest(): Promise<Partial<Record<MetricName, number>>> {
  const names = Object.keys(METRICS) as MetricName[];
  const entries = await Promise.all(
    names.map(async (name) => [name, (await account.values(POOL.name, name)).at(-1)] as const),
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
