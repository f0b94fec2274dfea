import { Token } from 'aws-cdk-lib';
import type { IConnectable } from 'aws-cdk-lib/aws-ec2';
import { configuredMax, type ValidatedPoolConfig } from '../../functions/core/pool-config.js';
import { validateDefinition } from '../../functions/core/pool-definition.js';
import type { PoolDefinition } from '../../functions/core/pool-definition-type.js';
import type { IamLogin } from './permissions.js';

/** A pool to watch, and what the functions need to reach it. */
export interface WatchedPoolProps {
  /** 1 to 64 letters, digits, ".", "_" or "-". Stands in metrics, alarm names, the SSM path and the URL. */
  readonly name: string;
  /** What is written to SSM; may hold values that are known only at deployment. */
  readonly definition: PoolDefinition;
  /**
   * The proxy or database, opened on its port for the functions. Not used where the functions are outside a VPC.
   *
   * @default nothing is opened
   */
  readonly target?: IConnectable;
  /**
   * Grants the login. Required where the definition's `auth` is IAM: the RDS Proxy, cluster or instance, or `iamLogin`.
   *
   * @default none, for a login with a secret
   */
  readonly login?: IamLogin;
  /** True if an RDS Proxy logs in to the database with IAM too (`defaultAuthScheme: IAM_AUTH`). @default false */
  readonly endToEndIam?: boolean;
  /**
   * Connections that the proxy or server can give this pool at most, where that is known: more promised is a mistake.
   *
   * @default not checked
   */
  readonly ceiling?: number;
}

/** A pool whose definition holds. */
export interface CheckedPool extends WatchedPoolProps {
  /** Values that are known only at deployment are placeholders in here. */
  readonly config: ValidatedPoolConfig;
  readonly warnings: readonly string[];
}

/** What a check reads of a pool; a login that is not known yet is told by its presence. */
type Checkable = Pick<WatchedPoolProps, 'name' | 'ceiling'> & {
  readonly definition: unknown;
  readonly login?: unknown;
};

/** Every mistake in the pools of a deployment, a clear line each. Never throws. */
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
    return validation.ok ? [{ ...pool, config: validation.config, warnings: validation.warnings }] : [];
  });
}

function mistakesOf(pool: Checkable): readonly string[] {
  const validation = validate(pool);
  if (!validation.ok) {
    return validation.violations.map(({ message }) => message);
  }
  const { config } = validation;
  const { ceiling } = pool;
  const mistakes: string[] = [];
  if (ceiling !== undefined && configuredMax(config) > ceiling) {
    const { instances, settings } = config;
    mistakes.push(
      `${instances} instances x max ${settings.max} promise ${configuredMax(config)} connections, above the ceiling of ${ceiling}: lower pool.max or instances, or raise the limit`,
    );
  }
  if (config.auth.type === 'iam' && pool.login === undefined) {
    mistakes.push('auth is iam: give "login" the RDS Proxy, cluster or instance that the user logs in to');
  }
  return mistakes;
}

function validate({ name, definition }: Checkable) {
  return validateDefinition(name, withPlaceholders(definition));
}

/** A value with placeholders for what is known only at deployment, so that the rest can be validated now. */
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

/** The only number of a definition that a resource can have. */
const ANY_PORT = 5432;
/** Fits as the name of a host as well as of a database, a user or a proxy. */
const ANY_NAME = 'known-at-deployment';
const ANY_SECRET = 'arn:aws:secretsmanager:x:000000000000:secret:known-at-deployment';
