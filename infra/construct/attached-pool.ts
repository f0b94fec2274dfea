import * as v from 'valibot';
import type { PoolDefinition } from '../../functions/core/pool-definition-type.js';
import { closed, counting, matching } from '../context-schema.js';
import { poolMistakes } from './pools.js';

/** A pool as the context of an attached deployment names it: its definition, and what network and IAM need. */
export const attachedPool = closed({
  name: v.string('the name of the pool'),
  /** Checked apart, by the same code that checks it when it is read from SSM. */
  definition: v.custom<PoolDefinition>(isObject, 'the definition of the pool, an object'),
  /** Of the proxy or database: gets a rule that lets the functions in. */
  securityGroupId: v.exactOptional(matching(/^sg-[0-9a-f]+$/, 'the id of a security group, "sg-…"')),
  /** Instead of a security group, for a server outside the VPC. */
  cidr: v.exactOptional(matching(/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/, 'an IPv4 range such as "10.1.2.3/32"')),
  /** For a login with IAM at an RDS Proxy. */
  proxyArn: v.exactOptional(
    matching(/^arn:[\w-]+:rds:[\w-]+:\d{12}:db-proxy:prx-[\w-]+$/, 'the ARN of an RDS Proxy, "arn:…:db-proxy:prx-…"'),
  ),
  /** For a login with IAM at the database itself. */
  dbResourceId: v.exactOptional(
    matching(/^(cluster|db)-[A-Z0-9]+$/, 'the resource id of a cluster or instance, "cluster-…" or "db-…"'),
  ),
  /** Whether the RDS Proxy logs in to the database with IAM too. */
  endToEndIam: v.exactOptional(v.boolean('true or false')),
  /** Connections that the proxy or server can give this pool at most. */
  ceiling: v.exactOptional(counting()),
});

export type AttachedPool = v.InferOutput<typeof attachedPool>;

/** A pool as it was written: all that is sure is what a check cannot do without. */
interface WrittenPool extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly definition: Readonly<Record<string, unknown>>;
}

/**
 * The mistakes that the shape of the pools does not show: in the definitions, and between keys. Takes them as they were
 * written, so that these mistakes are found beside those of the shape. Never throws.
 */
export function attachedPoolMistakes(pools: readonly unknown[]): readonly string[] {
  const written = pools.filter(isWrittenPool);
  // The missing name of a login is said below, in the words of this form.
  const checkable = written.map(({ name, definition, ceiling }) => ({
    name,
    definition,
    login: true,
    ...(typeof ceiling === 'number' && { ceiling }),
  }));
  return [
    ...(written.length > 0 || pools.length === 0 ? poolMistakes(checkable) : []),
    ...written.flatMap((pool) => reachMistakes(pool).map((line) => `pool ${JSON.stringify(pool.name)}: ${line}`)),
  ];
}

function reachMistakes({ definition, ...keys }: WrittenPool): readonly string[] {
  const has = (key: keyof AttachedPool) => keys[key] !== undefined;
  const mistakes: string[] = [];
  if (has('securityGroupId') === has('cidr')) {
    mistakes.push('name either securityGroupId (of the proxy or database) or cidr, so that the functions can reach it');
  }
  const isIam = isObject(definition.auth) && definition.auth.type === 'iam';
  if (isIam && has('proxyArn') === has('dbResourceId')) {
    mistakes.push('auth is iam: name either proxyArn (to log in at an RDS Proxy) or dbResourceId (at the database)');
  }
  if (keys.endToEndIam === true && !has('proxyArn')) {
    mistakes.push('endToEndIam is about an RDS Proxy: name its proxyArn, or remove endToEndIam');
  }
  return mistakes;
}

function isWrittenPool(value: unknown): value is WrittenPool {
  return isObject(value) && typeof value.name === 'string' && isObject(value.definition);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
