import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MetricName } from '../../functions/core/metrics.js';
import { type ChosenMetricOptions, poolMetric } from '../monitoring/metric-queries.js';

/**
 * The metrics of some pools, for alarms and dashboards of a user's own. Period one minute unless chosen otherwise.
 *
 * Each method throws an Error for a pool that nobody watches here.
 */
export abstract class PoolMetrics extends Construct {
  readonly #pools: readonly string[];

  constructor(scope: Construct, id: string, pools: readonly string[]) {
    super(scope, id);
    this.#pools = pools;
  }

  /** 1 in a minute in which every check found the pool healthy, else 0. */
  metricHealthy(pool: string, options?: ChosenMetricOptions): Metric {
    return this.#metric(pool, 'Healthy', options);
  }

  /** 1 in a minute in which a layer was known to be full, else 0. */
  metricSaturated(pool: string, options?: ChosenMetricOptions): Metric {
    return this.#metric(pool, 'Saturated', options);
  }

  /** Open connections in percent of what the pool can have; not capped at 100. */
  metricUtilization(pool: string, options?: ChosenMetricOptions): Metric {
    return this.#metric(pool, 'Utilization', options);
  }

  metricActiveConnections(pool: string, options?: ChosenMetricOptions): Metric {
    return this.#metric(pool, 'ActiveConnections', options);
  }

  metricIdleConnections(pool: string, options?: ChosenMetricOptions): Metric {
    return this.#metric(pool, 'IdleConnections', options);
  }

  metricTotalConnections(pool: string, options?: ChosenMetricOptions): Metric {
    return this.#metric(pool, 'TotalConnections', options);
  }

  /** Connections the pool can really have. */
  metricPoolSize(pool: string, options?: ChosenMetricOptions): Metric {
    return this.#metric(pool, 'PoolSize', options);
  }

  metricWaitingRequests(pool: string, options?: ChosenMetricOptions): Metric {
    return this.#metric(pool, 'WaitingRequests', options);
  }

  /** Milliseconds a check took. */
  metricCheckDuration(pool: string, options?: ChosenMetricOptions): Metric {
    return this.#metric(pool, 'CheckDuration', options);
  }

  /** A metric of a pool that nobody has would be empty for ever, so that a misspelt name is a mistake at synth. */
  #metric(pool: string, metric: MetricName, options?: ChosenMetricOptions): Metric {
    if (!this.#pools.includes(pool)) {
      throw new Error(`There is no pool ${JSON.stringify(pool)} here; there are ${this.#pools.join(', ')}.`);
    }
    return poolMetric(pool, metric, options);
  }
}
