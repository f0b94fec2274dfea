import * as v from 'valibot';
import { type PoolConfig, seal, type Validation } from './pool-config.js';
import {
  definitionSource,
  ENVIRONMENTS,
  received,
  resolveSettings,
  SETTING_NAMES,
  type Violation,
} from './pool-settings.js';
import { type DefinitionKeys, POOLERS, type PoolerDefinition } from './poolers.js';

/**
 * A pool's definition as it stands in SSM: its schema, and what is made of it. The same check runs at synth.
 */

/** Longest name of a role, database or application_name, in bytes. @see https://www.postgresql.org/docs/current/runtime-config-preset.html */
const NAME_BYTES = 63;
/** Keeps the statement of the check below the 16 KB from which RDS Proxy pins a session. */
const MOST_NAMES = 40;

const name = v.pipe(
  v.string(`a name of 1 to ${NAME_BYTES} bytes`),
  v.check(
    (text) => text.length > 0 && new TextEncoder().encode(text).length <= NAME_BYTES && !/\p{Cc}/u.test(text),
    `a name of 1 to ${NAME_BYTES} bytes without control characters`,
  ),
);
/** Whether a text can name a role or a database. */
export function isName(text: string): boolean {
  return v.is(name, text);
}

const names = v.pipe(
  v.array(name, 'a list of names'),
  v.minLength(1, 'a list of at least one name'),
  v.maxLength(MOST_NAMES, `a list of at most ${MOST_NAMES} names`),
);
const HOST_OR_IPV4 = /^[A-Za-z0-9._-]{1,253}$/;
const IPV6 = /^(?=.*:.*:)[0-9A-Fa-f:.]{2,45}$/;
const endpoint = v.pipe(
  v.string('a host name'),
  v.check(
    (text) => HOST_OR_IPV4.test(text) || IPV6.test(text),
    'a host name or an address, without port, user or scheme',
  ),
);
const wholeFrom = (least: number, most: number) => {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `a whole number >= ${least}` : `a whole number from ${least} to ${most}`;
  return v.pipe(v.number(range), v.safeInteger(range), v.minValue(least, range), v.maxValue(most, range));
};
const numberFrom = (least: number, most: number) => {
  const range = `a number from ${least} to ${most}`;
  return v.pipe(v.number(range), v.minValue(least, range), v.maxValue(most, range));
};
/** An object with these keys and no others. For an unknown key the message is the list of the known ones. */
const strict = <const Entries extends v.ObjectEntries>(entries: Entries) => {
  const keys = Object.keys(entries).join(', ');
  return v.strictObject(entries, ({ expected }) => (expected === 'never' ? keys : `an object with ${keys}`));
};
/** The same where valibot would take an empty list for an object without keys. */
const strictNoList = <const Entries extends v.ObjectEntries>(entries: Entries) => {
  const schema = strict(entries);
  const accepted = `an object with ${Object.keys(entries).join(', ')}`;
  return v.pipe(v.custom<v.InferInput<typeof schema>>(isObject, accepted), schema);
};
const secret = strict({
  type: v.literal('secret', '"secret"'),
  arn: v.pipe(
    v.string('the ARN of a secret'),
    v.regex(/^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+$/, 'the ARN of a secret in Secrets Manager'),
  ),
});

/** The kinds of pooler that a definition can name, each with the keys that it takes. */
const poolers = Object.entries(POOLERS).flatMap(([kind, { keys }]) => (keys === null ? [] : [{ kind, keys }]));
const KEY_SCHEMAS: { readonly [Form in keyof DefinitionKeys]: v.GenericSchema<DefinitionKeys[Form]> } = {
  name,
  secret,
};

function poolerSchema({ kind, keys }: (typeof poolers)[number]) {
  const entries: Record<string, v.GenericSchema> = {};
  for (const [key, form] of Object.entries(keys)) {
    entries[key] = KEY_SCHEMAS[form];
  }
  return strict({ kind: v.literal(kind), ...entries });
}

/** Such as `{"kind": "rds-proxy", "name": ...}`. */
function poolerForm({ kind, keys }: (typeof poolers)[number]): string {
  return `{${[`"kind": "${kind}"`, ...Object.keys(keys).map((key) => `"${key}": ...`)].join(', ')}}`;
}

/** The keys of a definition, those of the type `PoolDefinition`; messages say what is accepted. */
export const DEFINITION = strictNoList({
  endpoint,
  port: v.optional(wholeFrom(1, 65_535), 5432),
  database: name,
  user: name,
  auth: v.variant(
    'type',
    [strict({ type: v.literal('iam') }), secret],
    '{"type": "iam"} or {"type": "secret", "arn": ...}',
  ),
  tls: v.optional(v.picklist(['verify-full', 'off'], '"verify-full" or "off"'), 'verify-full'),
  environment: v.optional(v.picklist(ENVIRONMENTS, `one of ${ENVIRONMENTS.join(', ')}`), 'production'),
  pool: v.optional(
    strictNoList(Object.fromEntries(SETTING_NAMES.map((setting) => [setting, v.optional(v.unknown())]))),
    {},
  ),
  instances: v.optional(wholeFrom(1, Number.MAX_SAFE_INTEGER), 1),
  count: v.optional(strictNoList({ users: v.optional(names), applications: v.optional(names) }), {}),
  sharedUser: v.optional(v.boolean('true or false'), false),
  managed: v.optional(
    v.variant(
      'kind',
      poolers.map(poolerSchema),
      oneOf(poolers.map(poolerForm)),
    ) as unknown as v.GenericSchema<PoolerDefinition>,
  ),
  limits: v.optional(
    strictNoList({
      pinnedPercent: v.optional(numberFrom(0, 100), 20),
      borrowWaitMs: v.optional(numberFrom(0, 3_600_000), 100),
    }),
    {},
  ),
});

const POOL_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** The mistake in a pool's name, or null. The name is part of an SSM path, of a URL and of alarm names. */
export function poolNameViolation(pool: string): Violation | null {
  const message = `a pool's name must be 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, received ${received(pool)}`;
  return POOL_NAME.test(pool) ? null : { field: 'name', message };
}

/** Validates the text of an SSM parameter. Never throws; all mistakes at once. */
export function parseDefinition(pool: string, text: string): Validation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const message = `the definition must be JSON, received ${text.length} characters that are not (not shown)`;
    return { ok: false, violations: [{ field: 'definition', message }] };
  }
  return validateDefinition(pool, value);
}

/** Validates a definition that is already an object. Never throws; all mistakes at once. */
export function validateDefinition(pool: string, value: unknown): Validation {
  const parsed = v.safeParse(DEFINITION, value, { abortPipeEarly: true });
  const poolPart = isObject(value) && isObject(value.pool) ? value.pool : {};
  const environment = environmentOf(value);
  const { settings, violations, warnings } = resolveSettings([definitionSource(poolPart)], environment);
  const nameViolation = poolNameViolation(pool);
  const all = [
    ...(nameViolation ? [nameViolation] : []),
    ...(parsed.issues ?? []).flatMap(toViolations),
    ...violations,
  ];
  if (!parsed.success || settings === null || nameViolation !== null) {
    return { ok: false, violations: all };
  }
  const { environment: _, pool: __, count, managed, ...rest } = parsed.output;
  const config: PoolConfig = {
    ...rest,
    pool,
    settings,
    count: { users: count.users ?? null, applications: count.applications ?? null },
    managed: managed ?? null,
  };
  return { ok: true, config: seal(config), warnings };
}

type Issue = v.BaseIssue<unknown>;

/** Where users write host names and credentials by mistake or by right: a text there is never shown. */
const NEVER_SHOWN = /^(endpoint|managed|(managed\.)?auth(\.arn)?)$/;

function toViolations(issue: Issue): Violation[] {
  const field = v.getDotPath(issue) ?? 'definition';
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const holder = field.slice(0, field.length - `${issue.input}`.length);
    return unknownKeys(issue).map((key) => {
      const message = `unknown key ${received(holder + key)}, accepted are ${issue.message}`;
      return { field: `${holder}${key}`, message };
    });
  }
  if (issue.type === 'strict_object' && issue.input === undefined && issue.path) {
    return [{ field, message: `${field} is missing` }];
  }
  const isAddress = field === 'port' && !/^\d{0,9}$/.test(`${issue.input}`);
  const isHidden = typeof issue.input === 'string' && (isAddress || NEVER_SHOWN.test(field));
  const shown = isHidden ? 'a text (not shown)' : received(issue.input);
  return [{ field, message: `${field} must be ${issue.message}, received ${shown}` }];
}

/** Every unknown key of the object that an issue is about; valibot stops at the first. */
function unknownKeys({ path, message }: Issue): string[] {
  const known = message.split(', ');
  const keys: string[] = [];
  for (const key in Object(path?.at(-1)?.input)) {
    if (!known.includes(key)) {
      keys.push(key);
    }
  }
  return keys;
}

/** Such as `a, b or c`. */
function oneOf(texts: readonly string[]): string {
  return `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

function environmentOf(value: unknown): (typeof ENVIRONMENTS)[number] {
  return (isObject(value) && ENVIRONMENTS.find((known) => known === value.environment)) || 'production';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
