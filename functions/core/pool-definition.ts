import * as v from 'valibot';
import { hasControlCharacters } from './control-characters.js';
import { idleLimitMs, type PoolConfig, seal, type Validation } from './pool-config.js';
import {
  definitionSource,
  ENVIRONMENTS,
  type EnvironmentName,
  resolveSettings,
  SETTING_NAMES,
} from './pool-settings.js';
import { type DefinitionKeys, POOLERS, type PoolerDefinition } from './poolers.js';
import { numberInRange, strictKeys, strictObject, wholeNumber } from './schema.js';
import { alternatives, isObject, received, type Violation } from './validation.js';

/** The validation of a pool's definition, as it is in SSM. The same code runs at synth. */

/**
 * Maximum length of a role, database or application_name, in bytes.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-preset.html
 */
const MAX_NAME_BYTES = 63;
/** Keeps the check's statement below 16 KB, from which RDS Proxy pins a session. */
const MAX_NAMES = 40;
/** Unknown keys of one object that are named; the others are only counted. */
const MAX_UNKNOWN_KEYS = 10;
const HOST_OR_IPV4 = /^[A-Za-z0-9._-]{1,253}$/;
const IPV6 = /^(?=.*:.*:)[0-9A-Fa-f:.]{2,45}$/;
const POOL_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/**
 * A secret's full ARN. Without its last six characters it matches no policy of the functions, and reading it is denied.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
 */
const SECRET_ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/;
/** Fields where users may write host names and credentials, on purpose or by mistake: their texts are never shown. */
const NEVER_SHOWN = /^(endpoint|auth|managed|tls|environment)(\.|$)/;
/** Unknown keys that may be shown. A text with digits or other characters may be a password that slipped into the key. */
const SHOWN_KEY = /^[A-Za-z_-]{1,40}$/;
/** Limits of a pool whose definition sets none: a pinned share in percent, and a mean wait in milliseconds. */
export const DEFAULT_LIMITS = { pinnedPercent: 20, borrowWaitMs: 100 } as const;

const name = v.pipe(
  v.string(`a name of 1 to ${MAX_NAME_BYTES} bytes`),
  v.check(
    (text) => text.length > 0 && new TextEncoder().encode(text).length <= MAX_NAME_BYTES && !hasControlCharacters(text),
    `a name of 1 to ${MAX_NAME_BYTES} bytes without control characters`,
  ),
);

/** Whether a text can be the name of a role or a database. */
export function isName(text: string): boolean {
  return v.is(name, text);
}

/** @see https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-APPLICATION-NAME */
const applicationName = v.pipe(
  name,
  v.regex(
    /^[ -~]+$/,
    'a name of printable ASCII characters, since PostgreSQL escapes all others in an application_name',
  ),
);

/** Checks the length before the names, so that a huge list is one violation. */
function namesOf(item: v.GenericSchema<string>) {
  return v.pipe(
    v.array(v.unknown(), 'a list of names'),
    v.minLength(1, 'a list of at least one name'),
    v.maxLength(MAX_NAMES, `a list of at most ${MAX_NAMES} names`),
    v.array(item),
  );
}

const endpoint = v.pipe(
  v.string('a host name'),
  v.check(
    (text) => HOST_OR_IPV4.test(text) || IPV6.test(text),
    'a host name or an address, without port, user or scheme',
  ),
);
const secret = strictKeys({
  type: v.literal('secret', '"secret"'),
  arn: v.pipe(
    v.string('the ARN of a secret'),
    v.regex(SECRET_ARN, 'the full ARN of a secret in Secrets Manager, which ends with "-" and six characters'),
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
  if (kind !== 'none') {
    entries.size = v.optional(wholeNumber(1));
  }
  return strictKeys({ kind: v.literal(kind), ...entries });
}

/** Such as `{"kind": "rds-proxy", "name": ...}`. */
function poolerForm({ kind, keys }: (typeof poolers)[number]): string {
  return `{${[`"kind": "${kind}"`, ...Object.keys(keys).map((key) => `"${key}": ...`)].join(', ')}}`;
}

/** The schema of a definition: the keys of `PoolDefinition`. */
export const DEFINITION = strictObject({
  endpoint,
  port: v.optional(wholeNumber(1, 65_535), 5432),
  database: name,
  user: name,
  auth: v.variant(
    'type',
    [strictKeys({ type: v.literal('iam') }), secret],
    '{"type": "iam"} or {"type": "secret", "arn": ...}',
  ),
  tls: v.optional(v.picklist(['verify-full', 'off'], '"verify-full" or "off"'), 'verify-full'),
  environment: v.optional(v.picklist(ENVIRONMENTS, `one of ${ENVIRONMENTS.join(', ')}`), 'production'),
  pool: v.optional(
    strictObject(Object.fromEntries(SETTING_NAMES.map((setting) => [setting, v.optional(v.unknown())]))),
    {},
  ),
  instances: v.optional(wholeNumber(1), 1),
  count: v.optional(
    strictObject({ users: v.optional(namesOf(name)), applications: v.optional(namesOf(applicationName)) }),
    {},
  ),
  sharedUser: v.optional(v.boolean('true or false'), false),
  managed: v.optional(
    v.variant(
      'kind',
      poolers.map(poolerSchema),
      alternatives(poolers.map(poolerForm)),
    ) as unknown as v.GenericSchema<PoolerDefinition>,
  ),
  limits: v.optional(
    strictObject({
      pinnedPercent: v.optional(numberInRange(0, 100), DEFAULT_LIMITS.pinnedPercent),
      borrowWaitMs: v.optional(numberInRange(0, 3_600_000), DEFAULT_LIMITS.borrowWaitMs),
    }),
    {},
  ),
  utilization: v.optional(v.picklist(['open', 'active'], '"open" or "active"')),
  role: v.optional(v.picklist(['primary', 'standby', 'any'], '"primary", "standby" or "any"')),
});

/** The mistake in a pool's name, or null. The name is part of an SSM path, of a URL path and of alarm names. */
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
  const { environment: _, pool: __, count, managed, utilization, role, ...rest } = parsed.output;
  const config: PoolConfig = {
    ...rest,
    pool,
    settings,
    count: { users: count.users ?? null, applications: count.applications ?? null },
    managed: managed ?? null,
    utilization: utilization ?? null,
    role: role ?? null,
    idleLimitMs: poolPart.idleTimeout === undefined ? null : idleLimitMs(settings.idleTimeout),
  };
  return { ok: true, config: seal(config), warnings };
}

type Issue = v.BaseIssue<unknown>;

function toViolations(issue: Issue): Violation[] {
  const field = v.getDotPath(issue) ?? 'definition';
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const holder = field.slice(0, field.length - `${issue.input}`.length);
    const { keys, more } = unknownKeys(issue);
    const violations = keys.map((key) => {
      const name = SHOWN_KEY.test(key) ? `${holder}${key}` : null;
      const shown = name === null ? `in ${holder.slice(0, -1) || 'the definition'} (not shown)` : received(name);
      return { field: name ?? `${holder}(not shown)`, message: `unknown key ${shown}, accepted are ${issue.message}` };
    });
    const rest = { field: holder.slice(0, -1) || 'definition', message: `unknown keys that are not listed: ${more}` };
    return more > 0 ? [...violations, rest] : violations;
  }
  if (issue.type === 'strict_object' && issue.input === undefined && issue.path) {
    return [{ field, message: `${field} is missing` }];
  }
  const isAddress = field === 'port' && !/^\d{0,9}$/.test(`${issue.input}`);
  const isHidden = typeof issue.input === 'string' && (isAddress || NEVER_SHOWN.test(field));
  const shown = isHidden ? 'a text (not shown)' : received(issue.input);
  return [{ field, message: `${field} must be ${issue.message}, received ${shown}` }];
}

/** The first unknown keys of the object that an issue is about, and how many more it has; valibot stops at the first. */
function unknownKeys({ path, message }: Issue): { readonly keys: readonly string[]; readonly more: number } {
  const known = message.split(', ');
  const keys: string[] = [];
  let found = 0;
  for (const key in Object(path?.at(-1)?.input)) {
    if (!known.includes(key)) {
      found += 1;
      if (keys.length < MAX_UNKNOWN_KEYS) {
        keys.push(key);
      }
    }
  }
  return { keys, more: found - keys.length };
}

function environmentOf(value: unknown): EnvironmentName {
  return (isObject(value) && ENVIRONMENTS.find((known) => known === value.environment)) || 'production';
}
