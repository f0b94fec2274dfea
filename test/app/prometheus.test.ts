import { describe, expect, test } from 'vitest';
import { Gauges } from '../../functions/app/gauges.js';
import { prometheusText } from '../../functions/app/prometheus.js';

describe('the text for Prometheus', () => {
  const snapshot = (pool: string, ...elapsedMs: number[]) => {
    const clock = { ms: 0 };
    const gauges = new Gauges(
      () => 3,
      () => clock.ms,
    );
    gauges.opened();
    gauges.acquired();
    for (const ms of elapsedMs) {
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

  test('has each family once, its head before its samples, and a line end at the end', () => {
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
