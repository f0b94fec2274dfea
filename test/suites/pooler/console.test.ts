import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import { CHECK_ROLE } from '../../support/probe.js';
import { Relay } from '../../support/relay.js';
import { APP, NAMED, Scene, SHOP } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.clear());
afterAll(() => scene?.server.close());

const transaction = { pool_mode: 'transaction' };

describe('a console that does not answer does not change the view of the database', () => {
  test.each<[string, string]>([
    ['denies the user', 'stranger'],
    ['does not know the user', 'nobody_here'],
  ])('it %s', async (_, user) => {
    await scene.pool(transaction);
    await scene.crowd(2, 2);
    const { verdict, sample, codes } = await scene.check({ managed: { ...NAMED, user } as PoolConfig['managed'] })();
    expect(codes).toEqual(['MANAGED.UNAVAILABLE']);
    expect(sample.problems).toMatchObject([{ severity: 'warning', values: { cause: 'PROBE.AUTH' } }]);
    expect(sample.pooler).toEqual({ kind: 'pgbouncer', source: 'definition', stats: null });
    expect(verdict).toMatchObject({
      status: 'healthy',
      totalConnections: 2,
      activeConnections: 2,
      waitingRequests: null,
    });
  });
});

describe('the kind of the pooler', () => {
  const found = async (changes: Partial<PoolConfig> = {}) => {
    const { sample, codes } = await scene.check({ managed: null, ...changes })();
    expect(codes).toEqual([]);
    return sample.pooler;
  };

  test('the console answers: a PgBouncer', async () => {
    await scene.pool({ ...transaction, stats_users: CHECK_ROLE });
    expect(await found()).toMatchObject({ kind: 'pgbouncer', source: 'console', stats: { waiting: 0 } });
  });

  test('the check has no rights on the console: some pooler', async () => {
    await scene.pool(transaction);
    expect(await found()).toEqual({ kind: 'unknown', source: 'backend', stats: null });
  });

  test('the server itself answers: none', async () => {
    await scene.pool(transaction);
    expect(await found({ port: scene.server.postgres.port })).toEqual({
      kind: 'none',
      source: 'backend',
      stats: null,
    });
  });

  test('a console that denied the check is not queried by every check', async () => {
    await scene.pool(transaction);
    const look = scene.check({ managed: null });
    await look();
    const config = await scene.pooler.command('SHOW CONFIG');
    expect(config.find(({ key }) => key === 'stats_users')?.value).not.toContain(CHECK_ROLE);
    await scene.pooler.command(`SET stats_users = '${CHECK_ROLE}'`);
    expect((await look()).sample.pooler?.kind).toBe('unknown');
    expect(await found()).toMatchObject({ kind: 'pgbouncer' });
  });
});

describe('PgBouncer restarts', () => {
  test.each([
    ['named in the definition', NAMED],
    ['detected before', null],
  ])('and the check with it (%s)', async (_, managed) => {
    await scene.pool({ ...transaction, stats_users: `console_reader,${CHECK_ROLE}` });
    const look = scene.check({ managed });
    expect((await look()).codes).toEqual([]);
    await scene.pooler.stop();
    const without = await look();
    expect(without.codes).toEqual(['PROBE.UNREACHABLE', 'MANAGED.UNAVAILABLE']);
    expect(without.sample.pooler).toMatchObject({ kind: 'pgbouncer', stats: null });
    await scene.pooler.start();
    const again = await look();
    expect(again.codes).toEqual([]);
    expect(again.figures).toMatchObject({ waiting: 0 });
  });

  test('a restart between two checks is not even noticed', async () => {
    await scene.pool(transaction);
    const look = scene.check();
    await look();
    await scene.pooler.stop();
    await scene.pooler.start();
    const { codes, figures } = await look();
    expect([codes, figures?.waiting]).toEqual([[], 0]);
  });
});

test('a PgBouncer that hangs: an answer in time, no second connection, and it is over when it goes on', async () => {
  const { pid } = await scene.pool(transaction);
  const look = scene.check();
  await look();
  process.kill(Number(pid), 'SIGSTOP');
  for (const _ of ['first', 'second']) {
    const { codes, sample, tookMs } = await look();
    expect(codes).toEqual(['PROBE.TIMEOUT', 'MANAGED.UNAVAILABLE']);
    expect(sample.problems[1]?.values).toMatchObject({ cause: 'PROBE.TIMEOUT' });
    expect(tookMs).toBeLessThan(5_700);
  }
  process.kill(Number(pid), 'SIGCONT');
  expect((await look()).codes).toEqual([]);
  expect(await scene.pooler.pool(SHOP, CHECK_ROLE)).toMatchObject({ cl_active: 1, cl_waiting: 0, sv_idle: 1 });
});

test('a dead connection to the console is replaced within the same check', async () => {
  const { port } = await scene.pool(transaction);
  const relay = await Relay.start(port);
  const look = scene.check({ port: relay.port });
  await look();
  relay.forget();
  const { codes, figures } = await look();
  await relay.close();
  expect(codes).toEqual(['PROBE.TIMEOUT']);
  expect(figures).toMatchObject({ waiting: 0 });
});

test('in a paused database the check is at most one waiting client, and none after the pause', async () => {
  await scene.pool(transaction);
  const look = scene.check();
  await look();
  await scene.pooler.command(`PAUSE ${SHOP}`);
  for (const _ of ['first', 'second']) {
    const { verdict, codes, figures } = await look();
    expect(codes).toEqual(['PROBE.TIMEOUT']);
    expect(verdict).toMatchObject({ status: 'unhealthy', utilization: { percent: null } });
    expect(figures).toMatchObject({ waiting: 0, open: 0 });
    expect(await scene.waiting(CHECK_ROLE)).toBe(1);
  }
  await scene.pooler.command(`RESUME ${SHOP}`);
  expect((await look()).codes).toEqual([]);
});

test('clients that wait behind a pause are counted', async () => {
  await scene.pool(transaction);
  const look = scene.check();
  await look();
  const client = await scene.client();
  await client.query('SELECT 1');
  await scene.pooler.command(`PAUSE ${SHOP}`);
  const waiting = client.query('SELECT 1').catch(() => undefined);
  const { verdict } = await look();
  expect(verdict).toMatchObject({ waitingRequests: 1, status: 'unhealthy' });
  expect(await scene.waiting(APP)).toBe(1);
  await scene.pooler.command(`RESUME ${SHOP}`);
  await waiting;
  expect((await look()).verdict).toMatchObject({ waitingRequests: 0, status: 'healthy' });
});
