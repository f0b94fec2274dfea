/**
 * The four pool settings: defaults per environment, precedence of sources, and every rule, all violations at once.
 * Times are milliseconds.
 */

export const ENVIRONMENTS = ['development', 'test', 'production'] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

export interface PoolSettings {
  readonly min: number;
  readonly max: number;
  readonly idleTimeout: number;
  readonly connectionTimeout: number;
}

export type SettingName = keyof PoolSettings;

interface SettingRule {
  readonly variable: `DATABASE_POOL_${string}`;
  readonly least: number;
  readonly most: number;
  readonly warnAbove: number;
  readonly defaults: Readonly<Record<EnvironmentName, number>>;
}

/** Node turns a longer timer into one of 1 ms. @see https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const LONGEST_TIMER = 2_147_483_647;

export const SETTINGS: Readonly<Record<SettingName, SettingRule>> = {
  min: {
    variable: 'DATABASE_POOL_MIN',
    least: 1,
    most: Number.MAX_SAFE_INTEGER,
    warnAbove: 50,
    defaults: { development: 2, test: 1, production: 5 },
  },
  max: {
    variable: 'DATABASE_POOL_MAX',
    least: 1,
    most: Number.MAX_SAFE_INTEGER,
    warnAbove: 100,
    defaults: { development: 10, test: 5, production: 20 },
  },
  idleTimeout: {
    variable: 'DATABASE_POOL_IDLE_TIMEOUT',
    least: 1000,
    most: LONGEST_TIMER,
    warnAbove: Number.POSITIVE_INFINITY,
    defaults: { development: 10_000, test: 5_000, production: 30_000 },
  },
  connectionTimeout: {
    variable: 'DATABASE_POOL_CONNECTION_TIMEOUT',
    least: 1000,
    most: LONGEST_TIMER,
    warnAbove: Number.POSITIVE_INFINITY,
    defaults: { development: 5_000, test: 3_000, production: 10_000 },
  },
};

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** One mistake in an input, in the words of the input: the field, the value received, what is accepted. */
export interface Violation {
  readonly field: string;
  readonly message: string;
}

/** Where settings may come from. The first source that has a value for a setting decides about it. */
export interface SettingSource {
  /** What the user calls the setting in this source, such as `DATABASE_POOL_MIN` or `pool.min`. */
  readonly label: (name: SettingName) => string;
  /** `text` takes digits only, as environment variables have them; `json` takes numbers only. */
  readonly form: 'text' | 'json';
  readonly values: Readonly<Partial<Record<SettingName, unknown>>>;
}

/** In the order of precedence; settings that nobody wrote are called as the first calls them. */
type SettingSources = readonly [SettingSource, ...SettingSource[]];

export interface SettingsResolution {
  /** Null when there is any violation. */
  readonly settings: PoolSettings | null;
  readonly violations: readonly Violation[];
  readonly warnings: readonly string[];
}

/** Settings of environment variables, as text. */
export function variablesSource(environment: Readonly<Partial<Record<string, string>>>): SettingSource {
  return {
    label: (name) => SETTINGS[name].variable,
    form: 'text',
    values: Object.fromEntries(SETTING_NAMES.map((name) => [name, environment[SETTINGS[name].variable]])),
  };
}

/** Settings of the `pool` key of a definition, as JSON numbers. */
export function definitionSource(pool: Readonly<Partial<Record<SettingName, unknown>>>): SettingSource {
  return { label: (name) => `pool.${name}`, form: 'json', values: pool };
}

/**
 * Which settings are in force. Never throws. A default `min` above a `max` that the user wrote is lowered to it, with a
 * warning, since only one of the two is the user's word.
 */
export function resolveSettings(sources: SettingSources, environment: EnvironmentName): SettingsResolution {
  const violations: Violation[] = [];
  const warnings: string[] = [];
  const found = {} as Record<SettingName, Found>;
  for (const name of SETTING_NAMES) {
    found[name] = find(name, sources, environment);
    const { label, value, raw } = found[name];
    if (value === null) {
      violations.push({ field: label, message: `${label} must be ${accepted(name)}, received ${received(raw)}` });
    } else if (value > SETTINGS[name].warnAbove) {
      warnings.push(`${label} (${value}) is above ${SETTINGS[name].warnAbove} and may overwhelm PostgreSQL`);
    }
  }
  const { min, max } = found;
  let minimum = min.value;
  if (min.value !== null && max.value !== null && min.value > max.value) {
    if (min.byDefault) {
      minimum = max.value;
      warnings.push(
        `${max.label} (${max.value}) is below the default min of ${environment} (${min.value}): min is ${max.value} too`,
      );
    } else {
      const origin = max.byDefault ? `, the default of ${environment}` : '';
      const message = `${min.label} (${min.value}) cannot be greater than ${max.label} (${max.value})${origin}`;
      violations.push({ field: min.label, message });
    }
  }
  if (violations.length > 0) {
    return { settings: null, violations, warnings };
  }
  const settings = {
    min: minimum as number,
    max: max.value as number,
    idleTimeout: found.idleTimeout.value as number,
    connectionTimeout: found.connectionTimeout.value as number,
  };
  return { settings, violations, warnings };
}

/** Which column of defaults `NODE_ENV` picks. An unknown name takes production's, with a warning. */
export function environmentFrom(nodeEnv: string | undefined): { environment: EnvironmentName; warnings: string[] } {
  if (nodeEnv === undefined || nodeEnv === '') {
    return { environment: 'development', warnings: [] };
  }
  const known = ENVIRONMENTS.find((name) => name === nodeEnv);
  if (known) {
    return { environment: known, warnings: [] };
  }
  const warning = `NODE_ENV ${received(nodeEnv)} is none of ${ENVIRONMENTS.join(', ')}: the defaults of production apply`;
  return { environment: 'production', warnings: [warning] };
}

/** A value as an error may show it: short, never a connection string, and of an object or a list only that it is one. */
export function received(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return receivedText(value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object';
    default:
      return typeof value;
  }
}

function receivedText(value: string): string {
  if (/:\/\/|[@=]/.test(value)) {
    return 'something like a connection string (not shown)';
  }
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

interface Found {
  readonly label: string;
  readonly raw: unknown;
  /** Null when the value breaks the setting's own rule. */
  readonly value: number | null;
  readonly byDefault: boolean;
}

function find(name: SettingName, sources: SettingSources, environment: EnvironmentName): Found {
  for (const { label, form, values } of sources) {
    const raw = values[name];
    if (raw !== undefined) {
      return { label: label(name), raw, value: read(name, raw, form), byDefault: false };
    }
  }
  const value = SETTINGS[name].defaults[environment];
  return { label: sources[0].label(name), raw: value, value, byDefault: true };
}

function read(name: SettingName, raw: unknown, form: SettingSource['form']): number | null {
  const isDigits = form === 'text' && typeof raw === 'string' && /^\d{1,16}$/.test(raw);
  const value = isDigits ? Number(raw) : raw;
  const { least, most } = SETTINGS[name];
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
    ? (value as number)
    : null;
}

function accepted(name: SettingName): string {
  const { least, most } = SETTINGS[name];
  return most === LONGEST_TIMER
    ? `a whole number of milliseconds from ${least} to ${most}`
    : `a whole number >= ${least}`;
}
