import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createPrismaClient } from '../../../functions/app/prisma.js';
import { onTurns, pass, stopTime } from '../../support/clock.js';
import { Relay } from '../../support/relay.js';
import { Shop } from '../../support/shop.js';
import { until } from '../../support/until.js';
import { PrismaClient } from './generated/client.js';

onTurns();

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterEach(() => shop.reset());
afterAll(() => shop?.close());

const warnings = () => shop.log.filter((line) => line.startsWith('warn'));

describe('end drains the pool', () => {
  test('running and waiting requests succeed, later requests are refused, and no session is left on the server', async () => {
    const pool = shop.pool({ settings: { min: 2, max: 2 } });
    await pool.warm();
    const unlock = await shop.lockProducts();
    const queries = Array.from({ length: 10 }, () => pool.query('SELECT count(*)::int AS count FROM "Product"'));
    await until('2 run', async () => (await shop.sessions()).active === 2);
    const end = pool.end();
    await expect(pool.query('SELECT 1')).rejects.toThrow('Pool "default" has ended');
    await expect(pool.connect()).rejects.toThrow('Pool "default" has ended');
    await unlock();
    const results = await Promise.all(queries);
    expect(results.map(({ rows }) => rows)).toEqual(Array.from({ length: 10 }, () => [{ count: 0 }]));
    await end;
    expect(pool.snapshot()).toMatchObject({ open: 0, waiting: 0, totals: { opened: 2, closed: 2, acquires: 12 } });
    await until('the server has forgotten them', async () => (await shop.sessions()).total === 0);
    expect(warnings()).toEqual([]);
  });

  test('an open transaction commits', async () => {
    const client = shop.client();
    let end: Promise<void> | undefined;
    await client.$transaction(async (transaction) => {
      await transaction.product.create({ data: { name: 'wine' } });
      end = client.$pool.end();
      await transaction.product.create({ data: { name: 'beer' } });
    });
    await end;
    expect(await shop.client().product.count()).toBe(2);
  });

  test('a connection in use stays open until it is released', async () => {
    stopTime();
    const pool = shop.pool();
    const held = await pool.connect();
    const end = pool.end();
    await pass(1_200); // longer than a goodbye may take
    expect((await held.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    held.release();
    await end;
    expect(warnings()).toEqual([]);
  });

  test('a login that is refused meanwhile does not delay it', async () => {
    const pool = shop.pool({ connectionString: shop.server.postgres.url({ user: 'shop', password: 'wrong' }) });
    const login = expect(pool.connect()).rejects.toMatchObject({ code: '28P01' });
    await pool.end();
    await login;
    expect(warnings()).toEqual([]);
  });

  test('a second call returns the same end, with a callback, too', async () => {
    const pool = shop.pool();
    const held = await pool.connect();
    const ends = [pool.end(), pool.end(), new Promise<void>((resolve) => pool.end(resolve))];
    held.release();
    await Promise.all(ends);
    expect(pool.ended).toBe(true);
    expect(warnings()).toEqual([]);
  });
});

describe('end takes a limited time', () => {
  test('running and waiting requests are aborted, and the log has their number', async () => {
    stopTime();
    const pool = shop.pool({ settings: { min: 1, max: 2, connectionTimeout: 1_000 }, endWithin: 100 });
    await shop.lockProducts();
    const queries = Array.from({ length: 5 }, () => pool.query('SELECT count(*) FROM "Product"'));
    const outcomes = Promise.allSettled(queries);
    await until('2 run', async () => (await shop.sessions()).active === 2);
    const end = pool.end();
    await pass(100);
    await pass(1_000); // what the server has for the goodbye
    await end;
    const messages = (await outcomes).map((outcome) => (outcome.status === 'rejected' ? outcome.reason.message : ''));
    expect(messages.filter((message) => message === 'Connection terminated unexpectedly')).toHaveLength(2);
    expect(messages.filter((message) => message.startsWith('Pool "default" has ended'))).toHaveLength(3);
    expect(pool.snapshot()).toMatchObject({ open: 0, busy: 0, waiting: 0 });
    await pass(1_000); // until their time in the queue would have been over: nobody is told a second time
    expect(pool.snapshot().totals).toMatchObject({ acquireFailures: 3, acquireTimeouts: 0 });
    expect(warnings()).toEqual([
      'warn: Pool "default" was ended with 2 connections in use and 3 requests waiting after 100 ms: both are aborted',
    ]);
  });

  test('a connection that is never released does not delay it', async () => {
    const pool = shop.pool({ endWithin: 100 });
    await pool.connect();
    await pool.end();
    await until('the server has forgotten it', async () => (await shop.sessions()).total === 0);
  });

  test('a login that never ends does not delay it', async () => {
    const relay = await Relay.start(shop.server.postgres.port);
    relay.toClient.pause();
    const connectionString = shop.url.replace(`:${shop.server.postgres.port}/`, `:${relay.port}/`);
    const pool = shop.pool({ connectionString, endWithin: 100 });
    const login = pool.connect();
    const outcome = expect(login).rejects.toThrow('Pool "default" has ended');
    await pool.end();
    await outcome;
    await relay.close();
  });

  test('a server that does not close its connections does not delay it', async () => {
    const relay = await Relay.start(shop.server.postgres.port);
    const connectionString = shop.url.replace(`:${shop.server.postgres.port}/`, `:${relay.port}/`);
    const pool = shop.pool({ connectionString });
    await pool.query('SELECT 1');
    relay.toServer.pause();
    await pool.end();
    relay.toServer.resume();
    await relay.close();
  });
});

describe('a Prisma client', () => {
  test('ends the pool that was made for it when it disconnects', async () => {
    const client = shop.client();
    await client.product.count();
    await client.$disconnect();
    expect(client.$pool.ended).toBe(true);
    await expect(client.product.count()).rejects.toThrow('Pool "default" has ended');
  });

  test('does not end a pool of its options', async () => {
    const pool = shop.pool();
    const [one, other] = [0, 1].map(() => createPrismaClient({ PrismaClient, pool }));
    await one?.product.count();
    await one?.$disconnect();
    expect(await other?.product.count()).toBe(0);
    expect(pool.snapshot().totals.opened).toBe(1);
  });

  test('an extended client has the same pool, and ends it, too', async () => {
    const client = shop.client();
    const extended = client.$extends({ model: { product: { wines: async () => client.product.count() } } });
    expect(await extended.product.wines()).toBe(0);
    await extended.$disconnect();
    expect(client.$pool.ended).toBe(true);
  });
});
