import { Color, type IMetric, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  ALL_METRICS,
  GRAPHS,
  type GraphName,
  type MetricDefinition,
  type MetricName,
} from '../../functions/core/metrics.js';
import { type AlarmRow, thresholdOf } from './alarm.js';
import { MONITOR_GRAPHS, type MonitorFunction } from './function-alarms.js';
import {
  activeShare,
  type FunctionCount,
  freeConnections,
  functionMetric,
  isSameMetric,
  poolMetric,
  proxyAvailability,
  proxyBorrowLatency,
  proxyBorrowWait,
  proxyGauge,
  proxyShare,
} from './metric-queries.js';
import { POOL_ALARMS } from './pool-alarms.js';
import { PROXY_ALARMS } from './proxy-alarms.js';
import type { AlarmThresholds } from './thresholds.js';

export type Unit = 'percent' | 'count' | 'ms';

const UNITS: Readonly<Record<MetricDefinition['unit'], Unit>> = {
  Percent: 'percent',
  Count: 'count',
  Milliseconds: 'ms',
};

/** What an engineer on call reads first, in this order; the others of the check need no graph of their own. */
const NUMBERS = {
  Utilization: 'Utilization (%)',
  TotalConnections: 'Open',
  PoolSize: 'Limit',
  WaitingRequests: 'Waiting',
  Healthy: 'Healthy (1 yes, 0 no)',
  Saturated: 'Saturated (1 yes, 0 no)',
  CheckDuration: 'Duration of the check (ms)',
} as const satisfies Partial<Record<MetricName, string>>;

/** The metrics of the graph `connections` that CloudWatch draws on top of each other. It draws no lines beside them. */
const STACKED = { ActiveConnections: Color.BLUE, IdleConnections: Color.GREEN } as const satisfies Partial<
  Record<MetricName, string>
>;

/** One graph of a dashboard, for CloudWatch and for Grafana. */
export interface Graph {
  readonly title: string;
  readonly unit: Unit;
  readonly metrics: readonly IMetric[];
  /** Those of the metrics that are drawn on top of each other, and what is left of the limit; null: all are lines. */
  readonly stack: { readonly parts: readonly Metric[]; readonly rest: IMetric } | null;
  /** The thresholds of the alarms on these metrics, in the unit of the graph. */
  readonly lines: readonly number[];
  /** Whether the graph is filled from the percentages on at which utilization is `warning` and `critical`. */
  readonly isBanded: boolean;
}

/** The newest values of one pool, how full it is first, and what the stacked graph leaves out last. */
export function poolNumbers(pool: string, namespace: string): readonly IMetric[] {
  const numbers = Object.entries(NUMBERS) as [keyof typeof NUMBERS, string][];
  const leftOut = metricsIn('connections').filter((metric) => !(metric in NUMBERS || metric in STACKED));
  return [
    ...numbers.map(([metric, label]) => poolMetric(namespace, pool, metric, { label })),
    ...leftOut.map((metric) => poolMetric(namespace, pool, metric)),
  ];
}

/** The graphs of one pool: every metric of the check and the application, in the graph that its row names. */
export function poolGraphs(pool: string, namespace: string, thresholds: AlarmThresholds): readonly Graph[] {
  return graphNames().map((name) => poolGraph(name, pool, namespace, thresholds));
}

/** Those graphs of one pool that show more than its numbers. */
export function poolGraphsBesideNumbers(
  pool: string,
  namespace: string,
  thresholds: AlarmThresholds,
): readonly Graph[] {
  return graphNames()
    .filter((name) => metricsIn(name).some((metric) => !(metric in NUMBERS)) || name === 'utilization')
    .map((name) => poolGraph(name, pool, namespace, thresholds));
}

function graphNames(): readonly GraphName[] {
  return Object.keys(GRAPHS) as GraphName[];
}

function metricsIn(graph: GraphName): readonly (keyof typeof ALL_METRICS)[] {
  const rows = Object.entries(ALL_METRICS) as [keyof typeof ALL_METRICS, MetricDefinition][];
  return rows.flatMap(([metric, row]) => (row.graph === graph ? [metric] : []));
}

function poolGraph(name: GraphName, pool: string, namespace: string, thresholds: AlarmThresholds): Graph {
  const names = metricsIn(name);
  const metrics = names.map((metric) => poolMetric(namespace, pool, metric));
  const unit = UNITS[names[0] ? ALL_METRICS[names[0]].unit : 'Count'];
  const alarms = POOL_ALARMS.map((row) => ({ row, metric: row.metric(pool, namespace) }));
  const graph = graphWith(alarms, thresholds);
  switch (name) {
    case 'utilization':
      return { ...graph(GRAPHS[name], unit, [...metrics, activeShare(pool, namespace)]), isBanded: true };
    case 'connections': {
      const stacked = Object.entries(STACKED) as [keyof typeof STACKED, string][];
      const parts = stacked.map(([metric, color]) => poolMetric(namespace, pool, metric, { color }));
      return { ...graph(GRAPHS[name], unit, metrics), stack: { parts, rest: freeConnections(pool, namespace) } };
    }
    default:
      return graph(GRAPHS[name], unit, metrics);
  }
}

/** The graphs of one RDS Proxy. */
export function proxyGraphs(proxy: string, thresholds: AlarmThresholds): readonly Graph[] {
  const alarmMetrics = PROXY_ALARMS.map((row) => ({ row, metric: row.metric(proxy) }));
  const graph = graphWith(alarmMetrics, thresholds);
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
    graph('Wait to borrow', 'ms', [proxyBorrowWait(proxy)], [proxyBorrowLatency(proxy)]),
    graph('Clients', 'count', [proxyGauge(proxy, 'ClientConnections')]),
    graph('Availability', 'percent', [proxyAvailability(proxy)]),
  ];
}

/** The graphs of the monitor itself: which of its functions fails. */
export function monitorGraphs(functions: readonly MonitorFunction[]): readonly Graph[] {
  const graph = (count: FunctionCount): Graph => ({
    title: MONITOR_GRAPHS[count],
    unit: 'count',
    metrics: functions.map(({ label, functionName }) => functionMetric(functionName, count).with({ label })),
    stack: null,
    lines: [],
    isBanded: false,
  });
  return [graph('Errors'), graph('Throttles')];
}

/** The metric of an alarm, for one subject. */
interface AlarmMetric {
  readonly row: Pick<AlarmRow<never>, 'threshold'>;
  readonly metric: IMetric;
}

/**
 * Makes graphs with a line for each alarm on one of their metrics. Counts get none: a line at 1 would show nothing. What the
 * alarms evaluate may be in another unit than what the graph shows, which is that of their settings.
 */
function graphWith(alarms: readonly AlarmMetric[], thresholds: AlarmThresholds) {
  return (title: string, unit: Unit, metrics: readonly IMetric[], evaluated = metrics): Graph => {
    const shown = alarms.filter((alarm) => evaluated.some((metric) => isSameMetric(metric, alarm.metric)));
    const lines = unit === 'count' ? [] : [...new Set(shown.map(({ row }) => thresholdOf(row, thresholds)))];
    return { title, unit, metrics, stack: null, lines, isBanded: false };
  };
}
