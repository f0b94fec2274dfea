import { Duration } from 'aws-cdk-lib';
import { Color, type IMetric, MathExpression, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { ALL_METRICS, type AppMetricName, type MetricName, POOL_DIMENSION } from '../../functions/core/metrics.js';

/** One minute: over a longer period, a sum of a gauge would count it several times. */
const PERIOD = Duration.minutes(1);

/** Counts the log entries with the code CONFIG.INVALID: a filter on the check's log makes it, the check does not publish it. */
export const CONFIG_INVALID_METRIC = 'ConfigInvalid';

/** What a caller may choose about a metric. Name, namespace, dimensions and unit are its identity and stay. */
export type ChosenMetricOptions = Omit<MetricOptions, 'dimensionsMap' | 'unit'>;

/** Gauges of an RDS Proxy. Each node of a proxy publishes its own part, so the gauge of the proxy is the sum. */
export type ProxyGauge =
  | 'ClientConnections'
  | 'DatabaseConnections'
  | 'DatabaseConnectionsCurrentlyBorrowed'
  | 'DatabaseConnectionsCurrentlySessionPinned'
  | 'MaxDatabaseConnectionsAllowed';

/** A metric of one pool of the deployment with that namespace, as the check or the application publishes it. */
export function poolMetric(
  namespace: string,
  pool: string,
  name: MetricName | AppMetricName,
  options: ChosenMetricOptions = {},
): Metric {
  return metricOf(namespace, pool, name, { statistic: ALL_METRICS[name].statistic, ...options });
}

/** Active connections of a pool in percent of its size. */
export function activeShare(pool: string, namespace: string): MathExpression {
  return percentOf('ActiveConnections', 'PoolSize', (name) => poolMetric(namespace, pool, name));
}

/** Connections that a pool can still open; 0 where more are open than it can have. */
export function freeConnections(pool: string, namespace: string): MathExpression {
  return new MathExpression({
    expression: 'IF(poolSize > totalConnections, poolSize - totalConnections, 0)',
    usingMetrics: {
      poolSize: poolMetric(namespace, pool, 'PoolSize'),
      totalConnections: poolMetric(namespace, pool, 'TotalConnections'),
    },
    period: PERIOD,
    label: 'Free, up to the limit',
    color: Color.GREY,
  });
}

/** 1 in a minute in which connections are open and none is idle, otherwise 0. */
export function noIdleConnections(pool: string, namespace: string): MathExpression {
  return new MathExpression({
    expression: 'IF(total > 0 AND idle < 1, 1, 0)',
    usingMetrics: {
      total: poolMetric(namespace, pool, 'TotalConnections'),
      idle: poolMetric(namespace, pool, 'IdleConnections'),
    },
    period: PERIOD,
    label: 'No idle connection',
  });
}

/** How often the check found the definition of a pool invalid. */
export function invalidDefinitions(pool: string, namespace: string): Metric {
  return metricOf(namespace, pool, CONFIG_INVALID_METRIC, { statistic: Stats.SUM });
}

/** A gauge of an RDS Proxy. @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.monitoring.html */
export function proxyGauge(proxy: string, metricName: ProxyGauge): Metric {
  return proxyMetric(proxy, metricName, Stats.SUM);
}

/** Mean microseconds that a client of an RDS Proxy waits for a connection; no datapoint in a minute without a wait. */
export function proxyBorrowLatency(proxy: string): Metric {
  return proxyMetric(proxy, 'DatabaseConnectionsBorrowLatency', Stats.AVERAGE);
}

/** The same in milliseconds, for people. */
export function proxyBorrowWait(proxy: string): MathExpression {
  return new MathExpression({
    expression: 'databaseConnectionsBorrowLatency / 1000',
    usingMetrics: { databaseConnectionsBorrowLatency: proxyBorrowLatency(proxy) },
    period: PERIOD,
    label: 'Mean wait (ms)',
  });
}

/** One gauge of an RDS Proxy in percent of another; no datapoint while the other is 0. */
export function proxyShare(proxy: string, part: ProxyGauge, whole: ProxyGauge): MathExpression {
  return percentOf(part, whole, (name) => proxyGauge(proxy, name));
}

/**
 * Percent of the time in which the writer behind an RDS Proxy passed its health checks, the mean over the proxy's nodes. A query,
 * because the metric has no series for the proxy alone: its dimensions are ProxyName, TargetGroup and TargetRole. The query leaves
 * the readers out, whose series a proxy without readers has too, at 0. It does not name the writer's role, which CloudWatch does
 * not spell as the RDS API does.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
 */
export function proxyAvailability(proxy: string): MathExpression {
  return new MathExpression({
    expression: `SELECT AVG(AvailabilityPercentage) FROM SCHEMA("AWS/RDS", ProxyName, TargetGroup, TargetRole) WHERE ProxyName = '${proxy}' AND TargetRole != 'READ_ONLY'`,
    period: PERIOD,
    label: 'AvailabilityPercentage',
  });
}

/** How often a function failed, or was refused an environment to run in. */
export type FunctionCount = 'Errors' | 'Throttles';

/**
 * A count of several functions together. Lambda publishes nothing for a minute without an invocation, which is the usual
 * minute of the details and the page: such a minute counts as 0, so that it does not hide the errors of another function.
 *
 * @param functionNames by what they are called here, such as `check`
 */
export function functionsSum(
  functionNames: Readonly<Record<string, string>>,
  metricName: FunctionCount,
): MathExpression {
  const metrics = Object.entries(functionNames).map(([label, name]) => [label, functionMetric(name, metricName)]);
  return new MathExpression({
    expression: 'SUM(FILL(METRICS(), 0))',
    usingMetrics: Object.fromEntries(metrics),
    period: PERIOD,
    label: metricName,
  });
}

/** A count of one function. */
export function functionMetric(functionName: string, metricName: FunctionCount): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    statistic: Stats.SUM,
    period: PERIOD,
    dimensionsMap: { FunctionName: functionName },
  });
}

/** Whether two metrics show the same number. */
export function isSameMetric(one: IMetric, other: IMetric): boolean {
  return identityOf(one) === identityOf(other);
}

function identityOf(metric: IMetric): string {
  if (metric instanceof MathExpression) {
    return metric.expression;
  }
  const { namespace, metricName, statistic } = metric.toMetricConfig().metricStat ?? {};
  return JSON.stringify([namespace, metricName, statistic]);
}

/** `100 * part / whole`, minute by minute; no datapoint where a term is missing or the whole is 0. */
function percentOf<Name extends string>(part: Name, whole: Name, gaugeOf: (name: Name) => Metric): MathExpression {
  // Ids must begin with a small letter. Each metric has one id, so several shares fit into one graph.
  const [partId, wholeId] = [part, whole].map((name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`) as [
    string,
    string,
  ];
  return new MathExpression({
    expression: `100 * ${partId} / ${wholeId}`,
    usingMetrics: { [partId]: gaugeOf(part), [wholeId]: gaugeOf(whole) },
    period: PERIOD,
    label: `${part} / ${whole} (%)`,
  });
}

function metricOf(namespace: string, pool: string, metricName: string, options: ChosenMetricOptions): Metric {
  return new Metric({
    period: PERIOD,
    ...options,
    namespace,
    metricName,
    dimensionsMap: { [POOL_DIMENSION]: pool },
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
