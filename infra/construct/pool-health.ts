import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { AlarmBase, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { Connections, IConnectable, ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { DEPLOYED_ENVIRONMENT } from '../../functions/core/environment.js';
import { DEFAULT_NAMESPACE, namespaceOf, namespaceViolation } from '../../functions/core/namespace.js';
import { PAGE_ROUTES } from '../../functions/core/routes.js';
import { autoPauseNotice } from '../cost/auto-pause.js';
import { Alarms } from '../monitoring/alarms.js';
import { createDashboards } from '../monitoring/dashboard.js';
import { type AlarmThresholds, DEFAULT_THRESHOLDS } from '../monitoring/thresholds.js';
import { type EmailAddresses, Topics } from '../monitoring/topics.js';
import { HealthApi } from './api.js';
import { countInvalidDefinitions, Definitions } from './definitions.js';
import { CheckSchedule, Functions } from './functions.js';
import type { NetworkOptions } from './network.js';
import { PoolMetrics } from './pool-metrics.js';
import { PoolStacks } from './pool-stacks.js';
import {
  type CheckedPool,
  type CheckRoleOfPools,
  checkedPools,
  checkRoles,
  proxiesOf,
  type WatchedPoolProps,
} from './pools.js';

export interface PoolHealthProps {
  /** At least one. */
  readonly pools: readonly WatchedPoolProps[];
  /** The VPC of the functions. @default none: they reach public addresses only */
  readonly network?: NetworkOptions;
  /** First part of the alarms' names, and the dashboard's name. @default the stack's name */
  readonly name?: string;
  /**
   * The CloudWatch namespace of the metrics. Each deployment in an account and region needs its own, and so do the
   * applications with `pool-health/app`: their option `namespace`.
   *
   * @default "PoolHealth" without `name` and with the name "pool-health", "PoolHealth/<name>" with any other
   */
  readonly namespace?: string;
  /** Path of the definitions in SSM. Each deployment in an account and region needs its own. @default "/pool-health" */
  readonly parameterPrefix?: string;
  /**
   * ARNs of the customer's KMS keys that encrypt secrets of the pools. The functions may decrypt with them, through Secrets
   * Manager only.
   *
   * @default none: the secrets have the key of AWS
   */
  readonly secretKeyArns?: readonly string[];
  /** Thresholds of the alarms. @default those of `DEFAULT_THRESHOLDS` */
  readonly thresholds?: Partial<AlarmThresholds>;
  /** E-mail addresses that alarms are sent to. @default none: subscribe to the topics */
  readonly emails?: EmailAddresses;
  /** Access to the page at `GET /health` and to `GET /health/pool`: public, or signed requests only. @default "none" */
  readonly apiAuth?: 'none' | 'iam';
  /** Access to `GET /health/details`, which names users and applications. @default "iam" */
  readonly detailsAuth?: 'none' | 'iam';
  /**
   * Reserved concurrency of the API's function. The check and details then reserve one environment each, the page five. The
   * deployment fails if the account would have too little unreserved concurrency left.
   *
   * @default not reserved: only the throttling of the API limits it
   */
  readonly reservedConcurrency?: number;
  /** How long logs are retained. @default two weeks */
  readonly logRetention?: RetentionDays;
  /**
   * Path or URL of the runbook, for the descriptions of alarms.
   *
   * @default `GET /health/runbook`; with `apiAuth` "iam", which no browser can open, "docs/runbook.md" of pool-health
   */
  readonly runbook?: string;
}

/**
 * Monitors PostgreSQL connection pools: checks them every minute, publishes metrics, raises alarms, and answers
 * `GET /health/pool`.
 *
 * @example
 * const health = new PoolHealth(stack, 'PoolHealth', {
 *   network: { vpc, egress: 'nat' },
 *   pools: [{
 *     name: 'orders',
 *     definition: {
 *       endpoint: proxy.endpoint,
 *       database: 'orders',
 *       user: 'pool_health',
 *       auth: { type: 'iam' },
 *       managed: { kind: 'rds-proxy', name: proxy.dbProxyName },
 *     },
 *     target: proxy,
 *     login: proxy,
 *   }],
 * });
 * health.actNowTopic.addSubscription(onCall);
 */
export class PoolHealth extends PoolMetrics implements IConnectable {
  /** All functions, to grant them more permissions, such as to use the key that encrypts a secret. */
  readonly functions: Functions;
  /** Starts the checks. Make it depend on the resources that a check needs. */
  readonly schedule: CheckSchedule;
  /** Receives the `act-now` alarms. */
  readonly actNowTopic: ITopic;
  /** Receives every other alarm. */
  readonly noticeTopic: ITopic;
  /** By `<pool or proxy>-<alarm>`, such as `orders-act-now`; those of the monitor itself by `<alarm>`, such as `monitor-errors`. */
  readonly alarms: ReadonlyMap<string, AlarmBase>;
  /** The first dashboard. */
  readonly dashboard: Dashboard;
  /** One for up to 75 pools. */
  readonly dashboards: readonly Dashboard[];
  /** The URL of the API, without a slash at the end. */
  readonly apiUrl: string;
  /** The URL of the page. */
  readonly pageUrl: string;
  /** The CloudWatch namespace of the metrics. */
  readonly namespace: string;
  /** Names of the pools. */
  readonly poolNames: readonly string[];
  /** Names of the RDS Proxies in front of them, as far as they are known at synth. */
  readonly proxyNames: readonly string[];
  /** Names of the SSM parameters. */
  readonly parameterNames: readonly string[];
  /** The roles that the databases need; `checkRoleSql` gives the SQL that creates each. */
  readonly checkRoles: readonly CheckRoleOfPools[];
  readonly #api: HealthApi;

  /** @throws Error that lists every mistake in the pools or in the network, or names the one in the namespace */
  constructor(scope: Construct, id: string, props: PoolHealthProps) {
    const pools = checkedPools(props.pools);
    const names = pools.map((each) => each.name);
    const namespace = checkedNamespace(props);
    super(scope, id, names, namespace);
    this.namespace = namespace;
    const parameterPrefix = props.parameterPrefix ?? DEPLOYED_ENVIRONMENT.POOL_HEALTH_PARAMETER_PREFIX.default;
    const logRetention = props.logRetention ?? RetentionDays.TWO_WEEKS;
    this.#warn(pools);
    Annotations.of(this).addInfoV2(
      'pool-health:namespace',
      `The metrics are in the CloudWatch namespace ${namespace}: applications with pool-health/app set it as POOL_HEALTH_NAMESPACE.`,
    );
    this.checkRoles = checkRoles(pools);
    const proxies = proxiesOf(pools);
    this.poolNames = names;
    this.proxyNames = proxies.map((proxy) => proxy.name);
    this.functions = new Functions(this, 'Functions', { ...props, pools, parameterPrefix, namespace, logRetention });
    const { check, pool, details, page } = this.functions;
    const stacks = new PoolStacks(this, pools);
    const scopeOf = (pool: string, main: Construct) => stacks.scopeOf(pool, main);
    this.parameterNames = new Definitions(this, 'Definitions', { pools, parameterPrefix, scopeOf }).parameterNames;
    countInvalidDefinitions(this, 'InvalidDefinitions', check.logGroup, namespace);
    this.schedule = new CheckSchedule(this, 'Schedule', check.lambda);
    this.functions.network?.delay(this.schedule);
    this.#api = new HealthApi(this, 'Api', {
      pool: { handler: pool.lambda, auth: props.apiAuth ?? 'none' },
      page: { handler: page.lambda, auth: props.apiAuth ?? 'none' },
      details: { handler: details.lambda, auth: props.detailsAuth ?? 'iam' },
      logRetention,
    });
    this.apiUrl = this.#api.url;
    this.pageUrl = `${this.apiUrl}${pathOf(PAGE_ROUTES.page)}`;
    const topics = new Topics(this, 'Topics', props.emails ?? {});
    this.actNowTopic = topics.actNow;
    this.noticeTopic = topics.notice;
    const name = props.name ?? Stack.of(this).stackName;
    const monitored = {
      pools: names,
      proxies,
      functions: Object.entries({ check, api: pool, details, page }).map(([label, { lambda }]) => ({
        label,
        functionName: lambda.functionName,
      })),
      thresholds: { ...DEFAULT_THRESHOLDS, ...props.thresholds },
    };
    const isPagePublic = (props.apiAuth ?? 'none') === 'none';
    const linkTo = (route: string) => (isPagePublic ? `${this.#api.endpoint}${pathOf(route)}` : null);
    const links = {
      page: linkTo(PAGE_ROUTES.page),
      runbook: props.runbook ?? linkTo(PAGE_ROUTES.runbook) ?? 'docs/runbook.md',
    };
    const alarms = new Alarms(this, 'Alarms', {
      ...monitored,
      prefix: name,
      namespace,
      links,
      topics,
      scopeOf,
      // The heartbeat alarm goes on while there are no datapoints.
      after: this.schedule.everyMinute,
    });
    this.alarms = alarms.all;
    const dashboards = createDashboards(this, 'Dashboard', { ...monitored, name, namespace, links });
    this.dashboard = dashboards[0];
    this.dashboards = dashboards;
  }

  /**
   * The security group of the interface endpoints that this deployment created, for the `endpointsSecurityGroup` of another
   * deployment in the VPC. Null with another `egress`, and outside a VPC.
   */
  get endpointsSecurityGroup(): ISecurityGroup | null {
    return this.functions.network?.endpointsSecurityGroup ?? null;
  }

  /** Network connections of the functions; empty outside a VPC. */
  get connections(): Connections {
    return this.functions.connections;
  }

  /**
   * Lets a principal call the routes of the API that require a signature.
   *
   * @throws Error if all routes are public
   */
  grantInvokeApi(grantee: IGrantable): readonly Grant[] {
    return this.#api.grantInvoke(grantee);
  }

  #warn(pools: readonly CheckedPool[]): void {
    for (const { name, warnings } of pools) {
      for (const [index, warning] of warnings.entries()) {
        Annotations.of(this).addWarningV2(`pool-health:${name}-${index}`, `pool "${name}": ${warning}`);
      }
    }
    const notice = autoPauseNotice(pools);
    if (notice !== null) {
      Annotations.of(this).addInfoV2('pool-health:auto-pause', notice);
    }
  }
}

/** The path of a route such as `GET /health`. */
function pathOf(route: string): string {
  return route.replace(/^GET /, '');
}

/**
 * The namespace of a deployment's metrics.
 *
 * @throws Error if CloudWatch would not accept it
 */
function checkedNamespace({ namespace, name }: Pick<PoolHealthProps, 'namespace' | 'name'>): string {
  const chosen = namespace ?? (name === undefined ? DEFAULT_NAMESPACE : namespaceOf(name));
  const violation = Token.isUnresolved(chosen) ? null : namespaceViolation('namespace', chosen);
  if (violation) {
    throw new Error(violation.message);
  }
  return chosen;
}
