import type { MetricName } from './metrics.js';
import type { PublicProblem } from './problems.js';

/** How far back a history goes. */
export const HISTORY_MINUTES = 60;

/** The series of a history, and the metric each is made of. */
export const HISTORY_METRICS = {
  utilization: 'Utilization',
  active: 'ActiveConnections',
  idle: 'IdleConnections',
  waiting: 'WaitingRequests',
  healthy: 'Healthy',
} as const satisfies Record<string, MetricName>;

export type SeriesName = keyof typeof HISTORY_METRICS;

/** Values in the order of the times; null where nothing is known. */
export type HistorySeries = Readonly<Record<SeriesName, readonly (number | null)[]>>;

/** The JSON of `GET /health/history`: the last hour of one pool, oldest first. */
export interface History {
  readonly pool: string;
  readonly source: 'cloudwatch' | 'memory';
  /** Seconds from one check to the next. */
  readonly stepSeconds: number;
  /** What it covers, ISO 8601. */
  readonly from: string;
  readonly to: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly series: HistorySeries;
  /** Why nothing is known, where the source could not be asked. */
  readonly problems: readonly PublicProblem[];
}

/** Where histories come from: CloudWatch when deployed, memory locally. */
export interface HistorySource {
  /** The pools that have one. */
  readonly pools: readonly string[];
  /** Never throws: a source that cannot be asked is a problem in the history. */
  history(pool: string): Promise<History>;
}

/** The series, each value asked for by its metric and the index of its time. */
export function historySeries(
  times: readonly number[],
  valueAt: (metric: MetricName, index: number) => number | null | undefined,
): HistorySeries {
  const series = (name: SeriesName) => times.map((_, index) => valueAt(HISTORY_METRICS[name], index) ?? null);
  return {
    utilization: series('utilization'),
    active: series('active'),
    idle: series('idle'),
    waiting: series('waiting'),
    healthy: series('healthy'),
  };
}
