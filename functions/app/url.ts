import { accessSync, constants } from 'node:fs';
import { type ParsedUrl, parseDatabaseUrl } from '../connection/url.js';
import { isKnownParameter, unsupportedParameters } from '../connection/url-parameters.js';
import { SETTINGS, type SettingName, type SettingSource } from '../core/pool-settings.js';
import { received, type Violation } from '../core/validation.js';

/** A pool's connection string, parsed. */
export interface PoolUrl {
  /** Contains the password: never show it. */
  readonly connectionString: string;
  readonly target: ParsedUrl;
  readonly parameters: UrlParameters;
}

/**
 * Parameters that configured the pool of Prisma 6. Prisma 7 and pg ignore them silently, so the pool would not have the
 * settings of the URL.
 *
 * @see https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/databases-connections/connection-pool
 */
export interface UrlParameters {
  /** In the order of precedence, each with one setting, labelled by its parameter. */
  readonly sources: readonly UrlSource[];
  /** Seconds after which a connection is replaced; 0 for never. */
  readonly maxLifetimeSeconds: number;
  readonly applicationName: string | null;
  /** Prisma's schema, which Prisma 7 takes as an option of the adapter. */
  readonly schema: string | null;
  readonly violations: readonly Violation[];
  /** Parameters without an effect, and what to do instead. */
  readonly warnings: readonly string[];
}

export interface UrlSource extends SettingSource {
  readonly setting: SettingName;
}

const MAX_SECONDS = 2_147_483;
/** The setting that replaces a parameter of Prisma 6. */
const SETTING_OF = {
  connection_limit: 'max',
  pool_timeout: 'connectionTimeout',
  connect_timeout: 'connectionTimeout',
  max_idle_connection_lifetime: 'idleTimeout',
} as const;
const LIFETIME = 'max_connection_lifetime';

const USE_SSLMODE = 'use sslmode and sslrootcert instead';
const NOT_NEEDED = 'it is not needed, because statements are not prepared by name';
const SET_ON_ROLE = 'set statement_timeout and similar settings on the role, because poolers reject them at login';
/** Parameters that have no effect any more, and what to do instead. */
const OBSOLETE: Readonly<Record<string, string>> = {
  pgbouncer: NOT_NEEDED,
  statement_cache_size: NOT_NEEDED,
  socket_timeout: SET_ON_ROLE,
  statement_timeout: SET_ON_ROLE,
  options: SET_ON_ROLE,
  sslaccept: USE_SSLMODE,
  sslcert: USE_SSLMODE,
  sslidentity: USE_SSLMODE,
  sslpassword: USE_SSLMODE,
  channel_binding: USE_SSLMODE,
};
/**
 * Parses a pool's connection string. Never throws. Messages show no part of the URL but the values of known parameters.
 *
 * @param label name of the URL in messages: `DATABASE_URL` or `connectionString`
 */
export function readPoolUrl(connectionString: unknown, label: string): PoolUrl | readonly Violation[] {
  if (typeof connectionString !== 'string') {
    const missing = connectionString === undefined ? 'it is not set' : `received a ${typeof connectionString}`;
    return [{ field: label, message: `${label} must be a URL such as postgres://user@host/database; ${missing}` }];
  }
  const parsed = parseDatabaseUrl(connectionString, label, { isStrict: false });
  if (!parsed.ok) {
    return parsed.violations;
  }
  const { caFile } = parsed.url;
  if (caFile !== null && !isReadable(caFile)) {
    return [{ field: label, message: `the file that sslrootcert in ${label} names cannot be read` }];
  }
  const parameters = readUrlParameters(parsed.url, label);
  return { connectionString, target: parsed.url, parameters };
}

/** Never throws. Messages show no part of the URL but the values of known parameters. */
function readUrlParameters({ parameters: searchParams }: ParsedUrl, label: string): UrlParameters {
  const sources: UrlSource[] = [];
  const violations: Violation[] = [];
  const warnings: string[] = [];
  const seconds = (parameter: string): number | null => {
    const text = searchParams.get(parameter);
    if (text === null) {
      return null;
    }
    if (/^\d{1,7}$/.test(text) && Number(text) <= MAX_SECONDS) {
      return Number(text);
    }
    const message = `${parameter} in ${label} must be a whole number of seconds from 0 to ${MAX_SECONDS}, received ${received(text)}`;
    violations.push({ field: label, message });
    return null;
  };
  for (const [parameter, setting] of Object.entries(SETTING_OF)) {
    const value = setting === 'max' ? searchParams.get(parameter) : seconds(parameter);
    if (value === 0) {
      warnings.push(
        `${parameter} in ${label} is 0 (no timeout), which is not supported and has no effect: set ${variable(setting)} instead`,
      );
    } else if (value !== null) {
      const text = typeof value === 'number' ? String(value * 1_000) : value;
      sources.push({ setting, form: 'text', values: { [setting]: text }, label: () => `${parameter} in ${label}` });
    }
  }
  for (const [parameter, advice] of Object.entries(OBSOLETE)) {
    if (searchParams.has(parameter)) {
      warnings.push(`${parameter} in ${label} has no effect: ${advice}`);
    }
  }
  for (const { name, advice } of unsupportedParameters(searchParams)) {
    if (OBSOLETE[name] === undefined) {
      warnings.push(`${name} in ${label} has no effect: ${advice}`);
    }
  }
  const others = [...searchParams.keys()].filter((parameter) => !isKnownParameter(parameter));
  if (others.length > 0) {
    warnings.push(`${label} has unknown parameters, which have no effect: ${others.length} (not shown)`);
  }
  return {
    sources,
    maxLifetimeSeconds: seconds(LIFETIME) ?? 0,
    applicationName: searchParams.get('application_name'),
    schema: searchParams.get('schema'),
    violations,
    warnings,
  };
}

/**
 * A warning for each source of the URL: whether it has an effect, and what to set instead.
 *
 * @param sources all sources, in the order of precedence
 */
export function urlSourceWarnings(urlSources: readonly UrlSource[], sources: readonly SettingSource[]): string[] {
  return urlSources.map((source) => {
    const { setting } = source;
    const label = source.label(setting);
    const inForce = sources.find(({ values }) => values[setting] !== undefined);
    return inForce === source || inForce === undefined
      ? `${label} is ignored by Prisma 7 and pg, but sets ${setting} (${source.values[setting]}) here: set ${variable(setting)} instead`
      : `${label} has no effect: ${inForce.label(setting)} is set`;
  });
}

function variable(setting: SettingName): string {
  return SETTINGS[setting].variable;
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
