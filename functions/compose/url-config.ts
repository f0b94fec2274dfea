import { type ConnectionTarget, type PoolConfig, seal, type Validation } from '../core/pool-config.js';
import { parseDefinition } from '../core/pool-definition.js';
import {
  definitionSource,
  type EnvironmentName,
  environmentFrom,
  resolveSettings,
  type SettingSource,
  type SettingsResolution,
  type Violation,
  variablesSource,
} from '../core/pool-settings.js';

type Variables = Readonly<Partial<Record<string, string>>>;

/** What a definition says beside settings and address. */
type Shape = Pick<PoolConfig, 'instances' | 'count' | 'limits'>;

export type LocalSettings = SettingsResolution & { readonly environment: EnvironmentName; readonly shape: Shape };

const NO_DEFINITION: Shape = {
  instances: 1,
  count: { users: null, applications: null },
  limits: { pinnedPercent: 20, borrowWaitMs: 100 },
};

/**
 * The settings in force beside their user: a variable decides, then the definition of `POOL_HEALTH_DEFINITION`, then the
 * column that `NODE_ENV` picks. Never throws; all mistakes at once.
 */
export function localSettings(variables: Variables): LocalSettings {
  const { environment, warnings } = environmentFrom(variables.NODE_ENV);
  const definition = readDefinition(variables.POOL_HEALTH_DEFINITION);
  const resolved = resolveSettings([variablesSource(variables), ...definition.sources], environment);
  return {
    environment,
    shape: definition.shape,
    settings: definition.violations.length > 0 ? null : resolved.settings,
    violations: [...definition.violations, ...resolved.violations],
    warnings: [...warnings, ...resolved.warnings],
  };
}

/**
 * The configuration of a check that runs beside its user: a URL says where and as whom, `localSettings` what the pool may
 * have. Never throws; all mistakes at once.
 *
 * @param sharedUser true when the URL is probably the application's own, so that its user's sessions count as the pool's
 */
export function localConfig(
  pool: string,
  target: ConnectionTarget,
  variables: Variables,
  sharedUser: boolean,
): Validation {
  const { settings, shape, violations, warnings } = localSettings(variables);
  if (settings === null) {
    return { ok: false, violations };
  }
  const config: PoolConfig = { ...target, ...shape, pool, auth: { type: 'url' }, settings, sharedUser, managed: null };
  return { ok: true, config: seal(config), warnings };
}

interface Reading {
  readonly sources: readonly SettingSource[];
  readonly shape: Shape;
  readonly violations: readonly Violation[];
}

function readDefinition(text: string | undefined): Reading {
  if (text === undefined) {
    return { sources: [], shape: NO_DEFINITION, violations: [] };
  }
  const validation = parseDefinition('local', text);
  if (!validation.ok) {
    return { sources: [], shape: NO_DEFINITION, violations: validation.violations };
  }
  const { instances, count, limits } = validation.config;
  // As it was written: what it leaves open is for NODE_ENV to decide, not for the definition's own environment.
  const written = JSON.parse(text).pool ?? {};
  return { sources: [definitionSource(written)], shape: { instances, count, limits }, violations: [] };
}
