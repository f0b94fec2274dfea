import type { AppMetricName, MetricName } from './metrics.js';
import type { Assessment } from './pool-report.js';
import type { Problem } from './problems.js';

/** The metrics of one pool at one moment. What is not known is not in `values`. */
export interface Datapoints {
  readonly pool: string;
  /** Milliseconds since 1970: when the numbers were read, also if they are delivered later. */
  readonly timestamp: number;
  readonly values: Readonly<Partial<Record<MetricName | AppMetricName, number>>>;
}

/** Delivers metrics. Never throws: what could not be delivered is a problem, and is not lost. */
export type Publish = (metrics: readonly Datapoints[]) => Promise<readonly Problem[]>;

export function datapoints({ pool, sample, verdict }: Assessment): Datapoints {
  const known: Record<MetricName, number | null> = {
    Healthy: verdict.status === 'healthy' ? 1 : 0,
    Saturated: verdict.saturatedLayer === 'database' || verdict.saturatedLayer === 'managed' ? 1 : 0,
    CheckDuration: sample.durationMs,
    Utilization: verdict.utilization.percent,
    ActiveConnections: verdict.activeConnections,
    IdleConnections: verdict.idleConnections,
    TotalConnections: verdict.totalConnections,
    PoolSize: verdict.poolSize,
    WaitingRequests: verdict.waitingRequests,
  };
  const values = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null));
  return { pool, timestamp: sample.takenAt, values };
}
