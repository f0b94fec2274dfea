import * as v from 'valibot';
import { type PoolConfig, seal, type Validation } from './config.js';
import {
  definitionSource,
  ENVIRONMENTS,
  received,
  resolveSettings,
  SETTING_NAMES,
  type Violation,
} from './settings.js';

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
    (text) => text.length > 0 && new TextEncoder().encode(text).length <= NAME_BYTES && !hasControlCharacter(text),
    `a name of 1 to ${NAME_BYTES} bytes without control characters`,
  ),
);
const names = v.pipe(
  v.array(name, 'a list of names'),
  v.minLength(1, 'a list of at least one name'),
  v.maxLength(MOST_NAMES, `a list of at most ${MOST_NAMES} names`),
);
const endpoint = v.pipe(
  v.string('a host name'),
  v.regex(/^[A-Za-z0-9._:-]{1,253}$/, 'a host name or an address, without port, user or scheme'),
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
const secret = v.strictObject({
  type: v.literal('secret'),
  arn: v.pipe(
    v.string('the ARN of a secret'),
    v.regex(/^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+$/, 'the ARN of a secret in Secrets Manager'),
  ),
});

const definition = v.strictObject(
  {
    endpoint,
    port: v.optional(wholeFrom(1, 65_535), 5432),
    database: name,
    user: name,
    auth: v.variant(
      'type',
      [v.strictObject({ type: v.literal('iam') }), secret],
      '{"type": "iam"} or {"type": "secret", "arn": ...}',
    ),
    tls: v.optional(v.picklist(['verify-full', 'off'], '"verify-full" or "off"'), 'verify-full'),
    environment: v.optional(v.picklist(ENVIRONMENTS, `one of ${ENVIRONMENTS.join(', ')}`), 'production'),
    pool: v.optional(
      v.strictObject(
        Object.fromEntries(SETTING_NAMES.map((setting) => [setting, v.optional(v.unknown())])),
        `an object with ${SETTING_NAMES.join(', ')}`,
      ),
      {},
    ),
    instances: v.optional(wholeFrom(1, Number.MAX_SAFE_INTEGER), 1),
    count: v.optional(
      v.strictObject(
        { users: v.optional(names), applications: v.optional(names) },
        'an object with users, applications',
      ),
      {},
    ),
    sharedUser: v.optional(v.boolean('true or false'), false),
    managed: v.optional(
      v.variant(
        'kind',
        [
          v.strictObject({ kind: v.literal('none') }),
          v.strictObject({ kind: v.literal('rds-proxy'), name }),
          v.strictObject({ kind: v.literal('pgbouncer'), user: name, auth: secret }),
        ],
        '{"kind": "rds-proxy", "name": ...}, {"kind": "pgbouncer", "user": ..., "auth": ...} or {"kind": "none"}',
      ),
    ),
    limits: v.optional(
      v.strictObject(
        { pinnedPercent: v.optional(numberFrom(0, 100), 20), borrowWaitMs: v.optional(numberFrom(0, 3_600_000), 100) },
        'an object with pinnedPercent, borrowWaitMs',
      ),
      {},
    ),
  },
  'a JSON object',
);

/** What a definition may hold, as a user writes it. */
export type PoolDefinition = Omit<v.InferInput<typeof definition>, 'pool'> & { pool?: Partial<PoolConfig['settings']> };

const POOL_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** The mistake in a pool's name, or null. The name is part of an SSM path, of a URL and of alarm names. */
export function poolNameViolation(pool: string): Violation | null {
  const message = `a pool's name must be 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, received ${received(pool)}`;
  return POOL_NAME.test(pool) ? null : { field: 'name', message };
}

/** Validates the text of an SSM parameter. Never throws; all mistakes at once. */
export function parseDefinition(pool: string, text: string): Validation {
  const reserved: Violation[] = [];
  let value: unknown;
  try {
    value = JSON.parse(text, (key, inner: unknown) => {
      if (key in Object.prototype) {
        reserved.push({ field: key, message: `unknown key "${key}"` });
        return undefined;
      }
      return inner;
    });
  } catch {
    return {
      ok: false,
      violations: [{ field: 'definition', message: `the definition must be JSON, received ${received(text)}` }],
    };
  }
  const validation = validateDefinition(pool, value);
  if (reserved.length === 0) {
    return validation;
  }
  return { ok: false, violations: validation.ok ? reserved : [...reserved, ...validation.violations] };
}

/** Validates a definition that is already an object. Never throws; all mistakes at once. */
export function validateDefinition(pool: string, value: unknown): Validation {
  const parsed = v.safeParse(definition, value);
  const poolPart = isObject(value) && isObject(value.pool) ? value.pool : {};
  const environment = parsed.success ? parsed.output.environment : environmentOf(value);
  const { settings, violations, warnings } = resolveSettings([definitionSource(poolPart)], environment);
  const nameViolation = poolNameViolation(pool);
  const all = [...(nameViolation ? [nameViolation] : []), ...(parsed.issues ?? []).map(toViolation), ...violations];
  if (!parsed.success || settings === null || all.length > 0) {
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

function toViolation(issue: Issue): Violation {
  const field = v.getDotPath(issue) ?? 'definition';
  const isMissing = issue.input === undefined;
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return { field, message: `unknown key "${field}"` };
  }
  if (issue.type === 'strict_object' && isMissing && issue.path) {
    return { field, message: `${field} is missing` };
  }
  const accepted = issue.message.startsWith('Invalid ') ? `${issue.expected}` : issue.message;
  return { field, message: `${field} must be ${accepted}, received ${received(issue.input)}` };
}

function environmentOf(value: unknown): (typeof ENVIRONMENTS)[number] {
  return (isObject(value) && ENVIRONMENTS.find((known) => known === value.environment)) || 'production';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f');
}
