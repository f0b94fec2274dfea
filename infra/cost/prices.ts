/**
 * Prices of AWS in USD: on demand in us-east-1, without tax, free tier and traffic; to decide by, not an offer. Checked on
 * 2026-11-22 in public pages that quote AWS's price lists, which are what counts.
 */
export const PRICES = {
  /** An ACU and hour of Serverless v2. @see https://aws.amazon.com/rds/aurora/pricing/ */
  auroraAcuHour: 0.12,
  /** An ACU and hour, for at least 8 with Serverless v2. @see https://aws.amazon.com/rds/proxy/pricing/ */
  proxyAcuHour: 0.015,
  /** An interface endpoint in one zone, an hour. @see https://aws.amazon.com/privatelink/pricing/ */
  endpointZoneHour: 0.01,
  /** A custom metric, a metric in an alarm, and so on, a month. @see https://aws.amazon.com/cloudwatch/pricing/ */
  customMetric: 0.3,
  alarmMetric: 0.1,
  compositeAlarm: 0.5,
  dashboard: 3,
  /** A call such as PutMetricData or ListMetrics, and a metric that GetMetricData reads. */
  cloudWatchCall: 0.01 / 1_000,
  metricRead: 0.01 / 1_000,
  /** A GB that is written to a log, without keeping it, which is a twentieth of that. */
  logGigabyte: 0.5,
  /** A secret, a month. @see https://aws.amazon.com/secrets-manager/pricing/ */
  secret: 0.4,
  /** On arm64; each millisecond that was begun counts. @see https://aws.amazon.com/lambda/pricing/ */
  lambdaGigabyteSecond: 0.0000133334,
  lambdaInvocation: 0.2 / 1e6,
  /** @see https://aws.amazon.com/eventbridge/pricing/ */
  scheduledInvocation: 1 / 1e6,
  /** A request to an HTTP API. @see https://aws.amazon.com/api-gateway/pricing/ */
  apiRequest: 1 / 1e6,
  /** A trace that is recorded. @see https://aws.amazon.com/xray/pricing/ */
  trace: 5 / 1e6,
} as const;

/** Hours and minutes of a month, as AWS counts it. */
export const HOURS = 730;
export const MINUTES = 60 * HOURS;

/** A line of a bill. */
export interface Cost {
  readonly what: string;
  readonly quantity: number;
  /** USD for each, a month. */
  readonly each: number;
}

/** What the demo costs a month, known before anything is made. */
export const DEMO_COSTS: readonly Cost[] = [
  { what: 'Aurora Serverless v2, ACU (the least that is set)', quantity: 0.5, each: PRICES.auroraAcuHour * HOURS },
  { what: 'RDS Proxy, ACU (the least that is billed)', quantity: 8, each: PRICES.proxyAcuHour * HOURS },
  {
    what: 'interface endpoints (SSM, CloudWatch, RDS) x zones',
    quantity: 6,
    each: PRICES.endpointZoneHour * HOURS,
  },
  { what: 'custom metrics', quantity: 9, each: PRICES.customMetric },
  { what: 'metrics read every minute (by the check alone)', quantity: 9, each: PRICES.metricRead * MINUTES },
  {
    what: 'metrics read every minute while somebody looks at the page',
    quantity: 5,
    each: PRICES.metricRead * MINUTES,
  },
  { what: 'metrics in alarms', quantity: 26, each: PRICES.alarmMetric },
  { what: 'composite alarms', quantity: 1, each: PRICES.compositeAlarm },
  { what: 'dashboards', quantity: 1, each: PRICES.dashboard },
  { what: 'secrets', quantity: 1, each: PRICES.secret },
];

/** What they sum up to. */
export function monthlyUsd(costs: readonly Cost[]): number {
  return costs.reduce((sum, { quantity, each }) => sum + quantity * each, 0);
}

/** The line that a synth of the demo begins with. */
export function demoNotice(): string {
  const largest = [...DEMO_COSTS].sort((a, b) => monthlyUsd([b]) - monthlyUsd([a])).slice(0, 3);
  const parts = largest.map((cost) => `${Math.round(monthlyUsd([cost]))} ${cost.what.replace(/ \(.*/, '')}`);
  return `pool-health: mode "demo" makes a database, an RDS Proxy and a VPC, about ${roundedTo10(monthlyUsd(DEMO_COSTS))} USD a month while it stands (${parts.join(', ')}); "npx cdk destroy" removes it.`;
}

function roundedTo10(usd: number): number {
  return Math.round(usd / 10) * 10;
}
