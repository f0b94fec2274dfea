import { localSettings } from '../compose/url-config.js';
import type { Environment } from '../core/environment.js';
import type { PoolSettings } from '../core/pool-settings.js';

/** The pool settings in force, and how to say so. */
export interface SettingsInForce {
  /** Null when there is a mistake in them. */
  readonly settings: PoolSettings | null;
  /** For the log, once: the settings with all warnings, or all mistakes. */
  readonly lines: readonly string[];
}

export function settingsInForce(variables: Environment): SettingsInForce {
  const { settings, environment, violations, warnings } = localSettings(variables);
  const said = warnings.map((warning) => `Warning: ${warning}`);
  if (settings === null) {
    return { settings, lines: [...said, ...violations.map(({ message }) => `Mistake: ${message}`)] };
  }
  const { min, max, idleTimeout, connectionTimeout } = settings;
  const line = `Pool settings (${environment}): min ${min}, max ${max}, idleTimeout ${idleTimeout} ms, connectionTimeout ${connectionTimeout} ms`;
  return { settings, lines: [line, ...said] };
}
