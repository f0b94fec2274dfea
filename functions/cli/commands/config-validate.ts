import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { configuredMax, type ValidatedPoolConfig } from '../../core/pool-config.js';
import { parseDefinition } from '../../core/pool-definition.js';
import { SETTING_NAMES, SETTINGS } from '../../core/pool-settings.js';
import type { Terminal } from '../output/terminal.js';
import { definitionText } from '../sources/url-pool.js';

const FILE_HINT = 'give the path of a file, or - for standard input';

/**
 * `pool-health config validate`: lists every mistake in a definition, one a line, or the values in force. Resolves to the
 * exit code: 0 valid, 1 invalid.
 *
 * @param file path, or `-` for standard input
 * @throws UsageError if the file cannot be read
 */
export async function validate(
  file: string,
  { pool }: { readonly pool: string },
  { say, paint }: Terminal,
): Promise<number> {
  const read = () => (file === '-' ? text(process.stdin) : readFile(file, 'utf8'));
  const validation = parseDefinition(pool, await definitionText(read, FILE_HINT));
  if (!validation.ok) {
    say(...validation.violations.map(({ message }) => message));
    return 1;
  }
  say(paint('green', 'valid'));
  say(...validation.warnings.map((warning) => `${paint('yellow', 'warning')}: ${warning}`));
  say(...valuesInForce(validation.config));
  return 0;
}

/** Every value that affects the check, defaults included, except the address. */
function valuesInForce(config: ValidatedPoolConfig): string[] {
  const { settings, instances, count, sharedUser, managed, limits, auth, tls } = config;
  const rows: readonly (readonly [string, string])[] = [
    ...SETTING_NAMES.map((name) => {
      const unit = SETTINGS[name].unit === 'milliseconds' ? ' ms' : '';
      return [`pool.${name}`, `${settings[name]}${unit}`] as const;
    }),
    ['instances', `${instances}, at most ${configuredMax(config)} connections in total`],
    ['count', counted(count)],
    ['sharedUser', String(sharedUser)],
    ['auth', auth.type],
    ['tls', tls],
    ['managed', managed ? managed.kind : 'detected'],
    ['limits', `pinnedPercent ${limits.pinnedPercent}, borrowWaitMs ${limits.borrowWaitMs}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

function counted({ users, applications }: ValidatedPoolConfig['count']): string {
  const parts = [users && `users ${users.join(', ')}`, applications && `applications ${applications.join(', ')}`];
  return parts.filter((part) => part !== null).join(' and ') || 'all sessions of the database';
}
