import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { ALL_METRICS, GRAPHS, type MetricDefinition } from '../../functions/core/metrics.js';
import { type AlarmRow, metricThreshold } from './alarm.js';
import type { MonitorFunction } from './function-alarms.js';
import {
  activeShare,
  type FunctionCount,
  functionMetric,
  isSameMetric,
  poolMetric,
  proxyAvailability,
  proxyBorrowLatency,
  proxyGauge,
  proxyShare,
} from './metric-queries.js';
import { POOL_ALARMS } from './pool-alarms.js';
import { PROXY_ALARMS } from './proxy-alarms.js';
import type { AlarmThresholds } from './thresholds.js';

type Unit = 'percent' | 'count' | 'ms' | 'µs';

const UNITS: Readonly<Record<MetricDefinition['unit'], Unit>> = {
  Percent: 'percent',
  Count: 'count',
  Milliseconds: 'ms',
};

/** One graph of a dashboard, for CloudWatch and for Grafana. */
export interface Graph {
  readonly title: string;
  readonly unit: Unit;
  readonly metrics: readonly IMetric[];
  /** The thresholds of the alarms on these metrics, in the unit of the graph. */
  readonly lines: readonly number[];
}

/** The graphs of one pool: every metric of the check and the application, in the graph that its row names. */
export function poolGraphs(pool: string, thresholds: AlarmThresholds): readonly Graph[] {
  const graph = graphWith(POOL_ALARMS, pool, thresholds);
  const rows = Object.entries(ALL_METRICS) as [keyof typeof ALL_METRICS, MetricDefinition][];
  return Object.entries(GRAPHS).map(([name, title]) => {
    const shown = rows.filter(([, row]) => row.graph === name);
    const metrics = shown.map(([metric]) => poolMetric(pool, metric));
    const unit = UNITS[shown[0]?.[1].unit ?? 'Count'];
    return graph(title, unit, name === 'utilization' ? [...metrics, activeShare(pool)] : metrics);
  });
}

/** The graphs of one RDS Proxy. */
export function proxyGraphs(proxy: string, thresholds: AlarmThresholds): readonly Graph[] {
  const graph = graphWith(PROXY_ALARMS, proxy, thresholds);
  return [
    graph('Connections to the database', 'count', [
      proxyGauge(proxy, 'DatabaseConnections'),
      proxyGauge(proxy, 'MaxDatabaseConnectionsAllowed'),
      proxyGauge(proxy, 'DatabaseConnectionsCurrentlyBorrowed'),
      proxyGauge(proxy, 'DatabaseConnectionsCurrentlySessionPinned'),
    ]),
    graph('Open of the limit, pinned of the open', 'percent', [
      proxyShare(proxy, 'DatabaseConnections', 'MaxDatabaseConnectionsAllowed'),
      proxyShare(proxy, 'DatabaseConnectionsCurrentlySessionPinned', 'DatabaseConnections'),
    ]),
    graph('Wait to borrow', 'µs', [proxyBorrowLatency(proxy)]),
    graph('Clients', 'count', [proxyGauge(proxy, 'ClientConnections')]),
    graph('Availability', 'percent', [proxyAvailability(proxy)]),
  ];
}

/** The graphs of the monitor itself: which of its functions fails. */
export function monitorGraphs(functions: readonly MonitorFunction[]): readonly Graph[] {
  const graph = (title: string, count: FunctionCount): Graph => ({
    title,
    unit: 'count',
    metrics: functions.map(({ label, functionName }) => functionMetric(functionName, count).with({ label })),
    lines: [],
  });
  return [graph('Monitor: errors by function', 'Errors'), graph('Monitor: throttles by function', 'Throttles')];
}

/** Makes graphs with a line for each alarm on one of their metrics. Counts get none: a line at 1 would show nothing. */
function graphWith<Subject>(rows: readonly AlarmRow<Subject>[], subject: Subject, thresholds: AlarmThresholds) {
  return (title: string, unit: Unit, metrics: readonly IMetric[]): Graph => {
    const alarms = rows.filter((row) => metrics.some((metric) => isSameMetric(metric, row.metric(subject))));
    const lines = unit === 'count' ? [] : [...new Set(alarms.map((row) => metricThreshold(row, thresholds)))];
    return { title, unit, metrics, lines };
  };
}
