import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Gauges } from '../../../functions/app/gauges.js';
import { prometheusText } from '../../../functions/app/prometheus.js';
import { Publisher } from '../../../functions/app/publisher.js';
import { APP_METRICS } from '../../../functions/core/metrics.js';
import { Shop } from '../../support/shop.js';

describe('embedded metric format', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await Shop.open();
  });
  afterEach(() => shop.reset());
  afterAll(() => shop?.close());

  test('flush writes what was the most at the same time, with the dimension Pool', async () => {
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

  test('standard output takes the lines unless something else does', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const { writeMetrics: _, ...options } = shop.options();
    const pool = shop.pool({ ...options, writeMetrics: undefined as never });
    pool.flush();
    expect(write.mock.calls.filter(([text]) => `${text}`.includes('AppOpen'))).toEqual([
      [expect.stringMatching(/^\{.*\}\n$/)],
    ]);
    write.mockRestore();
  });

  test('with null nobody does', async () => {
    const pool = shop.pool({ writeMetrics: null });
    await pool.query('SELECT 1');
    pool.flush();
    await pool.end();
    expect(shop.metrics).toEqual([]);
  });
});

describe('once a minute and instance', () => {
  const lines: string[] = [];
  let gauges: Gauges;
  let publisher: Publisher;

  function start(): void {
    vi.useFakeTimers();
    lines.length = 0;
    gauges = new Gauges(() => 1);
    publisher = new Publisher('orders', gauges, (line) => lines.push(line));
  }
  afterEach(() => {
    publisher.stop();
    vi.useRealTimers();
  });

  test('by itself', () => {
    start();
    vi.advanceTimersByTime(59_999);
    expect(lines).toHaveLength(0);
    vi.advanceTimersByTime(120_001);
    expect(lines).toHaveLength(3);
  });

  test('flush writes at once, then not again before a minute is over, and the timer counts from there', () => {
    start();
    vi.advanceTimersByTime(30_000);
    publisher.flush();
    publisher.flush();
    vi.advanceTimersByTime(59_000);
    publisher.flush();
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    expect(lines).toHaveLength(2);
    publisher.flush();
    expect(lines).toHaveLength(2);
  });

  test('after a pause without timers, as between two invocations of a Lambda, flush does it', () => {
    start();
    publisher.flush();
    vi.setSystemTime(Date.now() + 60_000);
    publisher.flush();
    expect(lines).toHaveLength(2);
  });

  test('a peak that was not written yet is in the next line', () => {
    start();
    publisher.flush();
    gauges.acquired();
    gauges.released();
    publisher.flush();
    vi.advanceTimersByTime(60_000);
    expect(lines.map((line) => JSON.parse(line).AppBusy)).toEqual([0, 1]);
  });

  test('the end writes the rest, and nothing comes after it', () => {
    start();
    publisher.flush();
    gauges.acquired();
    publisher.stop();
    vi.advanceTimersByTime(120_000);
    expect(lines.map((line) => JSON.parse(line).AppBusy)).toEqual([0, 1]);
  });

  test('its timer keeps no process alive', () => {
    start();
    vi.useRealTimers();
    const interval = vi.spyOn(globalThis, 'setInterval');
    publisher = new Publisher('orders', gauges, () => undefined);
    expect(interval.mock.results[0]?.value.hasRef()).toBe(false);
    interval.mockRestore();
  });
});

describe('text for Prometheus', () => {
  const snapshot = (pool: string, ...tookMs: number[]) => {
    const clock = { ms: 0 };
    const gauges = new Gauges(
      () => 3,
      () => clock.ms,
    );
    gauges.opened();
    gauges.acquired();
    for (const ms of tookMs) {
      const request = gauges.requested();
      request.waits();
      clock.ms += ms;
      request.settled('acquired');
    }
    gauges.requested().waits();
    return gauges.snapshot(pool, 20);
  };

  test("has the names, types and buckets of Prisma's removed metrics", () => {
    const lines = prometheusText([snapshot('orders', 0.25, 40)]).split('\n');
    expect(lines.filter((line) => line.includes('prisma_'))).toEqual([
      '# HELP prisma_pool_connections_opened_total Total number of Pool Connections opened',
      '# TYPE prisma_pool_connections_opened_total counter',
      'prisma_pool_connections_opened_total{pool="orders"} 1',
      '# HELP prisma_pool_connections_closed_total Total number of Pool Connections closed',
      '# TYPE prisma_pool_connections_closed_total counter',
      'prisma_pool_connections_closed_total{pool="orders"} 0',
      '# HELP prisma_pool_connections_open Number of currently open Pool Connections',
      '# TYPE prisma_pool_connections_open gauge',
      'prisma_pool_connections_open{pool="orders"} 4',
      '# HELP prisma_pool_connections_busy Number of currently busy Pool Connections (given out by the pool)',
      '# TYPE prisma_pool_connections_busy gauge',
      'prisma_pool_connections_busy{pool="orders"} 1',
      '# HELP prisma_pool_connections_idle Number of currently unused Pool Connections',
      '# TYPE prisma_pool_connections_idle gauge',
      'prisma_pool_connections_idle{pool="orders"} 3',
      '# HELP prisma_client_queries_wait Number of requests currently waiting for a connection because the pool is full',
      '# TYPE prisma_client_queries_wait gauge',
      'prisma_client_queries_wait{pool="orders"} 1',
      '# HELP prisma_client_queries_wait_histogram_ms Histogram of the wait time of all requests for a connection in ms',
      '# TYPE prisma_client_queries_wait_histogram_ms histogram',
      ...[0, 1, 1, 1, 2, 2, 2, 2, 2, 2].map((count, index) => {
        const le = [0, 1, 5, 10, 50, 100, 500, 1000, 5000, 50000][index];
        return `prisma_client_queries_wait_histogram_ms_bucket{pool="orders",le="${le}"} ${count}`;
      }),
      'prisma_client_queries_wait_histogram_ms_bucket{pool="orders",le="+Inf"} 2',
      'prisma_client_queries_wait_histogram_ms_sum{pool="orders"} 40.25',
      'prisma_client_queries_wait_histogram_ms_count{pool="orders"} 2',
    ]);
  });

  test('is well formed: every family once, its head before its samples, a line end at the end', () => {
    const text = prometheusText([snapshot('orders', 1), snapshot('till')]);
    expect(text.endsWith('\n')).toBe(true);
    const families = text.split(/^# HELP /m).slice(1);
    const names = families.map((family) => family.slice(0, family.indexOf(' ')));
    expect(new Set(names).size).toBe(names.length);
    for (const family of families) {
      const [help = '', type = '', ...samples] = family.trimEnd().split('\n');
      const name = help.slice(0, help.indexOf(' '));
      expect(type).toMatch(new RegExp(`^# TYPE ${name} (gauge|counter|histogram)$`));
      for (const sample of samples) {
        expect(sample).toMatch(
          new RegExp(`^${name}(_bucket|_sum|_count)?\\{pool="(orders|till)"(,le="[^"]+")?\\} \\d+(\\.\\d+)?$`),
        );
      }
      expect(samples.some((sample) => sample.includes('pool="till"'))).toBe(true);
    }
  });
});
