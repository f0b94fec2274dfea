import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  activeShare,
  poolMetric,
  proxyAvailability,
  proxyBorrowLatency,
  proxyGauge,
  proxyShare,
} from './metric-queries.js';
import type { AlarmThresholds } from './thresholds.js';

/** One graph of a dashboard, whichever program draws it. */
export interface Graph {
  readonly title: string;
  readonly unit: 'percent' | 'count' | 'ms' | 'µs';
  readonly metrics: readonly IMetric[];
  /** Where the alarms on these metrics begin. */
  readonly lines: readonly number[];
}

/** What an engineer on call sees of one pool: every metric of the contract. */
export function poolGraphs(pool: string, thresholds: AlarmThresholds): readonly Graph[] {
  const { utilizationWarning, utilizationHigh, utilizationCritical, activeHigh } = thresholds;
  const lines = [utilizationWarning, utilizationHigh, utilizationCritical, activeHigh];
  return [
    {
      title: 'Open and busy, in percent of the size',
      unit: 'percent',
      metrics: [poolMetric(pool, 'Utilization'), activeShare(pool)],
      lines: [...new Set(lines)],
    },
    {
      title: 'Connections',
      unit: 'count',
      metrics: [
        poolMetric(pool, 'ActiveConnections'),
        poolMetric(pool, 'IdleConnections'),
        poolMetric(pool, 'TotalConnections'),
        poolMetric(pool, 'PoolSize'),
      ],
      lines: [],
    },
    {
      title: 'Healthy, saturated, waiting',
      unit: 'count',
      metrics: [poolMetric(pool, 'Healthy'), poolMetric(pool, 'Saturated'), poolMetric(pool, 'WaitingRequests')],
      lines: [],
    },
    {
      title: 'Inside the application',
      unit: 'count',
      metrics: [poolMetric(pool, 'AppOpen'), poolMetric(pool, 'AppBusy'), poolMetric(pool, 'AppWaiting')],
      lines: [],
    },
    { title: 'Duration of the check', unit: 'ms', metrics: [poolMetric(pool, 'CheckDuration')], lines: [] },
  ];
}

/** What an engineer on call sees of one RDS Proxy. */
export function proxyGraphs(proxy: string, thresholds: AlarmThresholds): readonly Graph[] {
  const { proxyNearLimit, proxyPinned, borrowLatencyMs } = thresholds;
  return [
    {
      title: 'Connections to the database',
      unit: 'count',
      metrics: [
        proxyGauge(proxy, 'DatabaseConnections'),
        proxyGauge(proxy, 'MaxDatabaseConnectionsAllowed'),
        proxyGauge(proxy, 'DatabaseConnectionsCurrentlyBorrowed'),
        proxyGauge(proxy, 'DatabaseConnectionsCurrentlySessionPinned'),
      ],
      lines: [],
    },
    {
      title: 'Open of the limit, pinned of the open',
      unit: 'percent',
      metrics: [
        proxyShare(proxy, 'DatabaseConnections', 'MaxDatabaseConnectionsAllowed'),
        proxyShare(proxy, 'DatabaseConnectionsCurrentlySessionPinned', 'DatabaseConnections'),
      ],
      lines: [proxyPinned, proxyNearLimit],
    },
    {
      title: 'Wait to borrow',
      unit: 'µs',
      metrics: [proxyBorrowLatency(proxy)],
      lines: [borrowLatencyMs * 1_000],
    },
    { title: 'Clients', unit: 'count', metrics: [proxyGauge(proxy, 'ClientConnections')], lines: [] },
    { title: 'Availability', unit: 'percent', metrics: [proxyAvailability(proxy)], lines: [100] },
  ];
}
