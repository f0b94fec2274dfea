import {
  type CloudWatchClient,
  type Metric,
  type MetricDataQuery,
  type MetricDataResult,
  paginateGetMetricData,
  paginateListMetrics,
} from '@aws-sdk/client-cloudwatch';
import { deadlineSignal } from '../../time/deadline.js';
import { shared } from './bounds.js';
import { cloudWatchClient } from './cloudwatch.js';

/** Reads metrics. Import this module with `import()`: a cold start then does not load the SDK behind it. */

/** Milliseconds since 1970, both at the start of a minute; the end is exclusive. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

export interface MetricFilter {
  readonly namespace: string;
  readonly metric: string;
  /** Values by name; null accepts any value. */
  readonly dimensions: Readonly<Record<string, string | null>>;
}

const sharedClient = shared(cloudWatchClient);

/**
 * The results of up to 500 queries, from all pages. A query whose datapoints are spread over pages has several results.
 *
 * @param client @default a client that all pools share
 * @throws what the SDK throws, and an AbortError after `deadlineMs` milliseconds
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export async function getMetricData(
  queries: readonly MetricDataQuery[],
  { start, end }: TimeRange,
  deadlineMs: number,
  client: CloudWatchClient = sharedClient(),
): Promise<MetricDataResult[]> {
  const pages = paginateGetMetricData(
    { client },
    { MetricDataQueries: [...queries], StartTime: new Date(start), EndTime: new Date(end) },
    { abortSignal: deadlineSignal(deadlineMs) },
  );
  const results: MetricDataResult[] = [];
  for await (const { MetricDataResults } of pages) {
    results.push(...(MetricDataResults ?? []));
  }
  return results;
}

/**
 * The series of a metric that have all dimensions of the filter, with its values. CloudWatch lists a new series within 15
 * minutes, and as long as it had a datapoint in the past two weeks.
 *
 * @param client @default a client that all pools share
 * @throws what the SDK throws, and an AbortError after `deadlineMs` milliseconds
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
 */
export async function listMetrics(
  { namespace, metric, dimensions }: MetricFilter,
  deadlineMs: number,
  client: CloudWatchClient = sharedClient(),
): Promise<Metric[]> {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, ...(Value !== null && { Value }) }));
  const pages = paginateListMetrics(
    { client },
    { Namespace: namespace, MetricName: metric, Dimensions },
    { abortSignal: deadlineSignal(deadlineMs) },
  );
  const metrics: Metric[] = [];
  for await (const { Metrics } of pages) {
    metrics.push(...(Metrics ?? []));
  }
  return metrics;
}
