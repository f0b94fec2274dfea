import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_NAMESPACE, POOL_DIMENSION } from '../../functions/core/metrics.js';
import { ABOVE, type AlarmRow, AT_LEAST, BELOW, KEEP_STATE, NO_DATA_IS_BAD, NO_DATA_IS_GOOD } from './alarm.js';
import { activeShare, poolMetric } from './metric-queries.js';
import type { AlarmThresholds } from './thresholds.js';

/** Counts the log entries that say CONFIG.INVALID; made from the log of the check, not published by it. */
export const CONFIG_INVALID_METRIC = 'ConfigInvalid';

/** The alarms of one pool, without the composite one. */
export function poolAlarms(pool: string, thresholds: AlarmThresholds): readonly AlarmRow[] {
  return [...fillingAlarms(pool, thresholds), ...failingAlarms(pool), ...shapeAlarms(pool, thresholds)];
}

/** How full the pool is. */
function fillingAlarms(pool: string, thresholds: AlarmThresholds): readonly AlarmRow[] {
  const { utilizationWarning, utilizationHigh, utilizationCritical } = thresholds;
  const metric = poolMetric(pool, 'Utilization');
  return [
    {
      name: 'utilization-warning',
      meaning: `Pool ${pool} has been at ${utilizationWarning} % or more of what it can have for five minutes.`,
      firstStep: 'Look whether it grows or stands, and who holds the connections.',
      metric,
      comparison: AT_LEAST,
      threshold: utilizationWarning,
      minutes: [5, 5],
      missingData: KEEP_STATE,
    },
    {
      name: 'utilization-high',
      meaning: `Pool ${pool} is above ${utilizationHigh} % of what it can have.`,
      firstStep: 'Find who holds the connections and what changed in the last hour.',
      metric,
      comparison: ABOVE,
      threshold: utilizationHigh,
      minutes: [3, 5],
      missingData: KEEP_STATE,
    },
    {
      name: 'utilization-critical',
      meaning: `Pool ${pool} is above ${utilizationCritical} % of what it can have and about to run out.`,
      firstStep: 'Free connections now: end idle transactions and stuck queries.',
      metric,
      comparison: ABOVE,
      threshold: utilizationCritical,
      minutes: [2, 3],
      missingData: KEEP_STATE,
    },
    {
      name: 'saturated',
      meaning: `A layer that pool ${pool} depends on is full: new connections wait or fail.`,
      firstStep: 'Read saturatedLayer and problems at /health/pool: they name the layer that is full.',
      metric: poolMetric(pool, 'Saturated'),
      comparison: AT_LEAST,
      threshold: 1,
      minutes: [1, 1],
      missingData: KEEP_STATE,
    },
  ];
}

/** What keeps the pool, or the sight of it, from working. */
function failingAlarms(pool: string): readonly AlarmRow[] {
  return [
    {
      name: 'unhealthy',
      meaning: `Pool ${pool} is unhealthy: too full, not reachable, or not to be seen by the check.`,
      firstStep: 'Read problems at /health/pool: each code says what it means and what to do.',
      metric: poolMetric(pool, 'Healthy'),
      comparison: BELOW,
      threshold: 1,
      minutes: [2, 3],
      missingData: KEEP_STATE,
    },
    {
      name: 'heartbeat',
      meaning: `Nobody watches pool ${pool}: the check has reported nothing for three minutes.`,
      firstStep: 'Look at the log and the errors of the check function, then at its schedule.',
      // How many reports there were, whatever they said: the value of Healthy has its own alarm.
      metric: poolMetric(pool, 'Healthy', { statistic: Stats.SAMPLE_COUNT }),
      comparison: BELOW,
      threshold: 1,
      minutes: [3, 3],
      missingData: NO_DATA_IS_BAD,
    },
    {
      name: 'config-invalid',
      meaning: `The definition of pool ${pool} in SSM is not valid; the last good one is in force, if there was one.`,
      firstStep:
        'Read the entry in the log of the check: it lists every mistake. Correct the parameter, do not deploy.',
      metric: new Metric({
        namespace: METRIC_NAMESPACE,
        metricName: CONFIG_INVALID_METRIC,
        dimensionsMap: { [POOL_DIMENSION]: pool },
        statistic: Stats.SUM,
        period: Duration.minutes(1),
      }),
      comparison: AT_LEAST,
      threshold: 1,
      minutes: [1, 1],
      missingData: NO_DATA_IS_GOOD,
    },
  ];
}

/** How the connections are used. */
function shapeAlarms(pool: string, { activeHigh }: AlarmThresholds): readonly AlarmRow[] {
  return [
    {
      name: 'waiting-requests',
      meaning: `Requests wait for a connection of pool ${pool}.`,
      firstStep: 'Look for long transactions and slow queries before raising max.',
      metric: poolMetric(pool, 'WaitingRequests'),
      comparison: AT_LEAST,
      threshold: 1,
      minutes: [3, 5],
      missingData: NO_DATA_IS_GOOD,
    },
    {
      name: 'no-idle-connections',
      meaning: `Pool ${pool} has had no idle connection for ten minutes: every open one is in use.`,
      firstStep: 'Look whether transactions stay open longer than they work.',
      metric: new MathExpression({
        expression: 'IF(total > 0 AND idle < 1, 1, 0)',
        usingMetrics: { total: poolMetric(pool, 'TotalConnections'), idle: poolMetric(pool, 'IdleConnections') },
        period: Duration.minutes(1),
        label: 'No idle connection',
      }),
      comparison: AT_LEAST,
      threshold: 1,
      minutes: [10, 10],
      missingData: NO_DATA_IS_GOOD,
    },
    {
      name: 'active-high',
      meaning: `More than ${activeHigh} % of pool ${pool} has been busy for ten minutes.`,
      firstStep: 'Compare with the traffic: more requests need a larger pool, the same requests have become slower.',
      metric: activeShare(pool),
      comparison: ABOVE,
      threshold: activeHigh,
      minutes: [10, 10],
      missingData: KEEP_STATE,
    },
  ];
}
