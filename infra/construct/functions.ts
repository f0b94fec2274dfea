import { Duration, Stack } from 'aws-cdk-lib';
import { Connections } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { PoolDefinition } from '../../functions/core/pool-config.js';
import { THROTTLE } from './api.js';
import { HealthFunction } from './health-function.js';
import { Network, type NetworkOptions } from './network.js';
import {
  decryptSecrets,
  isBehindRdsProxy,
  publishMetrics,
  readDefinitions,
  readMetrics,
  readProxies,
} from './permissions.js';
import type { CheckedPool } from './pools.js';

export interface FunctionsProps {
  readonly pools: readonly CheckedPool[];
  readonly parameterPrefix: string;
  /** The CloudWatch namespace of the metrics. */
  readonly namespace: string;
  /** Keys of the customer that encrypt secrets of the pools. */
  readonly secretKeyArns?: readonly string[];
  readonly logRetention: RetentionDays;
  /** @default outside any VPC */
  readonly network?: NetworkOptions;
  /** @default not reserved */
  readonly reservedConcurrency?: number;
}

/**
 * Environments of the page where concurrency is reserved: the burst of one route. With one environment, two people who look
 * at the same time would get 503, and `monitor-throttles` an alarm. The page has a route for each of its three paths and two
 * methods. If the throttle counts each route separately, which is unconfirmed, the API can admit more requests at once, and
 * those without an environment get 503.
 */
const PAGE_CONCURRENCY = THROTTLE.burstLimit;

/** Bytes that the environment variables of a function may have, all together. @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ENVIRONMENT_BYTES = 4_096;

/** The port of a definition without `port`. */
const POSTGRES_PORT = 5432;

/** The functions of the monitor. They can reach every pool, and have permission for the AWS calls they make, no more. */
export class Functions extends Construct {
  /** Runs on the schedule; the only function that publishes metrics. */
  readonly check: HealthFunction;
  /** Answers `GET /health/pool`. */
  readonly pool: HealthFunction;
  /** Answers `GET /health/details`; the only function whose bundle contains Prisma. */
  readonly details: HealthFunction;
  /** Answers the page at `GET /health`, and its history. Runs outside any VPC and calls CloudWatch only. */
  readonly page: HealthFunction;
  /** Null outside a VPC. */
  readonly network: Network | null;
  /** Empty outside a VPC. */
  readonly connections: Connections;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { pools, parameterPrefix, namespace, logRetention, network, reservedConcurrency } = props;
    this.network = network ? this.#network(network, pools) : null;
    this.connections = this.network?.securityGroup.connections ?? new Connections();
    const placement = this.network?.placement ?? null;
    const environment = { POOL_HEALTH_PARAMETER_PREFIX: parameterPrefix, POOL_HEALTH_NAMESPACE: namespace };
    const common = { environment, logRetention, placement };
    this.check = new HealthFunction(this, 'Check', {
      ...common,
      handler: 'check',
      // Pools are checked in parallel, 5 s each, plus a cold start and retries of PutMetricData; the next check is due at 60 s.
      timeout: Duration.seconds(30),
      // The check must run when the account has no concurrency left: the pools are likely to be in trouble then.
      ...(reservedConcurrency !== undefined && { reservedConcurrency: 1 }),
    });
    this.pool = new HealthFunction(this, 'Pool', {
      ...common,
      handler: 'pool',
      timeout: Duration.seconds(15),
      ...(reservedConcurrency !== undefined && { reservedConcurrency }),
    });
    this.details = new HealthFunction(this, 'Details', {
      ...common,
      handler: 'details',
      timeout: Duration.seconds(20),
      ...(reservedConcurrency !== undefined && { reservedConcurrency: 1 }),
    });
    const ofPage = {
      POOL_HEALTH_POOLS: pools.map(({ name }) => name).join(','),
      POOL_HEALTH_NAMESPACE: namespace,
    };
    this.node.addValidation({ validate: () => [...environmentMistakes(ofPage, pools.length)] });
    this.page = new HealthFunction(this, 'Page', {
      handler: 'page',
      environment: ofPage,
      logRetention,
      placement: null,
      memoryMb: 256,
      timeout: Duration.seconds(10),
      ...(reservedConcurrency !== undefined && { reservedConcurrency: PAGE_CONCURRENCY }),
    });
    this.page.role.addToPolicy(readMetrics(false));
    this.check.role.addToPolicy(publishMetrics(namespace));
    for (const target of [this.check, this.pool, this.details]) {
      target.role.addToPolicy(readDefinitions(this, parameterPrefix));
      allowReading(target, pools);
      allowDecryption(target, props);
      for (const pool of pools) {
        allowLogin(target, pool);
      }
    }
  }

  #network(options: NetworkOptions, pools: readonly CheckedPool[]): Network {
    const readsSecrets = pools.some(({ definition }) => secretsOf(definition).length > 0);
    const readsProxies = pools.some(isBehindRdsProxy);
    const network = new Network(this, 'Network', { ...options, readsSecrets, readsProxies });
    for (const { target, definition } of pools) {
      if (target) {
        network.allowTo(target, definition.port ?? POSTGRES_PORT);
      }
    }
    network.warnOfRules();
    return network;
  }
}

/** The mistake of names that are too long together for the page's environment. */
function environmentMistakes(environment: Readonly<Record<string, string>>, pools: number): readonly string[] {
  // Lambda measures the variables as JSON.
  const bytes = Buffer.byteLength(JSON.stringify(environment));
  if (bytes <= MAX_ENVIRONMENT_BYTES) {
    return [];
  }
  return [
    `the names of the ${pools} pools need ${bytes} bytes of environment variables, and Lambda takes ${MAX_ENVIRONMENT_BYTES}: give pools that are not deployed yet shorter names, or deploy some of the pools as a second deployment, with its own name and parameterPrefix`,
  ];
}

function allowReading({ role }: HealthFunction, pools: readonly CheckedPool[]): void {
  const proxied = pools.filter(isBehindRdsProxy);
  role.addToPolicy(readMetrics(proxied.length > 0));
  for (const statement of proxied.length > 0 ? readProxies(proxied) : []) {
    role.addToPolicy(statement);
  }
}

function allowLogin({ role }: HealthFunction, { definition, login }: CheckedPool): void {
  if (definition.auth.type === 'iam') {
    login?.grantConnect(role, definition.user);
  }
  const secrets = secretsOf(definition);
  if (secrets.length > 0) {
    role.addToPolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: secrets }));
  }
}

/** Allows decrypting the secrets of the pools, and nothing else that the keys encrypt. */
function allowDecryption({ role }: HealthFunction, { pools, secretKeyArns = [] }: FunctionsProps): void {
  const readsSecrets = pools.some(({ definition }) => secretsOf(definition).length > 0);
  if (readsSecrets && secretKeyArns.length > 0) {
    role.addToPolicy(decryptSecrets(role, secretKeyArns));
  }
}

/** The secrets that the checks of a pool read: for the login, and for the pooler's console. */
function secretsOf({ auth, managed }: PoolDefinition): string[] {
  const console = managed && 'auth' in managed ? managed.auth : null;
  return [auth, console].flatMap((each) => (each?.type === 'secret' ? [each.arn] : []));
}

/** Runs the check every minute. A run that failed or is late is not repeated, because the next run is due. */
export class CheckSchedule extends Construct {
  readonly everyMinute: Schedule;

  constructor(scope: Construct, id: string, check: IFunction) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [check.functionArn] }));
    this.everyMinute = new Schedule(this, 'EveryMinute', {
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new LambdaInvoke(check, {
        // The target would grant the role every version of the function.
        role: role.withoutPolicyUpdates(),
        retryAttempts: 0,
        maxEventAge: Duration.seconds(60),
      }),
    });
    this.everyMinute.node.addDependency(role);
  }
}
