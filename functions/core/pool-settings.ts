import { received, type Violation } from './validation.js';

/** The pool settings: their rows, the precedence of their sources, and their validation, which reports all mistakes. */

export const ENVIRONMENTS = ['development', 'test', 'production'] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

interface SettingRow {
  /** The environment variable of applications and of `npm start`. */
  readonly variable: `DATABASE_POOL_${string}`;
  readonly meaning: string;
  readonly unit: 'connections' | 'milliseconds';
  readonly min: number;
  readonly max: number;
  /** Accepted, with a warning; null if there is no such limit. */
  readonly warnAbove: number | null;
  readonly defaults: Readonly<Record<EnvironmentName, number>>;
}

/**
 * Node.js turns a longer timer into one of 1 ms.
 *
 * @see https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
 */
const MAX_TIMER_MS = 2_147_483_647;

/** One row for each setting. Variables, the keys of `pool` in a definition, validation and documents derive from the rows. */
export const SETTINGS = {
  min: {
    variable: 'DATABASE_POOL_MIN',
    meaning: 'Open connections that the pool keeps even if they are idle.',
    unit: 'connections',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    warnAbove: 50,
    defaults: { development: 2, test: 1, production: 5 },
  },
  max: {
    variable: 'DATABASE_POOL_MAX',
    meaning: 'Maximum number of open connections of one instance.',
    unit: 'connections',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    warnAbove: 100,
    defaults: { development: 10, test: 5, production: 20 },
  },
  idleTimeout: {
    variable: 'DATABASE_POOL_IDLE_TIMEOUT',
    meaning: 'How long an unused connection stays open, in milliseconds.',
    unit: 'milliseconds',
    min: 1_000,
    max: MAX_TIMER_MS,
    warnAbove: null,
    defaults: { development: 10_000, test: 5_000, production: 30_000 },
  },
  connectionTimeout: {
    variable: 'DATABASE_POOL_CONNECTION_TIMEOUT',
    meaning: 'How long a request waits for a connection before it fails, in milliseconds.',
    unit: 'milliseconds',
    min: 1_000,
    max: MAX_TIMER_MS,
    warnAbove: null,
    defaults: { development: 5_000, test: 3_000, production: 10_000 },
  },
} as const satisfies Record<string, SettingRow>;

export type SettingName = keyof typeof SETTINGS;
export type SettingVariable = (typeof SETTINGS)[SettingName]['variable'];

/** The settings of an application's pool. Times are milliseconds. */
export type PoolSettings = { readonly [Name in SettingName]: number };

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** A place where settings are written. The first source that has a value for a setting decides. */
export interface SettingSource {
  /** The name of the setting in this source, such as `DATABASE_POOL_MIN` or `pool.min`. */
  readonly label: (name: SettingName) => string;
  /** `text` takes digits only, as environment variables have them; `json` takes numbers only. */
  readonly form: 'text' | 'json';
  readonly values: Readonly<Partial<Record<SettingName, unknown>>>;
}

/** In order of precedence. A setting that no source has is reported by its name in the first source. */
type SettingSources = readonly [SettingSource, ...SettingSource[]];

export interface SettingsResolution {
  /** Null if there is a violation. */
  readonly settings: PoolSettings | null;
  readonly violations: readonly Violation[];
  readonly warnings: readonly string[];
}

/** The settings in environment variables, as text. */
export function variablesSource(environment: Readonly<Partial<Record<string, string>>>): SettingSource {
  return {
    label: (name) => SETTINGS[name].variable,
    form: 'text',
    values: Object.fromEntries(SETTING_NAMES.map((name) => [name, environment[SETTINGS[name].variable]])),
  };
}

/** The settings in the `pool` key of a definition, as JSON numbers. */
export function definitionSource(pool: Readonly<Partial<Record<SettingName, unknown>>>): SettingSource {
  return { label: (name) => `pool.${name}`, form: 'json', values: pool };
}

/**
 * Resolves the settings in force. Never throws. A default `min` above a `max` that the user wrote is lowered to it, with a
 * warning; a `min` that the user wrote is a violation.
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
    } else if (value > (SETTINGS[name].warnAbove ?? value)) {
      warnings.push(`${label} (${value}) is above ${SETTINGS[name].warnAbove} and may overwhelm PostgreSQL`);
    }
  }
  const { min, max } = found;
  let minimum = min.value;
  if (min.value !== null && max.value !== null && min.value > max.value) {
    if (min.byDefault) {
      minimum = max.value;
      warnings.push(
        `${max.label} (${max.value}) is below the default min of ${environment} (${min.value}): min is lowered to ${max.value}`,
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
  const values = SETTING_NAMES.map((name) => [name, name === 'min' ? minimum : found[name].value]);
  const settings: PoolSettings = Object.fromEntries(values);
  return { settings, violations, warnings };
}

/** The environment whose defaults `NODE_ENV` selects. An unknown name selects production, with a warning. */
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

interface Found {
  readonly label: string;
  readonly raw: unknown;
  /** Null if the value is not accepted. */
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
  const { min, max } = SETTINGS[name];
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max ? (value as number) : null;
}

function accepted(name: SettingName): string {
  const { unit, min, max } = SETTINGS[name];
  return unit === 'milliseconds' ? `a whole number of milliseconds from ${min} to ${max}` : `a whole number >= ${min}`;
}
