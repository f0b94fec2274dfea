import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { CRITICAL_PERCENT, WARNING_PERCENT } from '../../functions/core/utilization.js';
import { ABOVE, type AlarmRow, AT_LEAST, BELOW, KEEP_STATE, MISSING_IS_BAD, MISSING_IS_GOOD } from './alarm.js';
import { activeShare, invalidDefinitions, noIdleConnections, poolMetric } from './metric-queries.js';

/** The alarms of one pool, without the composite alarm. The subject is the pool's name. */
export const POOL_ALARMS = [
  {
    name: 'utilization-warning',
    meaning: (pool, percent) => `Utilization of pool ${pool} has been ${percent} % or more for 5 minutes.`,
    firstStep: 'Check whether utilization is rising or flat, and which application holds the connections.',
    metric: (pool, namespace) => poolMetric(namespace, pool, 'Utilization'),
    comparison: AT_LEAST,
    threshold: {
      setting: 'utilizationWarning',
      default: WARNING_PERCENT,
      accepts: 'positive',
      measures: 'Utilization in percent',
    },
    minutes: [5, 5],
    missingData: KEEP_STATE,
  },
  {
    name: 'utilization-high',
    meaning: (pool, percent) => `Utilization of pool ${pool} is above ${percent} %.`,
    firstStep: 'Find out which application holds the connections and what changed in the last hour.',
    metric: (pool, namespace) => poolMetric(namespace, pool, 'Utilization'),
    comparison: ABOVE,
    threshold: {
      setting: 'utilizationHigh',
      default: 80,
      accepts: 'positive',
      measures: 'Utilization in percent',
    },
    minutes: [3, 5],
    missingData: KEEP_STATE,
  },
  {
    name: 'utilization-critical',
    meaning: (pool, percent) =>
      `Utilization of pool ${pool} is above ${percent} %: the pool is about to run out of connections.`,
    firstStep: 'Free connections now: end idle transactions and stuck queries.',
    metric: (pool, namespace) => poolMetric(namespace, pool, 'Utilization'),
    comparison: ABOVE,
    threshold: {
      setting: 'utilizationCritical',
      default: CRITICAL_PERCENT,
      accepts: 'positive',
      measures: 'Utilization in percent',
    },
    minutes: [2, 3],
    missingData: KEEP_STATE,
    actNow: true,
  },
  {
    name: 'saturated',
    meaning: (pool) => `A layer that pool ${pool} depends on is full: new connections wait or fail.`,
    firstStep: 'Open the page (or /health/pool): it names the full layer and its problem.',
    metric: (pool, namespace) => poolMetric(namespace, pool, 'Saturated'),
    comparison: AT_LEAST,
    threshold: 1,
    minutes: [1, 1],
    missingData: KEEP_STATE,
    actNow: true,
  },
  {
    name: 'unhealthy',
    meaning: (pool) => `Pool ${pool} is unhealthy: too full, unreachable, or unreadable for the check.`,
    firstStep: 'Open the page (or /health/pool): each problem describes its cause and its fix.',
    metric: (pool, namespace) => poolMetric(namespace, pool, 'Healthy'),
    comparison: BELOW,
    threshold: 1,
    minutes: [2, 3],
    missingData: KEEP_STATE,
    actNow: true,
  },
  {
    name: 'heartbeat',
    meaning: (pool) => `Pool ${pool} is not monitored: the check has published no metric for 3 minutes.`,
    firstStep: 'Read the log and the errors of the check function, then check its schedule.',
    // Counts the datapoints, whatever their value: `unhealthy` evaluates the value.
    metric: (pool, namespace) => poolMetric(namespace, pool, 'Healthy', { statistic: Stats.SAMPLE_COUNT }),
    comparison: BELOW,
    threshold: 1,
    minutes: [3, 3],
    missingData: MISSING_IS_BAD,
    actNow: true,
  },
  {
    name: 'config-invalid',
    meaning: (pool) =>
      `The definition of pool ${pool} in SSM is invalid. The check uses the last valid definition, if it has one.`,
    firstStep:
      'Read the entry in the log of the check: it lists every mistake. Correct the parameter. No deployment is needed.',
    metric: invalidDefinitions,
    comparison: AT_LEAST,
    threshold: 1,
    minutes: [1, 1],
    missingData: MISSING_IS_GOOD,
  },
  {
    name: 'waiting-requests',
    meaning: (pool) => `Requests wait for a connection of pool ${pool}.`,
    firstStep: 'Look for long transactions and slow queries before you raise max.',
    metric: (pool, namespace) => poolMetric(namespace, pool, 'WaitingRequests'),
    comparison: AT_LEAST,
    threshold: 1,
    minutes: [3, 5],
    missingData: MISSING_IS_GOOD,
  },
  {
    name: 'no-idle-connections',
    meaning: (pool) => `Pool ${pool} has had no idle connection for 10 minutes: every open connection is in use.`,
    firstStep: 'Check whether transactions stay open longer than their queries run.',
    metric: noIdleConnections,
    comparison: AT_LEAST,
    threshold: 1,
    minutes: [10, 10],
    missingData: MISSING_IS_GOOD,
  },
  {
    name: 'active-high',
    meaning: (pool, percent) => `More than ${percent} % of pool ${pool} has been active for 10 minutes.`,
    firstStep:
      'Compare with the traffic. If it grew, the pool needs to be larger; if it did not, queries or transactions have become slower.',
    metric: activeShare,
    comparison: ABOVE,
    threshold: {
      setting: 'activeHigh',
      default: 80,
      accepts: 'percent',
      measures: 'Active connections in percent of the pool size',
    },
    minutes: [10, 10],
    missingData: KEEP_STATE,
  },
] as const satisfies readonly AlarmRow<string>[];
