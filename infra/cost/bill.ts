import { METRICS } from '../../functions/core/metrics.js';
import { type Cost, HOURS, MINUTES, PRICES } from './prices.js';

/** A template of CloudFormation, as far as it is read here. */
export interface CostedTemplate {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

/** What the functions do in a month, which no template tells. */
export interface Usage {
  readonly pools: number;
  /** Milliseconds of a check of all pools, and calls to CloudWatch and metrics it reads. */
  readonly checkMs: number;
  readonly calls: number;
  readonly metricsRead: number;
  /** Requests a month, and milliseconds of one. */
  readonly gets: number;
  readonly getMs: number;
}

/** Bytes that Lambda and the API write to logs for an invocation that finds nothing wrong, as AWS documents the lines. */
const LOG_BYTES = 600;
/** Reserved for the scheduled function in the template: how often it runs. */
const CHECKS = MINUTES;

/**
 * What a deployment costs a month beside the databases it watches: resources counted in its template, prices of
 * `prices.ts`, and what the functions do.
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

/** An alarm is paid for each metric that it looks at; one on a query counts as one. */
function metricsInAlarms(alarms: readonly Readonly<Record<string, unknown>>[]): number {
  const counts = alarms.map(({ Metrics }) => {
    const metrics = (Metrics ?? []) as readonly { readonly MetricStat?: unknown }[];
    return metrics.filter(({ MetricStat }) => MetricStat !== undefined).length || 1;
  });
  return counts.reduce((total, count) => total + count, 0);
}
