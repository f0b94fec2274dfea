import { Token } from 'aws-cdk-lib';
import type { IConnectable } from 'aws-cdk-lib/aws-ec2';
import { type CheckRole, SESSIONS_PER_POOL } from '../../functions/core/check-role.js';
import { configuredMax, type PoolDefinition, type ValidatedPoolConfig } from '../../functions/core/pool-config.js';
import { validateDefinition } from '../../functions/core/pool-definition.js';
import { parseRdsProxyHost } from '../../functions/core/rds-hosts.js';
import { received } from '../../functions/core/validation.js';
import type { MonitoredProxy } from '../monitoring/alarms.js';
import { type IamLogin, isBehindRdsProxy } from './permissions.js';
import { MAIN_STACK } from './pool-stacks.js';

/** Placeholders for values that are known only at deployment. A port is the only number that a resource can have. */
const ANY_PORT = 5432;
/** Valid as the name of a host, a database, a user and a proxy. */
const ANY_NAME = 'known-at-deployment';
const ANY_SECRET = 'arn:aws:secretsmanager:x:000000000000:secret:known-at-deployment-AbCdEf';

/** A pool to monitor, and what the functions need to reach it. */
export interface WatchedPoolProps {
  /** 1 to 64 letters, digits, ".", "_" or "-". Part of metrics, alarm names, the SSM path and the URL. */
  readonly name: string;
  /** The definition that is written to SSM; may contain values that are known only at deployment. */
  readonly definition: PoolDefinition;
  /**
   * The proxy or database. Its port is opened for the functions. Not used if the functions are outside a VPC.
   *
   * @default no port is opened
   */
  readonly target?: IConnectable;
  /**
   * Grants the login. Required if the definition's `auth` is IAM: the RDS Proxy, cluster or instance, or `iamLogin`.
   *
   * @default none, for a login with a secret
   */
  readonly login?: IamLogin;
  /** True if an RDS Proxy logs in to the database with IAM too (`defaultAuthScheme: IAM_AUTH`). @default false */
  readonly endToEndIam?: boolean;
  /**
   * The largest number of connections that the proxy or server can give this pool. Synth fails if `instances` x `max` is
   * above it.
   *
   * @default not checked
   */
  readonly ceiling?: number;
  /**
   * The stack that contains the alarms and the definition of this pool: 0 for the stack of the construct, n for its nested
   * stack n. A stack may have 500 resources, which are about 35 pools, or 25 with an RDS Proxy each; synth fails with the next number when one is full. A
   * deployed pool cannot get another number in one deployment: CloudFormation would create its alarms again before it deletes
   * the old ones, under the same names.
   *
   * @default 0
   */
  readonly alarmStack?: number;
}

/** A pool with a valid definition. */
export interface CheckedPool extends WatchedPoolProps {
  /** Contains placeholders for values that are known only at deployment. */
  readonly config: ValidatedPoolConfig;
  readonly alarmStack: number;
  /** The RDS Proxy in front of it. Null without one, and if its name is unknown at synth. */
  readonly proxy: string | null;
  readonly warnings: readonly string[];
}

/** A role of the check, and the pools that log in as it. */
export interface CheckRoleOfPools extends CheckRole {
  readonly pools: readonly string[];
}

/** The part of a pool that is validated; `login` only needs to be defined or not. */
type Checkable = Pick<WatchedPoolProps, 'name' | 'ceiling' | 'alarmStack'> & {
  readonly definition: unknown;
  readonly login?: unknown;
};

/** Every mistake in the pools of a deployment, one line each. Never throws. */
export function poolMistakes(pools: readonly Checkable[]): readonly string[] {
  const none = pools.length === 0 ? ['pools is empty: define at least one pool'] : [];
  const names = pools.map(({ name }) => name);
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  return [
    ...none,
    ...twice.map((name) => `pool ${JSON.stringify(name)} is defined twice: give each pool a name of its own`),
    ...pools.flatMap((pool) => mistakesOf(pool).map((line) => `pool ${JSON.stringify(pool.name)}: ${line}`)),
  ];
}

/**
 * The pools with their validated definitions.
 *
 * @throws Error that lists every mistake
 */
export function checkedPools(pools: readonly WatchedPoolProps[]): readonly CheckedPool[] {
  const mistakes = poolMistakes(pools);
  if (mistakes.length > 0) {
    throw new Error(`The pools cannot be deployed:\n${mistakes.map((line) => `- ${line}`).join('\n')}`);
  }
  return pools.flatMap((pool) => {
    const validation = validate(pool);
    const { alarmStack = MAIN_STACK } = pool;
    if (!validation.ok) {
      return [];
    }
    const { config, warnings } = validation;
    return [{ ...pool, alarmStack, proxy: proxyName(pool), config, warnings }];
  });
}

/** The roles that the pools of a deployment need, one for each user and kind of login. */
export function checkRoles(pools: readonly CheckedPool[]): readonly CheckRoleOfPools[] {
  const roles = new Map<string, CheckRoleOfPools>();
  for (const pool of pools) {
    const { name, config, endToEndIam } = pool;
    const withRdsIam = config.auth.type === 'iam' && (!isBehindRdsProxy(pool) || endToEndIam === true);
    const key = JSON.stringify([config.user, withRdsIam]);
    const together = [...(roles.get(key)?.pools ?? []), name];
    const connectionLimit = SESSIONS_PER_POOL * together.length;
    roles.set(key, { user: config.user, connectionLimit, withRdsIam, pools: together });
  }
  return [...roles.values()];
}

/**
 * The RDS Proxies in front of the pools, by their definitions or host names. A proxy that pools share is listed once, with the
 * pool of the lowest `alarmStack`: further pools begin in higher stacks, and must not move its alarms. The lowest number of its
 * pools must stay the same from one deployment to the next: an alarm that moved would clash with itself.
 */
export function proxiesOf(pools: readonly CheckedPool[]): readonly MonitoredProxy[] {
  const proxies = new Map<string, MonitoredProxy>();
  for (const pool of [...pools].sort((one, other) => one.alarmStack - other.alarmStack)) {
    const { proxy: name } = pool;
    if (name !== null && !proxies.has(name)) {
      const label = Token.isUnresolved(name) ? pool.name : name;
      proxies.set(name, { name, label, pool: pool.name });
    }
  }
  return [...proxies.values()];
}

function proxyName({ definition: { managed, endpoint } }: WatchedPoolProps): string | null {
  if (managed) {
    return managed.kind === 'rds-proxy' ? managed.name : null;
  }
  return parseRdsProxyHost(endpoint)?.proxy ?? null;
}

function mistakesOf(pool: Checkable): readonly string[] {
  const validation = validate(pool);
  if (!validation.ok) {
    return validation.violations.map(({ message }) => message);
  }
  const { config } = validation;
  const { ceiling, alarmStack = MAIN_STACK } = pool;
  const mistakes: string[] = [];
  if (ceiling !== undefined && configuredMax(config) > ceiling) {
    const { instances, settings } = config;
    mistakes.push(
      `${instances} instances x max ${settings.max} allow ${configuredMax(config)} connections, more than the ceiling of ${ceiling}: lower pool.max or instances, or raise the limit`,
    );
  }
  if (!Number.isSafeInteger(alarmStack) || alarmStack < MAIN_STACK) {
    mistakes.push(`alarmStack must be a whole number >= ${MAIN_STACK}, received ${received(alarmStack)}`);
  }
  if (config.auth.type === 'iam' && pool.login === undefined) {
    mistakes.push('auth is iam: give "login" the RDS Proxy, cluster or instance that the user logs in to');
  }
  return mistakes;
}

function validate({ name, definition }: Checkable) {
  return validateDefinition(name, withPlaceholders(definition));
}

/** Replaces values that are known only at deployment by placeholders, to validate the rest at synth. */
function withPlaceholders(value: unknown, key = ''): unknown {
  if (Token.isUnresolved(value)) {
    return typeof value === 'number' ? ANY_PORT : key === 'arn' ? ANY_SECRET : ANY_NAME;
  }
  if (Array.isArray(value)) {
    return value.map((inner) => withPlaceholders(inner));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withPlaceholders(inner, name)]));
  }
  return value;
}
