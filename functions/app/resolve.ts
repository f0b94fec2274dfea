import { CHECK_APPLICATION_NAME } from '../core/check-role.js';
import { type Environment, LOCAL_ENVIRONMENT } from '../core/environment.js';
import { namespaceViolation } from '../core/namespace.js';
import type { PoolDefinition } from '../core/pool-config.js';
import { parseDefinition, poolNameViolation, validateDefinition } from '../core/pool-definition.js';
import {
  definitionSource,
  type EnvironmentName,
  environmentFrom,
  type PoolSettings,
  resolveSettings,
  SETTING_NAMES,
  type SettingSource,
  variablesSource,
} from '../core/pool-settings.js';
import { received, type Violation } from '../core/validation.js';
import { InvalidPoolOptions, type PoolOptions } from './options.js';
import { type PoolUrl, readPoolUrl, urlSourceWarnings } from './url.js';

/** The longest timer of Node.js. */
const MAX_TIMER_MS = 2_147_483_647;

/** Validated options of a pool. */
export interface ResolvedPool extends PoolUrl {
  readonly name: string;
  /** Of the metrics in CloudWatch. */
  readonly namespace: string;
  readonly settings: PoolSettings;
  /** The environment whose defaults apply to settings that no source has. */
  readonly environment: EnvironmentName;
  readonly applicationName: string | null;
  readonly warnings: readonly string[];
}

/**
 * Resolves the URL and the settings. A setting comes from its `DATABASE_POOL_*` variable, else from the code, else from the
 * definition, else from a parameter of the URL, else from the defaults of `NODE_ENV`.
 *
 * @throws InvalidPoolOptions with all mistakes
 */
export function resolvePool(options: PoolOptions): ResolvedPool {
  const { name = 'default', environment = process.env } = options;
  const chosen = environmentFrom(environment.NODE_ENV);
  const url =
    options.connectionString === undefined
      ? readPoolUrl(environment.DATABASE_URL, 'DATABASE_URL')
      : readPoolUrl(options.connectionString, 'connectionString');
  const parameters = 'parameters' in url ? url.parameters : null;
  const code = readCode(options.settings ?? {});
  const definition = readDefinition(name, options.definition);
  const sources = [
    variablesSource(environment),
    code.source,
    definition.source,
    ...(parameters?.sources ?? []),
  ] as const;
  const resolved = resolveSettings(sources, chosen.environment);
  const namespace = resolveNamespace(options, environment);
  const applicationName = options.applicationName ?? parameters?.applicationName ?? null;
  const violations = [
    ...('parameters' in url ? url.parameters.violations : url),
    ...code.violations,
    ...definition.violations,
    ...resolved.violations,
    ...namespace.violations,
    ...otherViolations(name, applicationName, options.endWithin),
  ];
  if (violations.length > 0 || resolved.settings === null || !('parameters' in url)) {
    throw new InvalidPoolOptions(violations);
  }
  const urlWarnings = [...url.parameters.warnings, ...urlSourceWarnings(url.parameters.sources, sources)];
  return {
    ...url,
    name,
    namespace: namespace.namespace,
    settings: resolved.settings,
    environment: chosen.environment,
    applicationName,
    warnings: [...chosen.warnings, ...resolved.warnings, ...urlWarnings],
  };
}

/** A source of settings, and its mistakes. */
interface CheckedSource {
  readonly source: SettingSource;
  readonly violations: readonly Violation[];
}

function readCode(settings: object): CheckedSource {
  const label = (name: string) => `settings.${name}`;
  const accepted = SETTING_NAMES.join(', ');
  const violations = Object.keys(settings)
    .filter((key) => !SETTING_NAMES.some((name) => name === key))
    .map((key) => ({ field: label(key), message: `unknown key ${received(label(key))}, accepted are ${accepted}` }));
  return { source: { label, form: 'json', values: settings }, violations };
}

function readDefinition(name: string, definition: string | PoolDefinition | undefined): CheckedSource {
  if (definition === undefined) {
    return { source: definitionSource({}), violations: [] };
  }
  const isText = typeof definition === 'string';
  const validation = isText ? parseDefinition(name, definition) : validateDefinition(name, definition);
  if (!validation.ok) {
    return { source: definitionSource({}), violations: validation.violations };
  }
  const { pool = {} }: PoolDefinition = isText ? JSON.parse(definition) : definition;
  return { source: definitionSource(pool), violations: [] };
}

/** The namespace from the code, else from its variable. */
function resolveNamespace({ namespace }: PoolOptions, { POOL_HEALTH_NAMESPACE }: Environment) {
  const isWritten = namespace !== undefined;
  const chosen = namespace ?? POOL_HEALTH_NAMESPACE ?? LOCAL_ENVIRONMENT.POOL_HEALTH_NAMESPACE.default;
  const violation = namespaceViolation(isWritten ? 'namespace' : 'POOL_HEALTH_NAMESPACE', chosen);
  return { namespace: chosen, violations: violation ? [violation] : [] };
}

function otherViolations(name: string, applicationName: string | null, endWithin = 0): Violation[] {
  const violations: Violation[] = [];
  const nameViolation = poolNameViolation(name);
  if (nameViolation) {
    violations.push(nameViolation);
  }
  if (applicationName === CHECK_APPLICATION_NAME) {
    const message = `applicationName must not be ${received(applicationName)}: the monitor does not count sessions of that name`;
    violations.push({ field: 'applicationName', message });
  }
  if (!(endWithin >= 0 && endWithin <= MAX_TIMER_MS)) {
    const message = `endWithin must be a number of milliseconds from 0 to ${MAX_TIMER_MS}, received ${received(endWithin)}`;
    violations.push({ field: 'endWithin', message });
  }
  return violations;
}
