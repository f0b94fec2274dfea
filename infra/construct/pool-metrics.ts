import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRICS, type MetricName } from '../../functions/core/metrics.js';
import { type ChosenMetricOptions, poolMetric } from '../monitoring/metric-queries.js';

/**
 * A method for each metric that the check publishes: `metricUtilization('orders')`, `metricHealthy('orders')` and so on,
 * for alarms and dashboards of your own. The period is one minute unless you choose another.
 * `docs/reference/metrics.md` describes each metric.
 *
 * Each method throws an Error for a pool that this deployment does not monitor.
 */
export type PoolMetricMethods = {
  readonly [Name in MetricName as `metric${Name}`]: (pool: string, options?: ChosenMetricOptions) => Metric;
};

/** A construct with the metrics of its pools. */
class MetricsOfPools extends Construct {
  constructor(scope: Construct, id: string, pools: readonly string[], namespace: string) {
    super(scope, id);
    const methods = Object.keys(METRICS).map((name) => [
      `metric${name}`,
      (pool: string, options?: ChosenMetricOptions) => {
        // Without this check a misspelt name would give a metric that is always empty.
        if (!pools.includes(pool)) {
          throw new Error(`There is no pool ${JSON.stringify(pool)} here; there are ${pools.join(', ')}.`);
        }
        return poolMetric(namespace, pool, name as MetricName, options);
      },
    ]);
    Object.assign(this, Object.fromEntries(methods));
  }
}

/** The base class of `PoolHealth`. Its methods are derived from the metrics table, hence the cast. */
export const PoolMetrics = MetricsOfPools as unknown as new (
  scope: Construct,
  id: string,
  pools: readonly string[],
  namespace: string,
) => MetricsOfPools & PoolMetricMethods;
