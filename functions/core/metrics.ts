/**
 * Every metric: its name, its unit, when it is emitted. Handlers, alarms, the dashboard and the documents are derived from
 * this table. Resolution is one minute; a value that is not known is not emitted, never reported as 0.
 */
export const METRIC_NAMESPACE = 'PoolHealth';

/** The only dimension: the pool's name. */
export const POOL_DIMENSION = 'Pool';

export interface MetricDefinition {
  readonly unit: 'Count' | 'Milliseconds' | 'Percent';
  readonly meaning: string;
  /**
   * The statistic that says the right thing of a minute with more than one check, as after a manual invocation: the worst
   * for verdicts, the mean for counts, so that counts of one sample stay comparable. The sum for what every instance of an
   * application publishes of itself.
   */
  readonly statistic: 'Minimum' | 'Maximum' | 'Average' | 'Sum';
  readonly emitted: 'every check' | 'when known' | 'once a minute and instance, by the application';
  /** When there is no datapoint. */
  readonly absent: string;
}

const MONITOR_DOWN = 'Only while nothing is checked: the alarm heartbeat tells.';
const NOT_SEEN = 'The check did not see the sessions, or the pool has no valid definition.';
const NO_STATE = 'As TotalConnections; also while some session does not report its state.';
const NO_APPLICATION = 'No instance with pool-health/app runs, or writeMetrics is null.';

export const METRICS = {
  Healthy: {
    unit: 'Count',
    statistic: 'Minimum',
    emitted: 'every check',
    absent: MONITOR_DOWN,
    meaning: '1 when the verdict is healthy, 0 otherwise.',
  },
  Saturated: {
    unit: 'Count',
    statistic: 'Maximum',
    emitted: 'every check',
    absent: MONITOR_DOWN,
    meaning: '1 when the server or the managed pool is known to be full, 0 otherwise.',
  },
  CheckDuration: {
    unit: 'Milliseconds',
    statistic: 'Maximum',
    emitted: 'every check',
    absent: MONITOR_DOWN,
    meaning: 'How long the check took.',
  },
  Utilization: {
    unit: 'Percent',
    statistic: 'Maximum',
    emitted: 'when known',
    absent: 'As TotalConnections; also when the server has no room at all for the pool.',
    meaning: 'Open connections of the pool in percent of what it can have now; not capped at 100.',
  },
  ActiveConnections: {
    unit: 'Count',
    statistic: 'Average',
    emitted: 'when known',
    absent: NO_STATE,
    meaning: 'Connections that execute or are inside a transaction.',
  },
  IdleConnections: {
    unit: 'Count',
    statistic: 'Average',
    emitted: 'when known',
    absent: NO_STATE,
    meaning: 'Open connections that could be given out now.',
  },
  TotalConnections: {
    unit: 'Count',
    statistic: 'Average',
    emitted: 'when known',
    absent: NOT_SEEN,
    meaning: 'Active and idle connections.',
  },
  PoolSize: {
    unit: 'Count',
    statistic: 'Average',
    emitted: 'when known',
    absent: 'The pool has no valid definition.',
    meaning: 'Connections the pool can really have now.',
  },
  WaitingRequests: {
    unit: 'Count',
    statistic: 'Maximum',
    emitted: 'when known',
    absent: 'Nobody counts: an RDS Proxy does not, and no instance with pool-health/app has told lately.',
    meaning: 'Requests that wait for a connection, where the managed pool or the application counts them.',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** What only the application knows. Peaks, so that no spike between two minutes is lost. */
export const APP_METRICS = {
  AppOpen: {
    unit: 'Count',
    statistic: 'Sum',
    emitted: 'once a minute and instance, by the application',
    absent: NO_APPLICATION,
    meaning: 'Connections that the pool of one instance had open at the same time, at most.',
  },
  AppBusy: {
    unit: 'Count',
    statistic: 'Sum',
    emitted: 'once a minute and instance, by the application',
    absent: NO_APPLICATION,
    meaning: 'Connections that the pool of one instance had given out at the same time, at most.',
  },
  AppWaiting: {
    unit: 'Count',
    statistic: 'Sum',
    emitted: 'once a minute and instance, by the application',
    absent: NO_APPLICATION,
    meaning: 'Requests of one instance that waited at the same time because its pool had no connection left, at most.',
  },
} as const satisfies Record<string, MetricDefinition>;

export type AppMetricName = keyof typeof APP_METRICS;
