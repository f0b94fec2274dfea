import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as v from 'valibot';
import { DEFAULT_NAME, NAMESPACE_FORM, NAMESPACE_PATTERN } from '../functions/core/namespace.js';
import type { PoolDefinition } from '../functions/core/pool-config.js';
import { numberInRange, wholeNumber } from '../functions/core/schema.js';
import { isObject, received } from '../functions/core/validation.js';
import { PARAMETER_PREFIX } from './construct/definitions.js';
import { EGRESS, egressMistakes } from './construct/network.js';
import { MAIN_STACK } from './construct/pool-stacks.js';
import { poolMistakes } from './construct/pools.js';
import { THRESHOLD_SETTINGS, type ThresholdName } from './monitoring/thresholds.js';
import { nameMistakes } from './names.js';
import { PROXY_ARN, placeMistakes, type Target } from './target.js';

/**
 * The context "pool-health" of cdk.json: its schema, and how it is read. The keys that both modes have are optional; their
 * defaults are those of `PoolHealthProps`.
 */

/** The context of a deployment is invalid; the message lists every mistake. */
export class ContextError extends Error {
  constructor(readonly mistakes: readonly string[]) {
    const lines = mistakes.map((mistake) => `- ${mistake}`).join('\n');
    super(`The context "pool-health" in cdk.json cannot be deployed. Correct ${count(mistakes)}:\n${lines}`);
    this.name = 'ContextError';
  }
}

const percent = numberInRange(0, 100);
const positive = v.pipe(v.number('a number above 0'), v.gtValue(0, 'a number above 0'));
const THRESHOLD_SCHEMAS = { percent, positive };
const emails = v.array(
  v.pipe(v.string('an e-mail address'), v.email('an e-mail address')),
  'a list of e-mail addresses',
);
const retentionDays = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

/** One key for each alarm threshold that may be set. */
const thresholdEntries = Object.fromEntries(
  THRESHOLD_SETTINGS.map(({ setting, accepts }) => [setting, v.exactOptional(THRESHOLD_SCHEMAS[accepts])]),
) as Readonly<Record<ThresholdName, v.ExactOptionalSchema<typeof percent | typeof positive, undefined>>>;

const both = {
  /** Name of the stack and of the dashboard, first part of the alarms' names. */
  name: v.optional(
    matching(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'up to 64 letters, digits or "-", beginning with a letter'),
    DEFAULT_NAME,
  ),
  namespace: v.exactOptional(matching(NAMESPACE_PATTERN, NAMESPACE_FORM)),
  parameterPrefix: v.exactOptional(matching(PARAMETER_PREFIX.pattern, PARAMETER_PREFIX.form)),
  thresholds: v.exactOptional(closed(thresholdEntries)),
  emails: v.exactOptional(closed({ actNow: v.exactOptional(emails), notice: v.exactOptional(emails) })),
  apiAuth: v.exactOptional(v.picklist(['none', 'iam'], '"none" or "iam"')),
  detailsAuth: v.exactOptional(v.picklist(['none', 'iam'], '"none" or "iam"')),
  reservedConcurrency: v.exactOptional(wholeNumber(1)),
  logRetentionDays: v.exactOptional(v.picklist(retentionDays, `one of ${retentionDays.join(', ')}`)),
  runbook: v.exactOptional(matching(/^\S{1,200}$/, 'a path or URL without spaces, of at most 200 characters')),
};

const securityGroupId = matching(/^sg-[0-9a-f]+$/, 'the id of a security group, "sg-…"');
const subnetIds = v.array(matching(/^subnet-[0-9a-f]+$/, 'the id of a subnet, "subnet-…"'), 'a list of subnet ids');

/** A pool in the context of an attached deployment: its definition, and what network and IAM need. */
const attachedPool = closed({
  name: v.string('the name of the pool'),
  /** Validated separately, by the code that validates a definition from SSM. */
  definition: v.custom<PoolDefinition>(isObject, 'the definition of the pool, an object'),
  /** The security group of the proxy or database: gets a rule that admits the functions. */
  securityGroupId: v.exactOptional(securityGroupId),
  /** Instead of a security group, for a server outside the VPC. */
  cidr: v.exactOptional(matching(/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/, 'an IPv4 range such as "10.1.2.3/32"')),
  /** For a login with IAM at an RDS Proxy. */
  proxyArn: v.exactOptional(matching(PROXY_ARN, 'the ARN of an RDS Proxy, "arn:…:db-proxy:prx-…"')),
  /** For a login with IAM at the database. */
  dbResourceId: v.exactOptional(
    matching(/^(cluster|db)-[A-Z0-9]+$/, 'the resource id of a cluster or instance, "cluster-…" or "db-…"'),
  ),
  /** Whether the RDS Proxy logs in to the database with IAM too. */
  endToEndIam: v.exactOptional(v.boolean('true or false')),
  /** The largest number of connections that the proxy or server can give this pool. */
  ceiling: v.exactOptional(wholeNumber(1)),
  /** The stack with the pool's alarms and definition: 0 the main stack, n the nested stack n. */
  alarmStack: v.exactOptional(wholeNumber(MAIN_STACK)),
});

/** The keys of the context. Messages say what is accepted. */
export const CONTEXT = v.variant(
  'mode',
  [
    closed({ mode: v.literal('demo'), ...both }),
    closed({
      mode: v.literal('attach'),
      ...both,
      vpcId: matching(/^vpc-[0-9a-f]+$/, 'the id of a VPC, "vpc-…"'),
      subnetIds: v.pipe(
        subnetIds,
        v.minLength(
          1,
          'at least one subnet of the VPC; with two in different zones, checks continue when one zone fails',
        ),
      ),
      egress: v.picklist(
        EGRESS,
        '"nat" (the subnets already reach AWS), "endpoints" (creates interface endpoints) or "existing" (the VPC has them)',
      ),
      secretKeyArns: v.exactOptional(
        v.array(
          matching(/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/, 'the ARN of a KMS key, "arn:…:key/…"'),
          'a list of ARNs of KMS keys',
        ),
      ),
      endpointsSecurityGroupId: v.exactOptional(securityGroupId),
      endpointSubnetIds: v.exactOptional(v.pipe(subnetIds, v.minLength(1, 'at least one subnet of the VPC'))),
      pools: v.array(attachedPool, 'a list of pools'),
    }),
  ],
  '"demo" (a disposable demo environment, also with "-c mode=demo") or "attach" (monitors existing pools)',
);

export type Options = v.InferOutput<typeof CONTEXT>;
export type AttachOptions = Extract<Options, { mode: 'attach' }>;
export type AttachedPool = AttachOptions['pools'][number];

/** A pool as the user wrote it, valid or not, with the two keys that validation needs. */
interface WrittenPool extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly definition: Readonly<Record<string, unknown>>;
}

/**
 * The options of a deployment.
 *
 * @param context the value of "pool-health": an object from cdk.json, or JSON text from `cdk -c pool-health='{…}'`
 * @param mode the value of `cdk -c mode=…`, for a context without a mode
 * @param target where it is deployed to; null if unknown
 * @throws ContextError that lists every mistake
 */
export function readContext(context: unknown, mode?: unknown, target: Target | null = null): Options {
  const value = withMode(typeof context === 'string' ? parse(context) : (context ?? {}), mode);
  const parsed = v.safeParse(CONTEXT, value);
  const mistakes = [
    ...shapeMistakes(parsed.issues ?? []),
    ...mistakesInName(value),
    ...mistakesInNetwork(value),
    ...mistakesInPools(value, target),
  ];
  if (!parsed.success || mistakes.length > 0) {
    throw new ContextError(mistakes);
  }
  return parsed.output;
}

/** There is no default mode, and none replaces another: a demo is deployed, and existing pools attached, only on request. */
function withMode(context: unknown, mode: unknown): unknown {
  if (mode === undefined || !isObject(context)) {
    return context;
  }
  if (context.mode !== undefined && context.mode !== mode) {
    throw new ContextError([
      `mode is ${received(context.mode)}, and "-c mode" is ${received(mode)}: leave out one of them`,
    ]);
  }
  return { ...context, mode };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ContextError(['the context must be JSON, such as {"mode": "demo"}']);
  }
}

/** The mistakes between the name and other keys. */
function mistakesInName(context: unknown): readonly string[] {
  const named = v.safeParse(v.looseObject({ name: both.name }), context);
  if (!named.success) {
    return [];
  }
  const { name, mode, parameterPrefix } = named.output;
  return nameMistakes(name, { hasPrefix: parameterPrefix !== undefined, isDemo: mode === 'demo' });
}

/** The mistakes between the keys of the network. */
function mistakesInNetwork(context: unknown): readonly string[] {
  const attach = v.safeParse(v.looseObject({ mode: v.literal('attach'), egress: v.picklist(EGRESS) }), context);
  if (!attach.success) {
    return [];
  }
  const { egress, endpointsSecurityGroupId: group, endpointSubnetIds: subnets } = attach.output;
  const names = { group: 'endpointsSecurityGroupId', subnets: 'endpointSubnetIds' };
  return egressMistakes(egress, { group: group !== undefined, subnets: subnets !== undefined }, names);
}

/**
 * The mistakes that the schema does not find: in the definitions, and between keys of a pool. Reads the pools as they were
 * written, so that these mistakes are reported together with those of the schema.
 */
function mistakesInPools(context: unknown, target: Target | null): readonly string[] {
  const attach = v.safeParse(v.object({ mode: v.literal('attach'), pools: v.array(v.unknown()) }), context);
  if (!attach.success) {
    return [];
  }
  const { pools } = attach.output;
  const written = pools.filter(isWrittenPool);
  // `reachMistakes` reports a missing login in the words of the context.
  const checkable = written.map(({ name, definition, ceiling }) => ({
    name,
    definition,
    login: true,
    ...(typeof ceiling === 'number' && { ceiling }),
  }));
  return [
    ...(written.length > 0 || pools.length === 0 ? poolMistakes(checkable) : []),
    ...written.flatMap((pool) => reachMistakes(pool).map((line) => `pool ${JSON.stringify(pool.name)}: ${line}`)),
    ...placeMistakes(written, target),
  ];
}

/** Mistakes in how the functions reach a pool and log in to it. */
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
    mistakes.push('endToEndIam is for RDS Proxy only: add the proxyArn of the proxy, or remove endToEndIam');
  }
  return mistakes;
}

function isWrittenPool(value: unknown): value is WrittenPool {
  return isObject(value) && typeof value.name === 'string' && isObject(value.definition);
}

/**
 * A schema of an object that accepts these keys only. Unlike `strictObject`, which stops at the first unknown key, it
 * reports each unknown key together with the known ones, and for a missing key it reports what the key accepts.
 */
function closed<const Entries extends v.ObjectEntries>(entries: Entries) {
  const unknown = v.never(`unknown key; known here are ${Object.keys(entries).join(', ')}`);
  return v.objectWithRest(entries, unknown, ({ path }) => {
    const missing = entries[String(path?.[0].key)];
    return (missing && v.safeParse(missing, undefined).issues?.[0].message) ?? 'an object';
  });
}

/** A schema of a string that matches a pattern. @param accepted the accepted form in words */
function matching(pattern: RegExp, accepted: string) {
  return v.pipe(v.string(accepted), v.regex(pattern, accepted));
}

/** The mistakes that a schema found, one line each: the field, what it accepts, the value received. */
function shapeMistakes(issues: readonly v.BaseIssue<unknown>[]): readonly string[] {
  return issues.map((issue) => {
    const field = v.getDotPath(issue) ?? 'the context';
    if (issue.type === 'never') {
      return `${field}: ${issue.message}`;
    }
    if (issue.input === undefined) {
      return `${field} is missing: it must be ${issue.message}`;
    }
    // `received` hides e-mail addresses, because they look like secrets; in the context they are none.
    const value = field.startsWith('emails') ? JSON.stringify(issue.input) : received(issue.input);
    return `${field} must be ${issue.message}, received ${value}`;
  });
}

function count({ length }: readonly string[]): string {
  return length === 1 ? 'this' : `these ${length}`;
}
