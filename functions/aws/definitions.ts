import type { ValidatedPoolConfig } from '../core/pool-config.js';
import { parseDefinition } from '../core/pool-definition.js';
import type { Violation } from '../core/pool-settings.js';
import { type Problem, problem } from '../core/problems.js';
import type { Logger } from './logger.js';

/** A definition as it was last read, and what is in force because of it. */
export interface Definition {
  readonly text: string;
  /** The last good one, which stands while the text is broken; null when there never was any. */
  readonly config: ValidatedPoolConfig | null;
  readonly problems: readonly Problem[];
}

/**
 * What is in force after a definition was read again. A text that did not change keeps its `config` as the same object. A
 * new good one is logged with its settings and warnings, once. Never throws.
 *
 * @param before what was in force until now, null for a pool that was not known
 */
export function readDefinition(pool: string, text: string, before: Definition | null, log: Logger): Definition {
  if (before?.text === text) {
    return before;
  }
  const validation = parseDefinition(pool, text);
  if (!validation.ok) {
    const config = before?.config ?? null;
    const invalid = problem(
      'CONFIG.INVALID',
      { violations: shown(validation.violations) },
      config ? 'warning' : 'error',
    );
    return { text, config, problems: [invalid] };
  }
  const { config, warnings } = validation;
  const { min, max, idleTimeout, connectionTimeout } = config.settings;
  const fields = { pool, min, max, idleTimeout, connectionTimeout, instances: config.instances, warnings };
  log(warnings.length > 0 ? 'warning' : 'info', 'Settings in force', fields);
  return { text, config, problems: [] };
}

/** Mistakes that are listed. A parameter of 8 KB has room for a thousand, which no entry of a log has. */
const MOST_SHOWN = 20;

function shown(violations: readonly Violation[]): string[] {
  const messages = violations.slice(0, MOST_SHOWN).map(({ message }) => message);
  const more = violations.length - messages.length;
  return more > 0 ? [...messages, `and ${more} more`] : messages;
}
