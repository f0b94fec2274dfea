import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ENVIRONMENTS, SETTINGS, type SettingName } from '../../../functions/core/pool-settings.js';
import { onTurns } from '../../support/clock.js';
import { Shop } from '../../support/shop.js';
import { until } from '../../support/until.js';

/**
 * The suites of the requirement reports, each test by the name it has there, through Prisma on real tables. Where the
 * reports assert times, these assert counts: the times are `npm run bench:app`'s.
 */

onTurns();

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterEach(() => shop.reset());
afterAll(() => shop?.close());

/** So many products, made one after the other. */
async function stock(client: ReturnType<Shop['client']>, count: number): Promise<void> {
  await client.product.createMany({
    data: Array.from({ length: count }, (_, index) => ({ name: `product ${index}`, stock: 10 })),
  });
}

function times<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => make(index)));
}

describe('Pool Configuration', () => {
  test('loads configuration correctly', () => {
    const environment = {
      DATABASE_POOL_MIN: '3',
      DATABASE_POOL_MAX: '7',
      DATABASE_POOL_IDLE_TIMEOUT: '2000',
      DATABASE_POOL_CONNECTION_TIMEOUT: '1500',
    };
    const { $pool } = shop.client({ environment });
    expect($pool.getPoolConfig()).toEqual({ min: 3, max: 7, idleTimeout: 2000, connectionTimeout: 1500 });
    expect($pool.options).toMatchObject({ min: 3, max: 7, idleTimeoutMillis: 2000, connectionTimeoutMillis: 1500 });
  });

  test.each(ENVIRONMENTS)('has appropriate defaults: %s', (NODE_ENV) => {
    const { $pool } = shop.client({ environment: { NODE_ENV } });
    const names = Object.keys(SETTINGS) as SettingName[];
    expect($pool.getPoolConfig()).toEqual(
      Object.fromEntries(names.map((name) => [name, SETTINGS[name].defaults[NODE_ENV]])),
    );
  });

  test('validates min <= max', () => {
    const environment = { DATABASE_POOL_MIN: '30', DATABASE_POOL_MAX: '20' };
    expect(() => shop.client({ environment })).toThrow(
      'DATABASE_POOL_MIN (30) cannot be greater than DATABASE_POOL_MAX (20)',
    );
  });
});

describe('Pool Metrics', () => {
  test('gets metrics successfully', async () => {
    const client = shop.client();
    await client.product.count();
    expect(await client.$pool.getPoolMetrics()).toEqual({
      activeConnections: 0,
      idleConnections: 1,
      waitingRequests: 0,
      totalConnections: 1,
      poolSize: 5,
    });
  });

  test('total = active + idle, total <= pool size: at every moment of a burst', async () => {
    const client = shop.client();
    let isOver = false;
    const burst = times(100, () => client.product.count()).finally(() => {
      isOver = true;
    });
    let seen = 0;
    await until('the burst is over', async () => {
      const { activeConnections, idleConnections, totalConnections, poolSize } = await client.$pool.getPoolMetrics();
      expect(totalConnections).toBe(activeConnections + idleConnections);
      expect(totalConnections).toBeLessThanOrEqual(poolSize);
      seen += 1;
      return isOver;
    });
    await burst;
    expect(seen).toBeGreaterThan(1);
  });
});

describe('Pool Health', () => {
  test('checks health correctly: healthy ends at 90 %, and a warning is logged once a crossing', async () => {
    const { $pool } = shop.client({ settings: { min: 1, max: 10 } });
    const open = (count: number) => times(count, () => $pool.connect());
    const held = await open(8);
    expect(await $pool.isPoolHealthy()).toBe(true);
    held.push(...(await open(1)));
    for (let call = 0; call < 3; call += 1) {
      expect(await $pool.isPoolHealthy()).toBe(false);
    }
    const warning = 'warn: Pool "default" is nearly full: 9 of 10 connections are open (90.0 %)';
    expect(shop.log.slice(1)).toEqual([warning]);
    held.pop()?.release(true);
    expect(await $pool.isPoolHealthy()).toBe(true);
    held.push(...(await open(1)));
    expect(await $pool.isPoolHealthy()).toBe(false);
    expect(shop.log.slice(1)).toEqual([warning, warning]);
    for (const client of held) {
      client.release();
    }
  });

  test('healthy with low utilization', async () => {
    const client = shop.client();
    await client.product.count();
    expect(await client.$pool.isPoolHealthy()).toBe(true);
    expect(shop.log.filter((line) => line.startsWith('warn'))).toEqual([]);
  });
});

describe('Connection Reuse', () => {
  test('reuses connections efficiently: 50 sequential queries use one connection', async () => {
    const client = shop.client();
    await stock(client, 1);
    const pids = new Set<number>();
    for (let query = 0; query < 50; query += 1) {
      const [row] = await client.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid FROM "Product"`;
      pids.add(row?.pid ?? 0);
    }
    expect(pids.size).toBe(1);
    expect(client.$pool.snapshot().totals).toMatchObject({ opened: 1, closed: 0, waits: 0 });
  });

  test('handles sequential queries', async () => {
    const client = shop.client();
    for (let index = 0; index < 20; index += 1) {
      await client.product.create({ data: { name: `product ${index}`, stock: index } });
    }
    const products = await client.product.findMany({ orderBy: { id: 'asc' } });
    expect(products.map(({ stock }) => stock)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect((await shop.sessions()).total).toBe(1);
  });
});

describe('Concurrent Requests', () => {
  test('handles concurrent queries', async () => {
    const client = shop.client({ settings: { max: 20 } });
    await stock(client, 50);
    const found = await times(50, (index) => client.product.findFirstOrThrow({ where: { name: `product ${index}` } }));
    expect(found.map(({ name }) => name)).toEqual(Array.from({ length: 50 }, (_, index) => `product ${index}`));
    expect(client.$pool.snapshot().totals.opened).toBeLessThanOrEqual(20);
  });

  test('queues when pool full: 100 queries on a pool of 5, none lost', async () => {
    const client = shop.client({ settings: { max: 5, connectionTimeout: 60_000 } });
    await stock(client, 3);
    const unlock = await shop.lockProducts();
    const counts = times(100, () => client.product.count());
    await until('5 of them wait for the lock', async () => (await shop.sessions()).active === 5);
    await until('the others wait for a connection', () => client.$pool.snapshot().waiting === 95);
    expect(client.$pool.waitingCount).toBe(95);
    expect(client.$pool.snapshot()).toMatchObject({ open: 5, busy: 5, idle: 0, waiting: 95 });
    expect(await shop.sessions()).toMatchObject({ total: 5, active: 5 });
    await unlock();
    expect(await counts).toEqual(Array.from({ length: 100 }, () => 3));
    expect(client.$pool.snapshot()).toMatchObject({
      open: 5,
      busy: 0,
      idle: 5,
      waiting: 0,
      totals: { opened: 5, acquires: 101, waits: 95, acquireTimeouts: 0, acquireFailures: 0 },
    });
  });

  test('handles concurrent writes: exactly the rows expected', async () => {
    const client = shop.client();
    const { id } = await client.product.create({ data: { name: 'wine', stock: 30 } });
    const sold = await times(100, () =>
      client.$transaction(
        async (transaction) => {
          const { count } = await transaction.product.updateMany({
            where: { id, stock: { gt: 0 } },
            data: { stock: { decrement: 1 } },
          });
          if (count === 1) {
            await transaction.sale.create({ data: { productId: id, quantity: 1 } });
          }
          return count;
        },
        { maxWait: 60_000, timeout: 60_000 },
      ),
    );
    expect(sold.filter((count) => count === 1)).toHaveLength(30);
    expect(await client.product.findUniqueOrThrow({ where: { id }, include: { sales: true } })).toMatchObject({
      stock: 0,
      sales: Array.from({ length: 30 }, () => ({ quantity: 1 })),
    });
    expect(client.$pool.snapshot()).toMatchObject({ busy: 0, waiting: 0 });
  });
});

describe('Connection Lifecycle', () => {
  test('establishes on init: warm opens min connections, and no others', async () => {
    const client = shop.client({ settings: { min: 3, max: 5 } });
    await client.$connect();
    expect((await shop.sessions()).total).toBe(0);
    await client.$pool.warm();
    expect(await shop.sessions()).toMatchObject({ total: 3, idle: 3 });
    await client.$pool.warm();
    expect((await shop.sessions()).total).toBe(3);
  });

  test('handles errors gracefully: a failed statement releases its connection', async () => {
    const client = shop.client();
    await client.product.create({ data: { name: 'wine' } });
    await expect(client.product.create({ data: { name: 'wine' } })).rejects.toMatchObject({ code: 'P2002' });
    await expect(client.$queryRaw`SELECT 1 / 0`).rejects.toMatchObject({ code: 'P2010' });
    await expect(
      client.$transaction(async (transaction) => {
        await transaction.product.create({ data: { name: 'beer' } });
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await client.product.count()).toBe(1);
    expect(client.$pool.snapshot()).toMatchObject({ busy: 0, waiting: 0, open: 1 });
  });

  test('reconnects after the server restarts', async () => {
    const client = shop.client({ settings: { min: 2 } });
    await client.product.create({ data: { name: 'wine' } });
    await client.$pool.warm();
    await shop.server.postgres.stop();
    await until('the loss is seen', () => client.$pool.totalCount === 0);
    await expect(client.product.count()).rejects.toMatchObject({ code: 'P1001' });
    await shop.server.postgres.start();
    expect(await client.product.count()).toBe(1);
    expect(client.$pool.snapshot()).toMatchObject({ open: 1, busy: 0, totals: { opened: 3, acquireFailures: 1 } });
    expect(shop.log.slice(1)).toEqual([
      expect.stringMatching(/^warn: Pool "default" lost an idle connection \(57P01\); it opens a new one/),
    ]);
  });
});

describe('Performance', () => {
  test('quick queries with pooling: no query but the first waits for a login', async () => {
    const client = shop.client();
    await client.$pool.warm();
    for (let query = 0; query < 100; query += 1) {
      await client.product.count();
    }
    const { opened, acquires, waits } = client.$pool.snapshot().totals;
    expect({ opened, acquires, waits }).toEqual({ opened: 1, acquires: 101, waits: 0 });
  });

  test('handles burst traffic: 1,000 queries at once, all answered by no more connections than max', async () => {
    const client = shop.client({ settings: { max: 20, connectionTimeout: 60_000 } });
    await stock(client, 2);
    const counts = await times(1_000, () => client.product.count());
    expect(counts.filter((count) => count === 2)).toHaveLength(1_000);
    const { acquires, opened } = client.$pool.snapshot().totals;
    expect(acquires).toBe(1_001);
    expect(opened).toBeLessThanOrEqual(20);
  });
});

describe('Pool Monitoring', () => {
  test('tracks active connections: the gauges are what pg_stat_activity shows at the same moment', async () => {
    const client = shop.client({ settings: { min: 4, max: 5 } });
    await client.$pool.warm();
    const unlock = await shop.lockProducts();
    const counts = times(3, () => client.product.count());
    await until('3 of them wait for the lock', async () => (await shop.sessions()).active === 3);
    const { open, busy, idle } = client.$pool.snapshot();
    expect({ total: open, active: busy, idle }).toEqual(await shop.sessions());
    expect({ open, busy, idle }).toEqual({ open: 4, busy: 3, idle: 1 });
    await unlock();
    await counts;
    await until('all are idle', async () => (await shop.sessions()).idle === 4);
    expect(client.$pool.snapshot()).toMatchObject({ open: 4, busy: 0, idle: 4 });
  });

  test('consistent pool size: it is max, however many are open', async () => {
    const client = shop.client();
    const sizes = new Set<number>();
    for (const count of [0, 1, 5, 20]) {
      await times(count, () => client.product.count());
      sizes.add((await client.$pool.getPoolMetrics()).poolSize);
    }
    expect([...sizes]).toEqual([5]);
  });
});
