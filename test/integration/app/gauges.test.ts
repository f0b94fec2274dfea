import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Gauges } from '../../../functions/app/gauges.js';
import { onTurns, pass, stopTime } from '../../support/clock.js';
import { Relay } from '../../support/relay.js';
import { Shop } from '../../support/shop.js';
import { until } from '../../support/until.js';

describe('by a clock of the test', () => {
  function gauges(idle = 0) {
    const clock = { ms: 0 };
    return {
      clock,
      gauges: new Gauges(
        () => idle,
        () => clock.ms,
      ),
    };
  }

  test('how long requests took is counted in buckets, which add up', () => {
    const { clock, gauges: made } = gauges();
    for (const ms of [0, 0.5, 60_000, 1, 7, 99]) {
      const request = made.requested();
      clock.ms += ms;
      request.settled('acquired');
    }
    const { acquireTimes, longestWaitMs, acquires } = made.snapshot('orders', 5).totals;
    expect({ acquires, longestWaitMs, sumMs: acquireTimes.sumMs, count: acquireTimes.count }).toEqual({
      acquires: 6,
      longestWaitMs: 60_000,
      sumMs: 60_107.5,
      count: 6,
    });
    expect(acquireTimes.buckets.map(({ leMs, count }) => `${leMs}: ${count}`)).toEqual([
      '0: 1',
      '1: 3',
      '5: 3',
      '10: 4',
      '50: 4',
      '100: 5',
      '500: 5',
      '1000: 5',
      '5000: 5',
      '50000: 5',
    ]);
  });

  test('a request that got no connection counts for the longest wait, and for no acquire', () => {
    const { clock, gauges: made } = gauges();
    const [late, refused] = [made.requested(), made.requested()];
    late.waits();
    clock.ms = 3_000;
    late.settled('timeout');
    refused.settled('failed');
    expect(made.snapshot('orders', 5)).toMatchObject({
      waiting: 0,
      totals: {
        acquires: 0,
        acquireTimeouts: 1,
        acquireFailures: 1,
        waits: 1,
        longestWaitMs: 3_000,
        acquireTimes: { count: 0, sumMs: 0 },
      },
    });
  });

  test('a spike between two looks is not lost, and the next peaks begin with what is there', () => {
    const { gauges: made } = gauges(2);
    const requests = [made.requested(), made.requested(), made.requested()];
    for (const request of requests) {
      request.waits();
    }
    for (let given = 0; given < 4; given += 1) {
      made.acquired();
    }
    made.released();
    requests.pop()?.settled('acquired');
    requests.pop()?.settled('acquired');
    expect(made.takePeaks()).toEqual({ open: 6, inUse: 4, waiting: 3 });
    expect(made.takePeaks()).toEqual({ open: 5, inUse: 3, waiting: 1 });
  });
});

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

  test('whatever comes at once: requests wait that find the pool full, and nobody else', async () => {
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

  test('a time-out in the queue', async () => {
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

  test('a time-out of a login', async () => {
    const relay = await Relay.start(shop.server.postgres.port);
    relay.toClient.pause();
    const connectionString = shop.url.replace(`:${shop.server.postgres.port}/`, `:${relay.port}/`);
    const pool = shop.pool({ connectionString, settings: { connectionTimeout: 1_000 } });
    await expect(pool.connect()).rejects.toThrow('Connection terminated due to connection timeout');
    expect(pool.snapshot()).toMatchObject({ open: 0, waiting: 0, totals: { opened: 0, waits: 0, acquireTimeouts: 1 } });
    await relay.close();
  });

  test('a refused login is a failure, and nothing is open', async () => {
    const pool = shop.pool({ connectionString: shop.server.postgres.url({ user: 'shop', password: 'wrong' }) });
    await expect(pool.connect()).rejects.toMatchObject({ code: '28P01' });
    expect(pool.snapshot()).toMatchObject({ open: 0, totals: { opened: 0, acquireFailures: 1, acquireTimeouts: 0 } });
  });

  test('what is opened is closed: by a failure, by its idle time, by the end', async () => {
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
