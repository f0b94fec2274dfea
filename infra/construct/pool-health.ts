import { Annotations, Stack } from 'aws-cdk-lib';
import type { AlarmBase, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { Connections, IConnectable } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { DEPLOYED_ENVIRONMENT } from '../../functions/core/environment.js';
import { Alarms } from '../monitoring/alarms.js';
import { createDashboard } from '../monitoring/dashboard.js';
import { type AlarmThresholds, DEFAULT_THRESHOLDS } from '../monitoring/thresholds.js';
import { type EmailAddresses, Topics } from '../monitoring/topics.js';
import { HealthApi } from './api.js';
import { type CheckRoleOfPools, checkRoles } from './check-roles.js';
import { countInvalidDefinitions, Definitions } from './definitions.js';
import { Functions } from './functions.js';
import type { NetworkOptions } from './network.js';
import { PoolMetrics } from './pool-metrics.js';
import { type CheckedPool, checkedPools, type WatchedPoolProps } from './pools.js';
import { proxiesOf } from './proxies.js';
import { validateRoom } from './room.js';
import { CheckSchedule } from './schedule.js';

export interface PoolHealthProps {
  /** At least one. */
  readonly pools: readonly WatchedPoolProps[];
  /** The VPC of the functions. @default none: they reach what is public */
  readonly network?: NetworkOptions;
  /** First part of the alarms' names, and the dashboard's name. @default the stack's name */
  readonly name?: string;
  /** Path of the definitions in SSM; each deployment of an account and region needs its own. @default "/pool-health" */
  readonly parameterPrefix?: string;
  /** @default those of `DEFAULT_THRESHOLDS` */
  readonly thresholds?: Partial<AlarmThresholds>;
  /** @default nobody: subscribe to the topics */
  readonly emails?: EmailAddresses;
  /** Who may read `GET /health`, the page, and `GET /health/pool`: everybody, or signed requests only. @default "none" */
  readonly apiAuth?: 'none' | 'iam';
  /** Who may read `GET /health/details`, which names users and applications. @default "iam" */
  readonly detailsAuth?: 'none' | 'iam';
  /**
   * Environments of the API's function that may run at once; the check, details and the page then have one of their own
   * each. It fails the deployment of an account that would have too few left.
   *
   * @default not reserved: the throttling of the API is the bound
   */
  readonly reservedConcurrency?: number;
  /** @default two weeks */
  readonly logRetention?: RetentionDays;
  /** Where the runbook is, for the descriptions of alarms. @default "docs/runbook.md" of the repository */
  readonly runbook?: string;
}

/**
 * Watches PostgreSQL connection pools: checks them every minute, publishes, alarms, and answers `GET /health/pool`.
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
  /** All functions, to grant them more, such as the key that encrypts a secret. */
  readonly functions: Functions;
  /** When the checks begin; make it depend on what they need. */
  readonly schedule: CheckSchedule;
  /** Told when somebody has to act now. */
  readonly actNowTopic: ITopic;
  /** Told of every other alarm. */
  readonly noticeTopic: ITopic;
  /** By `<pool, proxy or function>-<alarm>`, such as `orders-act-now`. */
  readonly alarms: ReadonlyMap<string, AlarmBase>;
  readonly dashboard: Dashboard;
  /** Where the API answers, without a slash at the end. */
  readonly apiUrl: string;
  /** Names of the SSM parameters. */
  readonly parameterNames: readonly string[];
  /** The roles that the databases need; `checkRoleSql` makes them. */
  readonly checkRoles: readonly CheckRoleOfPools[];
  readonly #api: HealthApi;

  /** @throws Error that lists every mistake in the pools */
  constructor(scope: Construct, id: string, props: PoolHealthProps) {
    const pools = checkedPools(props.pools);
    const names = pools.map((each) => each.name);
    super(scope, id, names);
    const parameterPrefix = props.parameterPrefix ?? DEPLOYED_ENVIRONMENT.POOL_HEALTH_PARAMETER_PREFIX.default;
    const logRetention = props.logRetention ?? RetentionDays.TWO_WEEKS;
    this.#warn(pools);
    validateRoom(this, pools.length);
    this.checkRoles = checkRoles(pools);
    this.functions = new Functions(this, 'Functions', { ...props, pools, parameterPrefix, logRetention });
    const { check, pool, details, page } = this.functions;
    this.parameterNames = new Definitions(this, 'Definitions', { pools, parameterPrefix }).parameterNames;
    countInvalidDefinitions(this, 'InvalidDefinitions', check.logGroup);
    this.schedule = new CheckSchedule(this, 'Schedule', check.lambda);
    this.#api = new HealthApi(this, 'Api', {
      pool: { handler: pool.lambda, auth: props.apiAuth ?? 'none' },
      page: { handler: page.lambda, auth: props.apiAuth ?? 'none' },
      details: { handler: details.lambda, auth: props.detailsAuth ?? 'iam' },
      logRetention,
    });
    this.apiUrl = this.#api.url;
    const topics = new Topics(this, 'Topics', props.emails ?? {});
    this.actNowTopic = topics.actNow;
    this.noticeTopic = topics.notice;
    const name = props.name ?? Stack.of(this).stackName;
    const watched = { pools: names, proxies: proxiesOf(pools) };
    const thresholds = { ...DEFAULT_THRESHOLDS, ...props.thresholds };
    const alarms = new Alarms(this, 'Alarms', {
      ...watched,
      prefix: name,
      runbook: props.runbook ?? 'docs/runbook.md',
      functions: { check: check.lambda, api: pool.lambda, details: details.lambda, page: page.lambda },
      thresholds,
      topics,
    });
    // Before the first check there is nothing to see, which is what the heartbeat alarms on.
    alarms.node.addDependency(this.schedule);
    this.alarms = alarms.all;
    this.dashboard = createDashboard(this, 'Dashboard', {
      ...watched,
      name,
      thresholds,
      alarms: [...alarms.all.values()],
    });
  }

  /** The functions in the network; empty outside a VPC. */
  get connections(): Connections {
    return this.functions.connections;
  }

  /**
   * Lets a principal call those routes of the API that ask for a signature.
   *
   * @throws Error when all of them are public
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
  }
}
