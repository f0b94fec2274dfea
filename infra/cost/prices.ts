/**
 * AWS prices in USD: on demand in us-east-1, without tax, free tier and data transfer. Estimates: the price lists of AWS are
 * authoritative. Checked on 2026-11-22 on public pages that quote them.
 */
export const PRICES = {
  /** One ACU-hour of Serverless v2. @see https://aws.amazon.com/rds/aurora/pricing/ */
  auroraAcuHour: 0.12,
  /** One ACU-hour; at least 8 ACUs are billed with Serverless v2. @see https://aws.amazon.com/rds/proxy/pricing/ */
  proxyAcuHour: 0.015,
  /** An interface endpoint in one zone, per hour. @see https://aws.amazon.com/privatelink/pricing/ */
  endpointZoneHour: 0.01,
  /** Each per month. @see https://aws.amazon.com/cloudwatch/pricing/ */
  customMetric: 0.3,
  alarmMetric: 0.1,
  compositeAlarm: 0.5,
  dashboard: 3,
  /** A call such as PutMetricData or ListMetrics, and a metric that GetMetricData reads. */
  cloudWatchCall: 0.01 / 1_000,
  metricRead: 0.01 / 1_000,
  /** Writing 1 GB of logs. Storage costs a twentieth of this and is not included. */
  logGigabyte: 0.5,
  /** A secret, per month. @see https://aws.amazon.com/secrets-manager/pricing/ */
  secret: 0.4,
  /** On arm64, billed per started millisecond. @see https://aws.amazon.com/lambda/pricing/ */
  lambdaGigabyteSecond: 0.0000133334,
  lambdaInvocation: 0.2 / 1e6,
  /** @see https://aws.amazon.com/eventbridge/pricing/ */
  scheduledInvocation: 1 / 1e6,
  /** A request to an HTTP API. @see https://aws.amazon.com/api-gateway/pricing/ */
  apiRequest: 1 / 1e6,
  /** A trace that is recorded. @see https://aws.amazon.com/xray/pricing/ */
  trace: 5 / 1e6,
} as const;

/** Hours and minutes of a month, as AWS bills it. */
export const HOURS = 730;
export const MINUTES = 60 * HOURS;

/** A line of a bill. */
export interface Cost {
  readonly what: string;
  readonly quantity: number;
  /** USD for one, per month. */
  readonly each: number;
}

/** The sum of the lines. */
export function monthlyUsd(costs: readonly Cost[]): number {
  return costs.reduce((sum, { quantity, each }) => sum + quantity * each, 0);
}
