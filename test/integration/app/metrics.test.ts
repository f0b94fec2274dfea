import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { APP_METRICS } from '../../../functions/core/metrics.js';
import { Shop } from '../../support/shop.js';

describe('embedded metric format', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await Shop.open();
  });
  afterEach(() => shop.reset());
  afterAll(() => shop?.close());

  test('flush writes the peaks, with the dimension Pool', async () => {
    const pool = shop.pool({ name: 'orders', settings: { min: 1, max: 2 } });
    const held = await Promise.all([pool.connect(), pool.connect()]);
    const queries = Array.from({ length: 8 }, () => pool.query('SELECT 1'));
    for (const client of held) {
      client.release();
    }
    await Promise.all(queries);
    expect(pool.snapshot()).toMatchObject({ busy: 0, waiting: 0 });
    const before = Date.now();
    pool.flush();
    expect(shop.metrics).toHaveLength(1);
    const line = JSON.parse(shop.metrics[0] ?? '');
    expect(line).toEqual({
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: 'PoolHealth',
            Dimensions: [['Pool']],
            Metrics: Object.keys(APP_METRICS).map((Name) => ({ Name, Unit: 'Count' })),
          },
        ],
      },
      Pool: 'orders',
      AppOpen: 2,
      AppBusy: 2,
      AppWaiting: 8,
    });
    expect(line._aws.Timestamp).toBeGreaterThanOrEqual(before);
  });

  test('the lines go to standard output by default', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const { writeMetrics: _, ...options } = shop.options();
    const pool = shop.pool({ ...options, writeMetrics: undefined as never });
    pool.flush();
    expect(write.mock.calls.filter(([text]) => `${text}`.includes('AppOpen'))).toEqual([
      [expect.stringMatching(/^\{.*\}\n$/)],
    ]);
    write.mockRestore();
  });

  test('null turns the lines off', async () => {
    const pool = shop.pool({ writeMetrics: null });
    await pool.query('SELECT 1');
    pool.flush();
    await pool.end();
    expect(shop.metrics).toEqual([]);
  });
});
