import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { onTurns, pass, stopTime } from '../../support/clock.js';
import { Relay } from '../../support/relay.js';
import { Shop } from '../../support/shop.js';
import { until } from '../../support/until.js';

describe('on a real pool', () => {
  onTurns();
  let shop: Shop;
  beforeAll(async () => {
    shop = await Shop.open();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await shop.reset();
  });
  afterAll(() => shop?.close());

  test('requests wait only if they find the pool full, however many there are at once', async () => {
    const counts = fc.record({
      max: fc.integer({ min: 1, max: 6 }),
      warm: fc.integer({ min: 0, max: 6 }),
      requests: fc.integer({ min: 0, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(counts, async ({ max, warm, requests }) => {
        const pool = shop.pool({ settings: { min: 1, max } });
        const first = await Promise.all(Array.from({ length: Math.min(max, warm) }, () => pool.connect()));
        for (const client of first) {
          client.release();
        }
        const before = pool.snapshot();
        const all = Array.from({ length: requests }, async () => {
          const client = await pool.connect();
          client.release();
        });
        const waiting = Math.max(0, requests - max);
        expect(pool.snapshot()).toMatchObject({ waiting, open: before.open });
        await Promise.all(all);
        expect(pool.snapshot()).toMatchObject({
          waiting: 0,
          busy: 0,
          idle: Math.max(before.open, Math.min(max, requests)),
          totals: { acquires: first.length + requests, waits: waiting, acquireTimeouts: 0, acquireFailures: 0 },
        });
        await pool.end();
      }),
      { numRuns: 25 },
    );
  });

  test('a timeout in the queue is an acquire timeout', async () => {
    stopTime();
    vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
    const pool = shop.pool({ settings: { min: 1, max: 1, connectionTimeout: 1_000 } });
    const holder = await pool.connect();
    const refused = expect(pool.query('SELECT 1')).rejects.toThrow('timeout exceeded when trying to connect');
    await pass(999);
    expect(pool.snapshot()).toMatchObject({ waiting: 1, totals: { acquireTimeouts: 0 } });
    await pass(1);
    await refused;
    expect(pool.snapshot()).toMatchObject({ waiting: 0, totals: { acquires: 1, waits: 1, acquireTimeouts: 1 } });
    expect(pool.snapshot().totals.longestWaitMs).toBe(1_000);
    holder.release();
  });

  test('a timeout of a login is an acquire timeout', async () => {
    const relay = await Relay.start(shop.server.postgres.port);
    relay.toClient.pause();
    const connectionString = shop.url.replace(`:${shop.server.postgres.port}/`, `:${relay.port}/`);
    const pool = shop.pool({ connectionString, settings: { connectionTimeout: 1_000 } });
    await expect(pool.connect()).rejects.toThrow('Connection terminated due to connection timeout');
    expect(pool.snapshot()).toMatchObject({ open: 0, waiting: 0, totals: { opened: 0, waits: 0, acquireTimeouts: 1 } });
    await relay.close();
  });

  test('a refused login is an acquire failure, and no connection is open', async () => {
    const pool = shop.pool({ connectionString: shop.server.postgres.url({ user: 'shop', password: 'wrong' }) });
    await expect(pool.connect()).rejects.toMatchObject({ code: '28P01' });
    expect(pool.snapshot()).toMatchObject({ open: 0, totals: { opened: 0, acquireFailures: 1, acquireTimeouts: 0 } });
  });

  test('each opened connection is closed: after a failure, after its idle timeout, at the end', async () => {
    const pool = shop.pool({ settings: { min: 1, max: 3, idleTimeout: 1_000 } });
    const clients = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
    const [first, ...others] = clients;
    first?.release(new Error('broken'));
    for (const client of others) {
      client.release();
    }
    await until('one was closed', () => pool.snapshot().totals.closed === 1);
    await until('idle ones are closed down to min', () => pool.snapshot().totals.closed === 2);
    expect(pool.snapshot()).toMatchObject({ open: 1, idle: 1, totals: { opened: 3 } });
    expect(await shop.sessions()).toMatchObject({ total: 1 });
    await pool.end();
    expect(pool.snapshot()).toMatchObject({ open: 0, idle: 0, totals: { opened: 3, closed: 3 } });
  });
});
