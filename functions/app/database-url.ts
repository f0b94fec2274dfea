import type { SettingsOptions } from './options.js';
import { resolvePool } from './resolve.js';

/**
 * Adds the pool's settings to the URL as parameters, for Prisma 6 and other tools that read them there. Keeps existing
 * parameters, and every character of user and password.
 *
 * @returns the URL with its password: do not log it
 * @throws InvalidPoolOptions with all mistakes
 * @see https://www.prisma.io/docs/v6/orm/prisma-client/setup-and-configuration/databases-connections/connection-pool
 */
export function buildDatabaseUrl(options: SettingsOptions = {}): string {
  const { connectionString, settings, target } = resolvePool(options);
  const parameters = {
    connection_limit: settings.max,
    pool_timeout: seconds(settings.connectionTimeout),
    connect_timeout: seconds(settings.connectionTimeout),
    max_idle_connection_lifetime: seconds(settings.idleTimeout),
  };
  const added = Object.entries(parameters)
    .filter(([parameter]) => !target.parameters.has(parameter))
    .map(([parameter, value]) => `${parameter}=${value}`)
    .join('&');
  // A serialized URL would change the encoding of the password, so the parameters are appended as text.
  const [, front = '', fragment = ''] = /^([^#]*)(.*)$/s.exec(connectionString.trim()) ?? [];
  const separator = !front.includes('?') ? '?' : /[?&]$/.test(front) ? '' : '&';
  return added === '' ? `${front}${fragment}` : `${front}${separator}${added}${fragment}`;
}

/** Milliseconds as seconds, rounded up. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
