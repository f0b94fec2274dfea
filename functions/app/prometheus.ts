import type { PoolSnapshot } from './gauges.js';

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly value: (snapshot: PoolSnapshot) => number;
}

/** The first families have the names and help texts of Prisma's removed `$metrics`, so old dashboards still work. */
const FAMILIES: readonly Family[] = [
  {
    name: 'prisma_pool_connections_opened_total',
    type: 'counter',
    help: 'Total number of Pool Connections opened',
    value: ({ totals }) => totals.opened,
  },
  {
    name: 'prisma_pool_connections_closed_total',
    type: 'counter',
    help: 'Total number of Pool Connections closed',
    value: ({ totals }) => totals.closed,
  },
  {
    name: 'prisma_pool_connections_open',
    type: 'gauge',
    help: 'Number of currently open Pool Connections',
    value: ({ open }) => open,
  },
  {
    name: 'prisma_pool_connections_busy',
    type: 'gauge',
    help: 'Number of currently busy Pool Connections (given out by the pool)',
    value: ({ busy }) => busy,
  },
  {
    name: 'prisma_pool_connections_idle',
    type: 'gauge',
    help: 'Number of currently unused Pool Connections',
    value: ({ idle }) => idle,
  },
  {
    name: 'prisma_client_queries_wait',
    type: 'gauge',
    help: 'Number of requests currently waiting for a connection because the pool is full',
    value: ({ waiting }) => waiting,
  },
  {
    name: 'pool_health_pool_size',
    type: 'gauge',
    help: 'Number of connections the pool may open',
    value: ({ size }) => size,
  },
  {
    name: 'pool_health_waits_total',
    type: 'counter',
    help: 'Total number of requests that found the pool full',
    value: ({ totals }) => totals.waits,
  },
  {
    name: 'pool_health_acquire_timeouts_total',
    type: 'counter',
    help: 'Total number of requests that got no connection in time',
    value: ({ totals }) => totals.acquireTimeouts,
  },
  {
    name: 'pool_health_acquire_failures_total',
    type: 'counter',
    help: 'Total number of requests that got no connection for another reason',
    value: ({ totals }) => totals.acquireFailures,
  },
  {
    name: 'pool_health_longest_wait_ms',
    type: 'gauge',
    help: 'Longest time that a request took to be answered, in ms',
    value: ({ totals }) => totals.longestWaitMs,
  },
];
const HISTOGRAM = 'prisma_client_queries_wait_histogram_ms';

/**
 * Formats pools in the text format of Prometheus, with the pool's name as label `pool`. Omits metrics that a pool cannot count,
 * such as Prisma's numbers of queries.
 *
 * @param snapshots one per pool
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function prometheusText(snapshots: readonly PoolSnapshot[]): string {
  const families = FAMILIES.flatMap(({ name, type, help, value }) => [
    ...head(name, type, help),
    ...snapshots.map((snapshot) => `${name}{${label(snapshot)}} ${value(snapshot)}`),
  ]);
  const histogram = head(HISTOGRAM, 'histogram', 'Histogram of the wait time of all requests for a connection in ms');
  return `${[...families, ...histogram, ...snapshots.flatMap(histogramLines)].join('\n')}\n`;
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function histogramLines(snapshot: PoolSnapshot): string[] {
  const pool = label(snapshot);
  const { count, sumMs, buckets } = snapshot.totals.acquireTimes;
  return [
    ...buckets.map((bucket) => `${HISTOGRAM}_bucket{${pool},le="${bucket.leMs}"} ${bucket.count}`),
    `${HISTOGRAM}_bucket{${pool},le="+Inf"} ${count}`,
    `${HISTOGRAM}_sum{${pool}} ${sumMs}`,
    `${HISTOGRAM}_count{${pool}} ${count}`,
  ];
}

/** Names of pools contain no characters that need escaping. */
function label({ pool }: PoolSnapshot): string {
  return `pool="${pool}"`;
}
