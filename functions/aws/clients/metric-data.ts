import {
  type CloudWatchClient,
  type Metric,
  type MetricDataQuery,
  type MetricDataResult,
  paginateGetMetricData,
  paginateListMetrics,
} from '@aws-sdk/client-cloudwatch';
import type { TimeRange } from '../series.js';
import { cloudWatchClient } from './cloudwatch.js';

/** Reading of metrics. Import this module with `import()`, so that no cold start waits for the SDK behind it. */

let shared: CloudWatchClient | undefined;

function sharedClient(): CloudWatchClient {
  shared ??= cloudWatchClient();
  return shared;
}

/**
 * The results of up to 500 queries, all pages; a query whose datapoints are spread over pages has several.
 *
 * @param client @default one that all pools share
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
    { abortSignal: AbortSignal.timeout(deadlineMs) },
  );
  const results: MetricDataResult[] = [];
  for await (const { MetricDataResults } of pages) {
    results.push(...(MetricDataResults ?? []));
  }
  return results;
}

/**
 * The series that a metric has for one value of a dimension, as far as they also have the other dimensions. A new one is
 * listed after 15 minutes at most, and as long as it had a datapoint in the past two weeks.
 *
 * @param client @default one that all pools share
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
    { abortSignal: AbortSignal.timeout(deadlineMs) },
  );
  const metrics: Metric[] = [];
  for await (const { Metrics } of pages) {
    metrics.push(...(Metrics ?? []));
  }
  return metrics;
}

export interface MetricFilter {
  readonly namespace: string;
  readonly metric: string;
  /** Values by name; null for any value. */
  readonly dimensions: Readonly<Record<string, string | null>>;
}
