import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import {
  APP_METRICS,
  type AppMetricName,
  METRIC_NAMESPACE,
  METRICS,
  type MetricName,
  POOL_DIMENSION,
} from '../../functions/core/metrics.js';

/** One minute: a sum of a gauge over more than its period would count it several times. */
const PERIOD = Duration.minutes(1);

/** What a caller may choose about a metric. Name, namespace, dimensions and unit are its identity and stay. */
export type ChosenMetricOptions = Omit<MetricOptions, 'dimensionsMap' | 'unit'>;

const ALL_METRICS = { ...METRICS, ...APP_METRICS };

/** A metric of one pool, as the check or the application publishes it. */
export function poolMetric(pool: string, name: MetricName | AppMetricName, options: ChosenMetricOptions = {}): Metric {
  return new Metric({
    period: PERIOD,
    statistic: ALL_METRICS[name].statistic,
    ...options,
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: { [POOL_DIMENSION]: pool },
  });
}

/** Active connections of a pool in percent of its size. */
export function activeShare(pool: string): MathExpression {
  return percentOf('ActiveConnections', 'PoolSize', (name) => poolMetric(pool, name));
}

/** Gauges of an RDS Proxy. Every node of a proxy publishes its own part, so the whole is their sum. */
export type ProxyGauge =
  | 'ClientConnections'
  | 'DatabaseConnections'
  | 'DatabaseConnectionsCurrentlyBorrowed'
  | 'DatabaseConnectionsCurrentlySessionPinned'
  | 'MaxDatabaseConnectionsAllowed';

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.monitoring.html */
export function proxyGauge(proxy: string, metricName: ProxyGauge): Metric {
  return proxyMetric(proxy, metricName, Stats.SUM);
}

/** Mean microseconds a client waits for a connection of an RDS Proxy; no datapoint in a minute without waiting. */
export function proxyBorrowLatency(proxy: string): Metric {
  return proxyMetric(proxy, 'DatabaseConnectionsBorrowLatency', Stats.AVERAGE);
}

/** One gauge of an RDS Proxy in percent of another; no datapoint while the other is 0. */
export function proxyShare(proxy: string, part: ProxyGauge, whole: ProxyGauge): MathExpression {
  return percentOf(part, whole, (name) => proxyGauge(proxy, name));
}

/**
 * Percent of the time in which the targets of an RDS Proxy answered its health checks, the mean over nodes and roles. It
 * is a query, since the metric has no series for the proxy alone: its dimensions are ProxyName, TargetGroup, TargetRole.
 */
export function proxyAvailability(proxy: string): MathExpression {
  return new MathExpression({
    expression: `SELECT AVG(AvailabilityPercentage) FROM SCHEMA("AWS/RDS", ProxyName, TargetGroup, TargetRole) WHERE ProxyName = '${proxy}'`,
    period: PERIOD,
    label: 'AvailabilityPercentage',
  });
}

/** `100 * part / whole`, minute by minute; no datapoint where a term is missing or the whole is 0. */
function percentOf<Name extends string>(part: Name, whole: Name, metricOf: (name: Name) => Metric): MathExpression {
  // Each metric has one id, so that several shares fit into one graph; an id begins with a small letter.
  const [partId, wholeId] = [part, whole].map((name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`) as [
    string,
    string,
  ];
  return new MathExpression({
    expression: `100 * ${partId} / ${wholeId}`,
    usingMetrics: { [partId]: metricOf(part), [wholeId]: metricOf(whole) },
    period: PERIOD,
    label: `${part} / ${whole} (%)`,
  });
}

function proxyMetric(proxy: string, metricName: string, statistic: string): Metric {
  return new Metric({
    namespace: 'AWS/RDS',
    metricName,
    statistic,
    period: PERIOD,
    dimensionsMap: { ProxyName: proxy },
  });
}
