import { type PoolConfig, seal, type Validation } from './config.js';
import { environmentFrom, resolveSettings, variablesSource } from './settings.js';

/** Where the check connects, as read from a URL. */
export type Target = Pick<PoolConfig, 'endpoint' | 'port' | 'database' | 'user' | 'tls'>;

/**
 * The configuration of a check that runs beside its user: a URL says where, environment variables say what the pool may
 * have. Never throws; all mistakes at once.
 *
 * @param sharedUser true when the URL is probably the application's own, so that its user's sessions count as the pool's
 */
export function localConfig(
  pool: string,
  target: Target,
  environment: Readonly<Partial<Record<string, string>>>,
  sharedUser: boolean,
): Validation {
  const chosen = environmentFrom(environment.NODE_ENV);
  const { settings, violations, warnings } = resolveSettings([variablesSource(environment)], chosen.environment);
  if (settings === null) {
    return { ok: false, violations };
  }
  const config: PoolConfig = {
    ...target,
    pool,
    auth: { type: 'url' },
    settings,
    instances: 1,
    count: { users: null, applications: null },
    sharedUser,
    managed: null,
    limits: { pinnedPercent: 20, borrowWaitMs: 100 },
  };
  return { ok: true, config: seal(config), warnings: [...chosen.warnings, ...warnings] };
}
