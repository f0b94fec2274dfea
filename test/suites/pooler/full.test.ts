import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import { CHECK_ROLE } from '../../support/probe.js';
import { APP, type Look, NAMED, POOL_SIZE, Scene, SHOP } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.clear());
afterAll(() => scene?.server.close());

const DEADLINE_MS = 5_000;
/** What a busy machine may take longer. */
const SLACK_MS = 700;

function expectFull({ verdict, tookMs, codes }: Look): void {
  expect(verdict).toMatchObject({
    status: 'unhealthy',
    saturatedLayer: 'managed',
    totalConnections: null,
    utilization: { percent: null, status: 'critical' },
  });
  expect(codes).toContain('MANAGED.FULL');
  expect(tookMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
}

/** For how long the check's own statement has waited, as it says itself. */
function ageMs({ verdict }: Look): number {
  return Number(verdict.problems.find(({ code }) => code === 'PROBE.TIMEOUT')?.values.waitedMs);
}

describe.each<[string, Partial<PoolConfig>]>([
  ['named in the definition', { managed: NAMED }],
  ['to be detected', { managed: null }],
])('the pool of a shared user is full, the pooler is %s', (_, { managed = null }) => {
  test.each([
    ['a check that begins now', false],
    ['a check that has its connection', true],
  ])(
    '%s answers in time, leaves one waiter that is not counted, tells its age, and recovers',
    async (_state, isWarm) => {
      await scene.pool({ pool_mode: 'transaction', stats_users: `console_reader,${APP}` });
      const look = scene.check({ sharedUser: true, user: APP, managed });
      if (isWarm) {
        expect((await look()).codes).toEqual([]);
      }
      await scene.crowd(POOL_SIZE + 3, POOL_SIZE);
      const ages: number[] = [];
      for (const _round of ['first', 'second', 'third']) {
        const looked = await look();
        expectFull(looked);
        expect(looked.figures).toMatchObject({ inUse: POOL_SIZE, limit: POOL_SIZE, waiting: 3 });
        expect(looked.verdict.waitingRequests).toBe(3);
        expect(await scene.waiting(APP)).toBe(3 + 1);
        ages.push(ageMs(looked));
      }
      const [first = 0, second = 0, third = 0] = ages;
      expect([second > first + 2_000, third > second + 2_000]).toEqual([true, true]);
      await scene.release();
      const after = await look();
      expect(after.codes).toEqual([]);
      expect(after.verdict).toMatchObject({ waitingRequests: 0, saturatedLayer: null, totalConnections: POOL_SIZE });
      expect(after.sample.pooler).toMatchObject({ kind: 'pgbouncer', source: managed ? 'definition' : 'console' });
    },
  );
});

test('max_db_connections is the limit: the check waits in a pool of its own, and only the application is counted', async () => {
  await scene.pool({ pool_mode: 'transaction', max_db_connections: '3' });
  await scene.crowd(7, 3);
  const look = scene.check();
  for (const _ of ['first', 'second']) {
    const looked = await look();
    expectFull(looked);
    expect(looked.figures).toMatchObject({ limit: 3, inUse: 3, waiting: 4 });
    expect(await scene.waiting(CHECK_ROLE)).toBe(1);
  }
  await scene.release();
  await scene.left();
  expect((await look()).verdict).toMatchObject({ waitingRequests: 0, totalConnections: 2, saturatedLayer: null });
});

test('a limit of 0 is none, and never a percentage', async () => {
  await scene.pool({ pool_mode: 'transaction', max_db_connections: '0', max_user_connections: '0' });
  await scene.crowd(1, 1);
  const { figures, verdict } = await scene.check()();
  expect(figures?.limit).toBe(POOL_SIZE);
  expect(verdict.utilization.percent).toBe(100 / POOL_SIZE);
});

test('max_user_connections is the limit', async () => {
  await scene.pool({ pool_mode: 'transaction', max_user_connections: '2' });
  await scene.crowd(5, 2);
  const { figures, codes } = await scene.check()();
  expect(figures).toMatchObject({ limit: 2, inUse: 2, waiting: 3 });
  expect(codes).toContain('MANAGED.FULL');
});

describe('the pooler itself refuses', () => {
  test('because the statement waited too long: MANAGED.FULL', async () => {
    await scene.pool({ pool_mode: 'transaction', query_wait_timeout: '1' });
    await scene.crowd(POOL_SIZE, POOL_SIZE);
    const looked = await scene.check({ sharedUser: true, user: APP })();
    expectFull(looked);
    expect(looked.sample.problems).toMatchObject([
      { code: 'MANAGED.FULL', values: { sqlstate: '08P01', reason: 'query_wait_timeout' } },
    ]);
    expect(looked.figures).toMatchObject({ inUse: POOL_SIZE });
  });

  test('because it has no place for another client: MANAGED.FULL, and the console still answers', async () => {
    const consoles = 2;
    await scene.pool({ pool_mode: 'transaction', max_client_conn: String(4 + consoles) });
    await scene.crowd(4, 4);
    const look = scene.check();
    const last = await scene.client();
    const looked = await look();
    await last.end();
    expectFull(looked);
    expect(looked.sample.problems).toMatchObject([{ values: { reason: 'max_client_conn' } }]);
    expect(looked.figures).toMatchObject({ inUse: 4, limit: POOL_SIZE });
    await scene.release();
    await scene.left();
    expect((await look()).verdict).toMatchObject({ status: 'healthy', saturatedLayer: null });
  });
});

test('other users of the database have pools of their own, and only those of the counted users count', async () => {
  await scene.pool({ pool_mode: 'transaction' });
  await scene.crowd(POOL_SIZE + 2, POOL_SIZE);
  await scene.crowd(POOL_SIZE + 1, POOL_SIZE, 'stranger');
  const everybody = await scene.check()();
  expect(everybody.figures).toMatchObject({ limit: 2 * POOL_SIZE, inUse: 2 * POOL_SIZE, waiting: 3 });
  const one = await scene.check({ count: { users: ['stranger'], applications: null } })();
  expect(one.figures).toMatchObject({ limit: POOL_SIZE, inUse: POOL_SIZE, waiting: 1 });
  expect(one.verdict).toMatchObject({ totalConnections: POOL_SIZE, waitingRequests: 1 });
});

test('several names of one database are one pool', async () => {
  const options = { databases: { [SHOP]: '', shop_check: `dbname=${SHOP} pool_size=1` } };
  await scene.pool({ pool_mode: 'transaction' }, options);
  await scene.crowd(POOL_SIZE + 2, POOL_SIZE);
  const { figures, verdict } = await scene.check({ database: 'shop_check' })();
  expect(figures).toMatchObject({ limit: POOL_SIZE, inUse: POOL_SIZE, waiting: 2 });
  expect(verdict).toMatchObject({ totalConnections: POOL_SIZE, waitingRequests: 2, saturatedLayer: 'managed' });
});
