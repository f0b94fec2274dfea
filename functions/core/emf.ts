import {
  ALL_METRICS,
  type AppMetricName,
  type Datapoints,
  type MetricDefinition,
  type MetricName,
  POOL_DIMENSION,
} from './metrics.js';

/** One metric of one pool whose value is known. */
export interface Measured {
  readonly name: MetricName | AppMetricName;
  readonly unit: MetricDefinition['unit'];
  readonly value: number;
}

/** The metrics whose values are known, in the order of their table. */
export function measured({ values }: Datapoints): Measured[] {
  return (Object.keys(ALL_METRICS) as (keyof typeof ALL_METRICS)[]).flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [{ name, unit: ALL_METRICS[name].unit, value }];
  });
}

/**
 * Formats the metrics of one pool as a line of CloudWatch's embedded metric format, with the time at which they were
 * measured. CloudWatch Logs makes the same metrics of it as `PutMetricData`. `StorageResolution` is its default, a minute.
 *
 * @param namespace of the metrics, see `namespace.ts`
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emfLine(datapoints: Datapoints, namespace: string): string {
  const metrics = measured(datapoints);
  return JSON.stringify({
    _aws: {
      Timestamp: datapoints.timestamp,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [[POOL_DIMENSION]],
          Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    [POOL_DIMENSION]: datapoints.pool,
    ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
  });
}
