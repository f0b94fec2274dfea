import { CHECK_APPLICATION_NAME } from '../core/check-identity.js';
import { parseDefinition, poolNameViolation, validateDefinition } from '../core/pool-definition.js';
import type { PoolDefinition } from '../core/pool-definition-type.js';
import {
  definitionSource,
  type EnvironmentName,
  environmentFrom,
  type PoolSettings,
  received,
  resolveSettings,
  SETTING_NAMES,
  type SettingSource,
  type Violation,
  variablesSource,
} from '../core/pool-settings.js';
import { InvalidPoolOptions } from './invalid-options.js';
import type { PoolOptions } from './options.js';
import { translations } from './url-parameters.js';
import { readWhere, type Where } from './where.js';

/** What a pool is made of, after validation. */
export interface ResolvedPool extends Where {
  readonly name: string;
  readonly settings: PoolSettings;
  /** The column whose defaults apply where nobody says otherwise. */
  readonly environment: EnvironmentName;
  readonly applicationName: string | null;
  readonly warnings: readonly string[];
}

/**
 * Which settings are in force, and where to connect. A setting is what a `DATABASE_POOL_*` variable says, then the code,
 * then the definition, then an old parameter of the URL, then the column that `NODE_ENV` picks.
 *
 * @throws InvalidPoolOptions with every mistake at once
 */
export function resolvePool(options: PoolOptions): ResolvedPool {
  const { name = 'default', environment = process.env } = options;
  const chosen = environmentFrom(environment.NODE_ENV);
  const where =
    options.connectionString === undefined
      ? readWhere(environment.DATABASE_URL, 'DATABASE_URL')
      : readWhere(options.connectionString, 'connectionString');
  const parameters = 'parameters' in where ? where.parameters : null;
  const code = readCode(options.settings ?? {});
  const definition = readDefinition(name, options.definition);
  const sources = [
    variablesSource(environment),
    code.source,
    definition.source,
    ...(parameters?.sources ?? []),
  ] as const;
  const resolved = resolveSettings(sources, chosen.environment);
  const applicationName = options.applicationName ?? parameters?.applicationName ?? null;
  const violations = [
    ...('parameters' in where ? where.parameters.violations : where),
    ...code.violations,
    ...definition.violations,
    ...resolved.violations,
    ...otherViolations(name, applicationName, options.endWithin),
  ];
  if (violations.length > 0 || resolved.settings === null || !('parameters' in where)) {
    throw new InvalidPoolOptions(violations);
  }
  const said = [...where.parameters.warnings, ...translations(where.parameters.sources, sources)];
  return {
    ...where,
    name,
    settings: resolved.settings,
    environment: chosen.environment,
    applicationName,
    warnings: [...chosen.warnings, ...resolved.warnings, ...said],
  };
}

interface Reading {
  readonly source: SettingSource;
  readonly violations: readonly Violation[];
}

function readCode(settings: object): Reading {
  const label = (name: string) => `settings.${name}`;
  const accepted = SETTING_NAMES.join(', ');
  const violations = Object.keys(settings)
    .filter((key) => !SETTING_NAMES.some((name) => name === key))
    .map((key) => ({ field: label(key), message: `unknown key ${received(label(key))}, accepted are ${accepted}` }));
  return { source: { label, form: 'json', values: settings }, violations };
}

function readDefinition(name: string, definition: string | PoolDefinition | undefined): Reading {
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

function otherViolations(name: string, applicationName: string | null, endWithin = 0): Violation[] {
  const violations: Violation[] = [];
  const nameViolation = poolNameViolation(name);
  if (nameViolation) {
    violations.push(nameViolation);
  }
  if (applicationName === CHECK_APPLICATION_NAME) {
    const message = `applicationName must not be ${received(applicationName)}: the monitor leaves its own sessions out of the count`;
    violations.push({ field: 'applicationName', message });
  }
  if (!(endWithin >= 0 && endWithin <= 2_147_483_647)) {
    const message = `endWithin must be a number of milliseconds from 0 to 2147483647, received ${received(endWithin)}`;
    violations.push({ field: 'endWithin', message });
  }
  return violations;
}
