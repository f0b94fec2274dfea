import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ABOVE, type AlarmRow, AT_LEAST, BELOW, NO_DATA_IS_BAD, NO_DATA_IS_GOOD } from './alarm.js';
import { proxyAvailability, proxyBorrowLatency, proxyShare } from './metric-queries.js';
import type { AlarmThresholds } from './thresholds.js';

/** The alarms of one RDS Proxy, however many pools share it. */
export function proxyAlarms(proxy: string, thresholds: AlarmThresholds): readonly AlarmRow[] {
  const { borrowLatencyMs, proxyPinned, proxyNearLimit } = thresholds;
  return [
    {
      name: 'proxy-borrow-latency',
      meaning: `Clients of RDS Proxy ${proxy} wait ${borrowLatencyMs} ms or more for a connection.`,
      firstStep: 'Look for pinned sessions and long transactions, then at the limit of the proxy.',
      metric: proxyBorrowLatency(proxy),
      comparison: AT_LEAST,
      threshold: borrowLatencyMs * 1000,
      minutes: [3, 5],
      missingData: NO_DATA_IS_GOOD,
    },
    {
      name: 'proxy-pinned',
      meaning: `${proxyPinned} % or more of the connections of RDS Proxy ${proxy} are pinned to one client each.`,
      firstStep: 'Read the log of the proxy: it names what pinned the session.',
      metric: proxyShare(proxy, 'DatabaseConnectionsCurrentlySessionPinned', 'DatabaseConnections'),
      comparison: AT_LEAST,
      threshold: proxyPinned,
      minutes: [5, 5],
      missingData: NO_DATA_IS_GOOD,
    },
    {
      name: 'proxy-availability',
      meaning: `RDS Proxy ${proxy} does not reach its database all the time, or reports nothing at all.`,
      firstStep: 'Look at the targets of the proxy and the reason they give.',
      metric: proxyAvailability(proxy),
      comparison: BELOW,
      threshold: 100,
      minutes: [2, 3],
      missingData: NO_DATA_IS_BAD,
    },
    {
      name: 'proxy-near-limit',
      meaning: `RDS Proxy ${proxy} has opened more than ${proxyNearLimit} % of the connections it may open.`,
      firstStep: 'Find which pool grew; raise MaxConnectionsPercent only if the server has room.',
      metric: proxyShare(proxy, 'DatabaseConnections', 'MaxDatabaseConnectionsAllowed'),
      comparison: ABOVE,
      threshold: proxyNearLimit,
      minutes: [3, 5],
      missingData: NO_DATA_IS_GOOD,
    },
  ];
}

/** The alarms of one function of the monitor itself. It throws only when the monitor is broken. */
export function monitorAlarms(label: string, target: IFunction): readonly AlarmRow[] {
  const options = { period: Duration.minutes(1), statistic: Stats.SUM };
  return [
    {
      name: 'monitor-errors',
      meaning: `The ${label} function of pool-health itself fails.`,
      firstStep: 'Read the last errors in its log.',
      metric: target.metricErrors(options),
      comparison: AT_LEAST,
      threshold: 1,
      minutes: [2, 3],
      missingData: NO_DATA_IS_GOOD,
    },
    {
      name: 'monitor-throttles',
      meaning: `Lambda refuses to run the ${label} function of pool-health: the concurrency of the account is used up.`,
      firstStep: 'Look at ConcurrentExecutions of the account and at reserved concurrency.',
      metric: target.metricThrottles(options),
      comparison: AT_LEAST,
      threshold: 1,
      minutes: [2, 3],
      missingData: NO_DATA_IS_GOOD,
    },
  ];
}
