import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHECK_ROLE } from '../../support/probe.js';
import { APP, POOL_SIZE, Scene, SHOP } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.clear());
afterAll(() => scene?.server.close());

const CLIENTS = 50;
const WAITING = CLIENTS - POOL_SIZE;

describe.each(['transaction', 'session', 'statement'])('%s pooling', (pool_mode) => {
  test('50 clients of a pool of 5: as many wait as the console says and the test caused, and it is over when they go', async () => {
    await scene.pool({ pool_mode });
    const look = scene.check();
    await scene.crowd(CLIENTS, POOL_SIZE);
    const { verdict, sample, figures, codes } = await look();
    expect(await scene.waiting(APP)).toBe(WAITING);
    expect(verdict).toMatchObject({
      waitingRequests: WAITING,
      status: 'unhealthy',
      saturatedLayer: 'managed',
      utilization: { percent: 100, status: 'critical' },
      totalConnections: POOL_SIZE,
      activeConnections: POOL_SIZE,
      poolSize: POOL_SIZE,
    });
    expect(sample.pooler).toMatchObject({ kind: 'pgbouncer', source: 'definition' });
    expect(figures).toMatchObject({ limit: POOL_SIZE, inUse: POOL_SIZE, open: POOL_SIZE, clients: CLIENTS });
    expect(figures?.longestWaitMs).toBeGreaterThan(0);
    expect(codes).toContain('MANAGED.FULL');
    await scene.release();
    await scene.left();
    expect((await look()).verdict).toMatchObject({ waitingRequests: 0, saturatedLayer: null });
  });

  test.each([false, true])(
    'the numbers are those that the server itself tells (shared user: %s)',
    async (sharedUser) => {
      await scene.pool({ pool_mode });
      await scene.crowd(3, 3);
      const look = scene.check({ sharedUser, user: sharedUser ? APP : CHECK_ROLE });
      await look();
      const { sample, figures } = await look();
      const [truth] = await scene.server.sql(
        `SELECT count(*)::int AS total, count(*) FILTER (WHERE state = 'active')::int AS active
       FROM pg_stat_activity WHERE datname = '${SHOP}' AND usename = '${APP}'`,
      );
      const ofCheck = sharedUser ? 1 : 0;
      expect(truth).toEqual({ total: 3 + ofCheck, active: 3 });
      expect(sample.database?.connections).toMatchObject({ total: truth?.total, active: truth?.active });
      expect(figures).toMatchObject({ open: truth?.total, waiting: 0 });
    },
  );

  test.each([false, true])('1,000 checks leave no server connection behind (shared user: %s)', async (sharedUser) => {
    await scene.pool({ pool_mode });
    await scene.crowd(3, 3);
    const user = sharedUser ? APP : CHECK_ROLE;
    const look = scene.check({ sharedUser, user });
    await look();
    const connections = async () => [await scene.backends(CHECK_ROLE), await scene.backends(APP)];
    const before = await connections();
    const inUse = sharedUser && pool_mode === 'session' ? 3 + 1 : 3;
    for (let round = 0; round < 1_000; round += 1) {
      const { codes, figures } = await look();
      expect([codes, figures?.inUse]).toEqual([[], inUse]);
    }
    expect(await connections()).toEqual(before);
    expect(before.map((pids) => pids.split(',').length)).toEqual(sharedUser ? [1, 4] : [1, 3]);
    expect(await scene.pooler.pool(SHOP, user)).toMatchObject({ cl_active: sharedUser ? 3 + 1 : 1, cl_waiting: 0 });
  });
});
