import type { Assessment } from './verdict.js';

/** The only dimension: the pool's name. */
export const POOL_DIMENSION = 'Pool';

/** Titles of a pool's graphs, in the order of the dashboards. */
export const GRAPHS = {
  utilization: 'Utilization, and active connections of the pool size',
  connections: 'Connections',
  app: 'Waiting requests, and inside the application',
  health: 'Healthy, saturated',
  duration: 'Duration of the check',
} as const;

export type GraphName = keyof typeof GRAPHS;

export interface MetricDefinition {
  readonly unit: 'Count' | 'Milliseconds' | 'Percent';
  /**
   * What a minute with several values shows: the worst for verdicts, the mean for counts, so that counts of one sample stay
   * comparable, and the sum where every instance of an application publishes its own value.
   */
  readonly statistic: 'Minimum' | 'Maximum' | 'Average' | 'Sum';
  readonly meaning: string;
  readonly emitted: 'every check' | 'when known' | 'once a minute and instance, by the application';
  /** When there is no datapoint. */
  readonly absent: string;
  /** The graph that shows it; the metrics of a graph have one unit. */
  readonly graph: GraphName;
}

/** A metric of the check. */
interface CheckMetric extends MetricDefinition {
  /** Null if it is unknown. */
  readonly value: (assessment: Assessment) => number | null;
}

/** Peaks of one instance of an application since it published last. */
export interface AppPeaks {
  readonly open: number;
  readonly inUse: number;
  readonly waiting: number;
}

/** A metric that only the application can measure. */
interface AppMetric extends MetricDefinition {
  readonly value: (peaks: AppPeaks) => number;
}

const MONITOR_DOWN = 'Only while no check runs: see the alarm heartbeat.';
const NO_STATE = 'As TotalConnections; also while a session does not report its state.';
const NO_APPLICATION = 'No instance with pool-health/app runs, or writeMetrics is null.';
const BY_APPLICATION = 'once a minute and instance, by the application';

/**
 * Every metric, one row each. The values that are published, alarms, dashboards, the construct's `metric…` methods, prices and
 * documents derive from the rows. The resolution is one minute. An unknown value has no datapoint: it is never reported as 0.
 */
export const METRICS = {
  Healthy: {
    unit: 'Count',
    statistic: 'Minimum',
    meaning: '1 if the pool is healthy, 0 otherwise.',
    emitted: 'every check',
    absent: MONITOR_DOWN,
    graph: 'health',
    value: ({ verdict }) => Number(verdict.status === 'healthy'),
  },
  Saturated: {
    unit: 'Count',
    statistic: 'Maximum',
    meaning: '1 if the database or the pooler is known to be full, 0 otherwise.',
    emitted: 'every check',
    absent: MONITOR_DOWN,
    graph: 'health',
    value: ({ verdict }) => Number(verdict.saturatedLayer === 'database' || verdict.saturatedLayer === 'managed'),
  },
  CheckDuration: {
    unit: 'Milliseconds',
    statistic: 'Maximum',
    meaning: 'Duration of the check.',
    emitted: 'every check',
    absent: MONITOR_DOWN,
    graph: 'duration',
    value: ({ sample }) => sample.durationMs,
  },
  Utilization: {
    unit: 'Percent',
    statistic: 'Maximum',
    meaning:
      'Used connections in percent of the current pool size, not capped at 100: open ones, or behind a pooler that multiplexes those in use.',
    emitted: 'when known',
    absent: 'As TotalConnections; also when the server has no slot for the pool.',
    graph: 'utilization',
    value: ({ verdict }) => verdict.utilization.percent,
  },
  ActiveConnections: {
    unit: 'Count',
    statistic: 'Average',
    meaning: 'Connections that run a query or have an open transaction.',
    emitted: 'when known',
    absent: NO_STATE,
    graph: 'connections',
    value: ({ verdict }) => verdict.activeConnections,
  },
  IdleConnections: {
    unit: 'Count',
    statistic: 'Average',
    meaning: 'Open connections that are free.',
    emitted: 'when known',
    absent: NO_STATE,
    graph: 'connections',
    value: ({ verdict }) => verdict.idleConnections,
  },
  TotalConnections: {
    unit: 'Count',
    statistic: 'Average',
    meaning: 'Active and idle connections.',
    emitted: 'when known',
    absent: 'The check could not read the sessions, or the pool has no valid definition.',
    graph: 'connections',
    value: ({ verdict }) => verdict.totalConnections,
  },
  PoolSize: {
    unit: 'Count',
    statistic: 'Average',
    meaning: 'Connections that the pool can have now.',
    emitted: 'when known',
    absent: 'The pool has no valid definition.',
    graph: 'connections',
    value: ({ verdict }) => verdict.poolSize,
  },
  WaitingRequests: {
    unit: 'Count',
    statistic: 'Maximum',
    meaning: 'Requests that wait for a connection, where the pooler or the application counts them.',
    emitted: 'when known',
    absent: 'Not counted: RDS Proxy has no such metric, and no instance with pool-health/app has reported lately.',
    graph: 'app',
    value: ({ verdict }) => verdict.waitingRequests,
  },
} as const satisfies Record<string, CheckMetric>;

export type MetricName = keyof typeof METRICS;

/** Metrics of the application itself. They are peaks, so that no spike between two minutes is lost. */
export const APP_METRICS = {
  AppOpen: {
    unit: 'Count',
    statistic: 'Sum',
    meaning: 'Most connections that one instance had open at the same time.',
    emitted: BY_APPLICATION,
    absent: NO_APPLICATION,
    graph: 'app',
    value: ({ open }) => open,
  },
  AppBusy: {
    unit: 'Count',
    statistic: 'Sum',
    meaning: 'Most connections that one instance had in use at the same time.',
    emitted: BY_APPLICATION,
    absent: NO_APPLICATION,
    graph: 'app',
    value: ({ inUse }) => inUse,
  },
  AppWaiting: {
    unit: 'Count',
    statistic: 'Sum',
    meaning: 'Most requests of one instance that waited at the same time for a connection of its pool.',
    emitted: BY_APPLICATION,
    absent: NO_APPLICATION,
    graph: 'app',
    value: ({ waiting }) => waiting,
  },
} as const satisfies Record<string, AppMetric>;

export type AppMetricName = keyof typeof APP_METRICS;

/** The call is marked as pure, so that a bundle that does not use this constant contains neither table. */
export const ALL_METRICS: Readonly<Record<MetricName | AppMetricName, MetricDefinition>> =
  /* @__PURE__ */ Object.assign({}, METRICS, APP_METRICS);

/** Metrics of one pool at one moment. Unknown values are absent. */
export interface Datapoints {
  readonly pool: string;
  /** When the values were measured, in milliseconds since 1970; also if they are delivered later. */
  readonly timestamp: number;
  readonly values: Readonly<Partial<Record<MetricName | AppMetricName, number>>>;
}

/** The metrics of a check. */
export function datapoints(assessment: Assessment): Datapoints {
  return {
    pool: assessment.pool,
    timestamp: assessment.sample.takenAt,
    values: valuesOf<Assessment>(METRICS, assessment),
  };
}

/** The metrics of an application. @param timestamp milliseconds since 1970 */
export function appDatapoints(pool: string, timestamp: number, peaks: AppPeaks): Datapoints {
  return { pool, timestamp, values: valuesOf<AppPeaks>(APP_METRICS, peaks) };
}

function valuesOf<Measured>(
  rows: Readonly<Record<string, { readonly value: (measured: Measured) => number | null }>>,
  measured: Measured,
): Datapoints['values'] {
  const all = Object.entries(rows).map(([name, { value }]) => [name, value(measured)] as const);
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}
