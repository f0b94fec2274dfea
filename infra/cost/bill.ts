import { HISTORY_METRICS } from '../../functions/core/history.js';
import { METRICS } from '../../functions/core/metrics.js';
import { HANDLERS } from '../build/entry-points.js';
import { billedMetrics } from '../monitoring/alarm.js';
import { FUNCTION_ALARMS } from '../monitoring/function-alarms.js';
import { POOL_ALARMS } from '../monitoring/pool-alarms.js';
import { PROXY_ALARMS } from '../monitoring/proxy-alarms.js';
import { type Cost, HOURS, MINUTES, monthlyUsd, PRICES } from './prices.js';

/** Bytes that Lambda and the API write to logs for an invocation without problems, by the line formats of AWS. */
const LOG_BYTES = 600;
/** The check runs every minute. */
const CHECKS = MINUTES;
/** Metrics that a check reads for one pool behind an RDS Proxy: the application's `AppWaiting`, and those of the proxy. */
const METRICS_READ_BY_CHECK = 9;

/** The parts of a CloudFormation template that are read here. */
export interface CostedTemplate {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

/** What the functions do in a month, which no template contains. */
export interface Usage {
  readonly pools: number;
  /** Milliseconds of a check of all pools, and the calls to CloudWatch and the metrics read in it. */
  readonly checkMs: number;
  readonly calls: number;
  readonly metricsRead: number;
  /** Requests per month, and milliseconds of one. */
  readonly gets: number;
  readonly getMs: number;
}

/** The costs of the demo per month, known before it is deployed. */
export const DEMO_COSTS: readonly Cost[] = [
  { what: 'Aurora Serverless v2, ACU (the least that is set)', quantity: 0.5, each: PRICES.auroraAcuHour * HOURS },
  { what: 'RDS Proxy, ACU (the least that is billed)', quantity: 8, each: PRICES.proxyAcuHour * HOURS },
  { what: 'interface endpoints (SSM, CloudWatch, RDS) x zones', quantity: 6, each: PRICES.endpointZoneHour * HOURS },
  { what: 'custom metrics', quantity: Object.keys(METRICS).length, each: PRICES.customMetric },
  {
    what: 'metrics read every minute (by the check alone)',
    quantity: METRICS_READ_BY_CHECK,
    each: PRICES.metricRead * MINUTES,
  },
  {
    what: 'metrics read every minute while the page is open',
    quantity: Object.keys(HISTORY_METRICS).length,
    each: PRICES.metricRead * MINUTES,
  },
  { what: 'metrics in alarms', quantity: demoMetricsInAlarms(), each: PRICES.alarmMetric },
  { what: 'composite alarms', quantity: 1, each: PRICES.compositeAlarm },
  { what: 'dashboards', quantity: 1, each: PRICES.dashboard },
  { what: 'secrets', quantity: 1, each: PRICES.secret },
];

/** The notice that a synth of the demo prints first. */
export function demoNotice(): string {
  const largest = [...DEMO_COSTS].sort((a, b) => monthlyUsd([b]) - monthlyUsd([a])).slice(0, 3);
  const parts = largest.map((cost) => `${Math.round(monthlyUsd([cost]))} ${cost.what.replace(/ \(.*/, '')}`);
  const usd = Math.round(monthlyUsd(DEMO_COSTS) / 10) * 10;
  return `pool-health: mode "demo" creates a database, an RDS Proxy and a VPC. They cost about ${usd} USD a month (${parts.join(', ')}) until "npx cdk destroy" removes them.`;
}

/**
 * The costs of a deployment per month, without the databases that it monitors: the resources in its template, and what the
 * functions do.
 */
export function deploymentCosts(template: CostedTemplate, usage: Usage): readonly Cost[] {
  const of = (type: string) =>
    Object.values(template.Resources).flatMap(({ Type, Properties }) => (Type === type ? [Properties ?? {}] : []));
  const gigabytes = Number(of('AWS::Lambda::Function')[0]?.MemorySize) / 1_024;
  const { pools, checkMs, calls, metricsRead, gets, getMs } = usage;
  const invocation = (ms: number) =>
    PRICES.lambdaInvocation + (Math.ceil(ms) / 1_000) * gigabytes * PRICES.lambdaGigabyteSecond;
  const logged = (LOG_BYTES / 1e9) * PRICES.logGigabyte;
  const traced = of('AWS::Lambda::Function').some(({ TracingConfig }) => TracingConfig !== undefined);
  const zones = of('AWS::EC2::VPCEndpoint').flatMap(({ SubnetIds }) => SubnetIds as readonly unknown[]);
  return [
    { what: 'interface endpoints x zones', quantity: zones.length, each: PRICES.endpointZoneHour * HOURS },
    { what: 'custom metrics', quantity: pools * Object.keys(METRICS).length, each: PRICES.customMetric },
    { what: 'metrics in alarms', quantity: metricsInAlarms(of('AWS::CloudWatch::Alarm')), each: PRICES.alarmMetric },
    { what: 'composite alarms', quantity: of('AWS::CloudWatch::CompositeAlarm').length, each: PRICES.compositeAlarm },
    { what: 'dashboards', quantity: of('AWS::CloudWatch::Dashboard').length, each: PRICES.dashboard },
    { what: 'metrics read', quantity: CHECKS * metricsRead, each: PRICES.metricRead },
    { what: 'calls to CloudWatch', quantity: CHECKS * calls, each: PRICES.cloudWatchCall },
    { what: `checks of ${Math.ceil(checkMs)} ms`, quantity: CHECKS, each: invocation(checkMs) },
    { what: 'schedule', quantity: CHECKS, each: PRICES.scheduledInvocation },
    { what: `GETs of ${Math.ceil(getMs)} ms`, quantity: gets, each: invocation(getMs) + PRICES.apiRequest },
    { what: 'traces', quantity: traced ? CHECKS + gets : 0, each: PRICES.trace },
    { what: 'log entries', quantity: CHECKS + gets, each: logged },
  ];
}

/** One pool, one RDS Proxy, and the functions of the monitor. */
function demoMetricsInAlarms(): number {
  return (
    billedMetrics(POOL_ALARMS, 'demo') +
    billedMetrics(PROXY_ALARMS, 'demo') +
    billedMetrics(
      FUNCTION_ALARMS,
      HANDLERS.map((label) => ({ label, functionName: label })),
    )
  );
}

/** AWS bills an alarm for each metric that it evaluates; a query counts as one. */
function metricsInAlarms(alarms: readonly Readonly<Record<string, unknown>>[]): number {
  const counts = alarms.map(({ Metrics }) => {
    const metrics = (Metrics ?? []) as readonly { readonly MetricStat?: unknown }[];
    return metrics.filter(({ MetricStat }) => MetricStat !== undefined).length || 1;
  });
  return counts.reduce((total, count) => total + count, 0);
}
