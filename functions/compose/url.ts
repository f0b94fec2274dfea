import type { SSMClient } from '@aws-sdk/client-ssm';
import { failureName, UnexpectedAnswer } from '../aws/errors.js';
import { type ParsedUrl, parseDatabaseUrl, type UrlResult } from '../connection/url.js';
import { idleLimitMs, type PoolConfig, seal, type ValidatedPoolConfig, type Validation } from '../core/pool-config.js';
import { DEFAULT_LIMITS, parseDefinition } from '../core/pool-definition.js';
import {
  definitionSource,
  type EnvironmentName,
  environmentFrom,
  resolveSettings,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  type SettingSource,
  type SettingsResolution,
  variablesSource,
} from '../core/pool-settings.js';
import { received, type Violation } from '../core/validation.js';

/** Name of the pool that a URL stands for. */
export const URL_POOL = 'local';
const PARAMETER_TIMEOUT_MS = 5_000;

/** Environment variables as they are set for this process. */
type Variables = Readonly<Partial<Record<string, string>>>;

/** The keys of a definition that apply to a URL too. */
type DefinedParts = Pick<PoolConfig, 'instances' | 'count' | 'limits' | 'utilization' | 'role'>;

const DEFAULT_PARTS: DefinedParts = {
  instances: 1,
  count: { users: null, applications: null },
  limits: DEFAULT_LIMITS,
  utilization: null,
  role: null,
};

/** The pool settings in force, parsed. */
export interface LocalSettings extends SettingsResolution {
  /** Whose defaults apply where neither a variable nor the definition has a value. */
  readonly environment: EnvironmentName;
  readonly parts: DefinedParts & Pick<PoolConfig, 'idleLimitMs'>;
  /** The definition; null without a valid one. */
  readonly definition: ValidatedPoolConfig | null;
  /** Of each setting that a variable sets, the name of the variable. */
  readonly variables: Readonly<Partial<Record<SettingName, string>>>;
}

export interface UrlInput {
  /** A `postgres://` URL, as the user wrote it. */
  readonly url: string;
  /** What the user calls the URL, for mistakes in it. @default DATABASE_URL */
  readonly label?: 'DATABASE_URL' | '--url';
  /** `POOL_HEALTH_SHARED_USER`, as the user wrote it: whether the application logs in as the user of the URL too. */
  readonly sharedUser: string | undefined;
  readonly settings: LocalSettings;
}

/** The pool of a URL: everything that a user wrote about it, parsed once. */
export interface UrlPool {
  /** How to log in; null if the URL is not valid. */
  readonly url: ParsedUrl | null;
  readonly settings: LocalSettings;
  /** The configuration, or all mistakes in the URL, the variables and the definition. */
  readonly validation: Validation;
  /** The same with default settings if there are mistakes in the settings: the address can still be diagnosed. */
  readonly withDefaults: Validation;
}

/**
 * The text of the definition: of the SSM parameter that `POOL_HEALTH_PARAMETER` names, otherwise `POOL_HEALTH_DEFINITION`.
 *
 * @throws Error of one line if the parameter cannot be read
 */
export async function readDefinition(variables: Variables): Promise<string | undefined> {
  if (!variables.POOL_HEALTH_PARAMETER) {
    return variables.POOL_HEALTH_DEFINITION;
  }
  // Loaded only here: most runs need no client of AWS.
  const { ssmClient } = await import('../aws/clients/ssm.js');
  return await readParameter(ssmClient(), variables.POOL_HEALTH_PARAMETER);
}

/**
 * The text of one SSM parameter.
 *
 * @param timeoutMs for all attempts together
 * @throws Error of one line with the name of the failure
 */
export async function readParameter(
  client: SSMClient,
  name: string,
  timeoutMs = PARAMETER_TIMEOUT_MS,
): Promise<string> {
  try {
    const { getParameter } = await import('../aws/clients/ssm.js');
    const text = await getParameter(name, timeoutMs, client);
    if (text === undefined) {
      throw new UnexpectedAnswer();
    }
    return text;
  } catch (error) {
    throw new Error(
      `POOL_HEALTH_PARAMETER could not be read from SSM (${failureName(error)}): check its name, AWS_REGION, the credentials and ssm:GetParameter`,
    );
  }
}

/**
 * Parses the settings. For each one a variable decides, then the definition, then the defaults that `NODE_ENV` picks. Never
 * throws; reports all mistakes at once.
 *
 * @param definition its text
 */
export function parseSettings(variables: Variables, definition = variables.POOL_HEALTH_DEFINITION): LocalSettings {
  const { environment, warnings } = environmentFrom(variables.NODE_ENV);
  const defined = parseDefined(definition);
  const sources = [variablesSource(variables), ...defined.sources] as const;
  const resolved = resolveSettings(sources, environment);
  const written = SETTING_NAMES.filter((name) => variables[SETTINGS[name].variable] !== undefined);
  const isIdleTimeoutWritten = sources.some(({ values }) => values.idleTimeout !== undefined);
  const idleTimeout = isIdleTimeoutWritten ? resolved.settings?.idleTimeout : undefined;
  return {
    environment,
    parts: { ...defined.parts, idleLimitMs: idleTimeout === undefined ? null : idleLimitMs(idleTimeout) },
    definition: defined.definition,
    variables: Object.fromEntries(written.map((name) => [name, SETTINGS[name].variable])),
    settings: defined.violations.length > 0 ? null : resolved.settings,
    violations: [...defined.violations, ...resolved.violations],
    warnings: [...warnings, ...resolved.warnings],
  };
}

/** Parses a URL and combines it with the settings. Never throws; reports all mistakes at once. */
export function parseUrlPool({ url: text, label, sharedUser, settings }: UrlInput): UrlPool {
  const url = parseDatabaseUrl(text, label);
  const defaults = settings.settings ? settings : defaultSettings(settings.environment);
  return {
    url: url.ok ? url.url : null,
    settings,
    validation: validate(url, sharedUser, settings),
    withDefaults: validate(url, sharedUser, defaults),
  };
}

interface Defined {
  readonly sources: readonly SettingSource[];
  readonly parts: DefinedParts;
  readonly definition: ValidatedPoolConfig | null;
  readonly violations: readonly Violation[];
}

function parseDefined(text: string | undefined): Defined {
  const nothing = { sources: [], parts: DEFAULT_PARTS, definition: null, violations: [] };
  if (text === undefined) {
    return nothing;
  }
  const validation = parseDefinition(URL_POOL, text);
  if (!validation.ok) {
    return { ...nothing, violations: validation.violations };
  }
  const { instances, count, limits, utilization, role } = validation.config;
  // As written: NODE_ENV picks the defaults of the rest, not the environment of the definition.
  const written = JSON.parse(text).pool ?? {};
  const parts = { instances, count, limits, utilization, role };
  return { sources: [definitionSource(written)], parts, definition: validation.config, violations: [] };
}

function defaultSettings(environment: EnvironmentName): LocalSettings {
  const resolved = resolveSettings([variablesSource({})], environment);
  return { ...resolved, environment, parts: { ...DEFAULT_PARTS, idleLimitMs: null }, definition: null, variables: {} };
}

function validate(url: UrlResult, sharedUser: string | undefined, local: LocalSettings): Validation {
  const { settings, parts, warnings } = local;
  const ofUrl = url.ok ? [] : url.violations;
  const violations = [...ofUrl, ...sharedUserViolations(sharedUser), ...local.violations];
  if (!url.ok || settings === null || violations.length > 0) {
    return { ok: false, violations };
  }
  const config: PoolConfig = {
    ...url.url.target,
    ...parts,
    pool: URL_POOL,
    auth: { type: 'url' },
    settings,
    sharedUser: sharedUser !== 'false',
    managed: sizedPooler(local.definition, url.url.target.user),
  };
  return { ok: true, config: seal(config), warnings };
}

/**
 * The pooler of the definition if it has a `size`, which nothing can detect. Its console is queried with the login of the URL.
 * Null for any other: the pooler is detected.
 */
function sizedPooler(definition: PoolConfig | null, user: string): PoolConfig['managed'] {
  const managed = definition?.managed;
  if (!managed || managed.kind === 'none' || managed.size === undefined) {
    return null;
  }
  return managed.kind === 'pgbouncer' ? { ...managed, user } : managed;
}

function sharedUserViolations(text: string | undefined): readonly Violation[] {
  const field = 'POOL_HEALTH_SHARED_USER';
  const isKnown = text === undefined || text === 'true' || text === 'false';
  return isKnown ? [] : [{ field, message: `${field} must be true or false, received ${received(text)}` }];
}
