import type { SettingsOptions } from './options.js';
import { resolvePool } from './resolve.js';

/**
 * The URL with the pool's settings as parameters, for what still takes them from there: Prisma 6 and tools like it. What
 * the URL says already stays as it is, and so does every character of user and password.
 *
 * @returns a text with the password in it: not for a log
 * @throws InvalidPoolOptions with every mistake at once
 * @see https://www.prisma.io/docs/v6/orm/prisma-client/setup-and-configuration/databases-connections/connection-pool
 */
export function buildDatabaseUrl(options: SettingsOptions = {}): string {
  const { connectionString, settings } = resolvePool(options);
  const wanted = {
    connection_limit: settings.max,
    pool_timeout: seconds(settings.connectionTimeout),
    connect_timeout: seconds(settings.connectionTimeout),
    max_idle_connection_lifetime: seconds(settings.idleTimeout),
  };
  const { searchParams } = new URL(connectionString);
  const added = Object.entries(wanted)
    .filter(([parameter]) => !searchParams.has(parameter))
    .map(([parameter, value]) => `${parameter}=${value}`)
    .join('&');
  // Text is added to text: a URL that is written anew is encoded anew. The white space around it is no part of it.
  const [, front = '', fragment = ''] = /^([^#]*)(.*)$/s.exec(connectionString.trim()) ?? [];
  const separator = !front.includes('?') ? '?' : /[?&]$/.test(front) ? '' : '&';
  return added === '' ? `${front}${fragment}` : `${front}${separator}${added}${fragment}`;
}

/** Of milliseconds, never less. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
