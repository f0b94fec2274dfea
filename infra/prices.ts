/**
 * What the demo costs a month, in USD: on demand in us-east-1, without tax, free tier and traffic; an estimate to decide
 * by, not an offer. Checked on 2026-11-21 in public pages that quote AWS's price lists, which are what counts:
 *
 * @see https://aws.amazon.com/rds/aurora/pricing/ Aurora Serverless v2: 0.12 per ACU and hour
 * @see https://aws.amazon.com/rds/proxy/pricing/ RDS Proxy: 0.015 per ACU and hour, with Serverless v2 for at least 8 ACU
 * @see https://aws.amazon.com/privatelink/pricing/ interface endpoints: 0.01 per endpoint, zone and hour
 * @see https://aws.amazon.com/cloudwatch/pricing/ metrics 0.30, alarms 0.10 per metric, composite alarms 0.50, dashboards 3,
 * and 0.01 per 1,000 metrics that GetMetricData reads
 * @see https://aws.amazon.com/secrets-manager/pricing/ 0.40 per secret
 */
export interface Cost {
  readonly what: string;
  readonly quantity: number;
  /** USD for each, a month. */
  readonly each: number;
}

/** Hours of a month, as AWS counts it. */
const HOURS = 730;

export const DEMO_COSTS: readonly Cost[] = [
  { what: 'Aurora Serverless v2, ACU (the least that is set)', quantity: 0.5, each: 0.12 * HOURS },
  { what: 'RDS Proxy, ACU (the least that is billed)', quantity: 8, each: 0.015 * HOURS },
  { what: 'interface endpoints (SSM, CloudWatch, RDS) x zones', quantity: 6, each: 0.01 * HOURS },
  { what: 'custom metrics', quantity: 9, each: 0.3 },
  { what: 'metrics read every minute (by the check alone)', quantity: 9, each: (60 * HOURS * 0.01) / 1_000 },
  { what: 'metrics in alarms', quantity: 24, each: 0.1 },
  { what: 'composite alarms', quantity: 1, each: 0.5 },
  { what: 'dashboards', quantity: 1, each: 3 },
  { what: 'secrets', quantity: 1, each: 0.4 },
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
