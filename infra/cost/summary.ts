import type { App } from 'aws-cdk-lib';
import type { PoolHealth } from '../construct/pool-health.js';
import { deploymentCosts, synthesizedTemplate } from './bill.js';
import { type Cost, monthlyUsd } from './prices.js';

/** Milliseconds of a check, more than most take: it is billed in cents. */
const CHECK_MS = 200;
/** Lines that would show 0.00 are left out. */
const MIN_SHOWN_USD = 0.005;

/**
 * What a synth ends with: what the deployment contains, and each part of what it costs a month.
 *
 * @param mode of a demo the lines include its database and RDS Proxy
 */
export function summaryOf(app: App, health: PoolHealth, mode: 'demo' | 'attach'): string {
  const { poolNames, proxyNames, namespace, alarms, dashboards } = health;
  const usage = {
    pools: poolNames.length,
    namespace,
    proxies: proxyNames.length,
    checkMs: CHECK_MS,
    gets: 0,
    getMs: 0,
  };
  const costs = deploymentCosts(synthesizedTemplate(app), usage);
  const contents = [
    counted(poolNames.length, 'pool'),
    counted(alarms.size, 'alarm'),
    counted(dashboards.length, 'dashboard'),
  ];
  return [
    `pool-health: ${contents.join(', ')}. About ${Math.round(monthlyUsd(costs))} USD a month:`,
    ...costs.filter((cost) => monthlyUsd([cost]) >= MIN_SHOWN_USD).map(line),
    'Prices of us-east-1, without free tier, tax, data transfer, requests to the API and the metrics that the page reads.',
    mode === 'demo'
      ? 'Mode "demo" creates a database, an RDS Proxy and a VPC. "npx cdk destroy -c mode=demo" removes everything.'
      : 'The databases and poolers are not included.',
  ].join('\n');
}

function line(cost: Cost): string {
  const { what, quantity, each } = cost;
  const usd = monthlyUsd([cost]).toFixed(2).padStart(9);
  return `${usd}  ${what}: ${figure(quantity)} x ${figure(each)}`;
}

function figure(value: number): string {
  return value.toLocaleString('en-US', value < 1 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 });
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
