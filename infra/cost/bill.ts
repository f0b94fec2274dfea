import { readFileSync } from 'node:fs';
import type { App } from 'aws-cdk-lib';
import { METRICS } from '../../functions/core/metrics.js';
import { DEFAULT_NAMESPACE } from '../../functions/core/namespace.js';
import { templateFiles } from '../template-files.js';
import { type Cost, HOURS, MINUTES, PRICES } from './prices.js';

/** Bytes that Lambda and the API write to logs for an invocation without problems, by the line formats of AWS. */
const LOG_BYTES = 600;
/** The check runs every minute. */
const CHECKS = MINUTES;
/** The API reads metrics at most this often while it answers requests, and lists the series of a proxy as often as the check. */
const FIVE_MINUTES = MINUTES / 5;
/** Metrics of an RDS Proxy that are read for its pools together. */
export const METRICS_READ_OF_A_PROXY = 8;
/** Metrics that one PutMetricData takes. */
const MAX_METRICS_PUBLISHED = 1_000;
/** ACUs that an RDS Proxy is billed for at least, in front of Serverless v2. */
const MIN_PROXY_ACUS = 8;

/** The parts of CloudFormation templates that are read here. */
export interface CostedTemplate {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

/** What the functions do in a month, which no template contains. */
export interface Usage {
  readonly pools: number;
  /** The CloudWatch namespace of the metrics. */
  readonly namespace: string;
  /** RDS Proxies in front of them. */
  readonly proxies: number;
  /** Milliseconds of a check of all pools. */
  readonly checkMs: number;
  /** Requests per month, evenly spread, and milliseconds of one. */
  readonly gets: number;
  readonly getMs: number;
}

/** The resources in the templates of an app, nested stacks included. Synthesizes the app unless it was already. */
export function synthesizedTemplate(app: App): CostedTemplate {
  const resources = templateFiles(app).flatMap(({ stack, path }) => {
    const { Resources }: CostedTemplate = JSON.parse(readFileSync(path, 'utf8'));
    return Object.entries(Resources).map(([id, resource]) => [`${stack}/${id}`, resource] as const);
  });
  return { Resources: Object.fromEntries(resources) };
}

/**
 * The costs of a deployment per month: the resources in its templates, and what the functions do. Databases and proxies are
 * included only if the deployment creates them, as a demo does. Of metrics that applications publish, the costs of reading
 * them are those of applications that publish none.
 */
export function deploymentCosts(template: CostedTemplate, usage: Usage): readonly Cost[] {
  const of = (type: string) =>
    Object.values(template.Resources).flatMap(({ Type, Properties }) => (Type === type ? [Properties ?? {}] : []));
  const gigabytes = Number(of('AWS::Lambda::Function')[0]?.MemorySize) / 1_024;
  const { pools, namespace, proxies, checkMs, gets, getMs } = usage;
  const published = pools * Object.keys(METRICS).length;
  const invocation = (ms: number) =>
    PRICES.lambdaInvocation + (Math.ceil(ms) / 1_000) * gigabytes * PRICES.lambdaGigabyteSecond;
  const logged = (LOG_BYTES / 1e9) * PRICES.logGigabyte;
  const traced = of('AWS::Lambda::Function').some(({ TracingConfig }) => TracingConfig !== undefined);
  const zones = of('AWS::EC2::VPCEndpoint').flatMap(({ SubnetIds }) => SubnetIds as readonly unknown[]);
  const clusters = of('AWS::RDS::DBCluster') as readonly Cluster[];
  const proxyAcus = of('AWS::RDS::DBProxy').length * MIN_PROXY_ACUS;
  const acus = clusters.reduce((sum, cluster) => sum + (cluster.ServerlessV2ScalingConfiguration?.MinCapacity ?? 0), 0);
  const secrets = clusters.filter(({ ManageMasterUserPassword }) => ManageMasterUserPassword).length;
  const readers = gets > 0 ? 2 : 1;
  // The default namespace is another one: it is looked in every hour.
  const looks = FIVE_MINUTES + (namespace === DEFAULT_NAMESPACE ? 0 : HOURS);
  return [
    { what: 'RDS Proxy, ACUs (the least that is billed)', quantity: proxyAcus, each: PRICES.proxyAcuHour * HOURS },
    { what: 'Aurora Serverless v2, ACUs (the minimum)', quantity: acus, each: PRICES.auroraAcuHour * HOURS },
    { what: 'secrets', quantity: secrets, each: PRICES.secret },
    { what: 'interface endpoints x zones', quantity: zones.length, each: PRICES.endpointZoneHour * HOURS },
    { what: 'custom metrics', quantity: published, each: PRICES.customMetric },
    { what: 'metrics in alarms', quantity: metricsInAlarms(of('AWS::CloudWatch::Alarm')), each: PRICES.alarmMetric },
    { what: 'composite alarms', quantity: of('AWS::CloudWatch::CompositeAlarm').length, each: PRICES.compositeAlarm },
    { what: 'dashboards', quantity: of('AWS::CloudWatch::Dashboard').length, each: PRICES.dashboard },
    {
      what: 'metrics of RDS Proxies read by the check',
      quantity: CHECKS * proxies * METRICS_READ_OF_A_PROXY,
      each: PRICES.metricRead,
    },
    {
      what: 'metrics of RDS Proxies read by the API',
      quantity: gets > 0 ? FIVE_MINUTES * proxies * METRICS_READ_OF_A_PROXY : 0,
      each: PRICES.metricRead,
    },
    { what: 'metrics of applications read', quantity: looks * pools * readers, each: PRICES.metricRead },
    {
      what: 'calls to CloudWatch',
      quantity: CHECKS * Math.ceil(published / MAX_METRICS_PUBLISHED) + FIVE_MINUTES * proxies * readers,
      each: PRICES.cloudWatchCall,
    },
    { what: `checks of ${Math.ceil(checkMs)} ms`, quantity: CHECKS, each: invocation(checkMs) },
    { what: 'schedule', quantity: CHECKS, each: PRICES.scheduledInvocation },
    { what: `GETs of ${Math.ceil(getMs)} ms`, quantity: gets, each: invocation(getMs) + PRICES.apiRequest },
    { what: 'traces', quantity: traced ? CHECKS + gets : 0, each: PRICES.trace },
    { what: 'log entries', quantity: CHECKS + gets, each: logged },
  ];
}

/** The parts of an Aurora Serverless v2 cluster with one instance. */
interface Cluster {
  readonly ServerlessV2ScalingConfiguration?: { readonly MinCapacity: number };
  readonly ManageMasterUserPassword?: boolean;
}

/** AWS bills an alarm for each metric that it evaluates; a query counts as one. */
function metricsInAlarms(alarms: readonly Readonly<Record<string, unknown>>[]): number {
  const counts = alarms.map(({ Metrics }) => {
    const metrics = (Metrics ?? []) as readonly { readonly MetricStat?: unknown }[];
    return metrics.filter(({ MetricStat }) => MetricStat !== undefined).length || 1;
  });
  return counts.reduce((total, count) => total + count, 0);
}
