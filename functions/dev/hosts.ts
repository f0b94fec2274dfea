import { received } from '../core/validation.js';

/** The names and addresses of this machine, as a Host header has them. */
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const HOST = String.raw`\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253}`;
const HOST_NAME = new RegExp(`^(?:${HOST})$`, 'i');
const AUTHORITY = new RegExp(`^(?<host>${HOST})(?::\\d{0,5})?$`, 'i');

/**
 * Whether the local server answers requests for this host: for this machine, or one of the hosts that the user added. Any other
 * name may belong to a web page that resolves it to 127.0.0.1, and so reads the answers (DNS rebinding).
 *
 * @param authority a Host header, or the authority of an absolute URL
 * @param hosts names without ports, in lower case
 */
export function isServedHost(authority: string, hosts: readonly string[]): boolean {
  const host = AUTHORITY.exec(authority)?.groups?.host?.toLowerCase();
  return host !== undefined && (LOOPBACK_HOSTS.has(host) || hosts.includes(host));
}

/** Parses `POOL_HEALTH_HOSTS`: names separated by commas. Returns the mistake as a text. */
export function parseHosts(text = ''): readonly string[] | string {
  const hosts = text.split(',').map((host) => host.trim().toLowerCase());
  const names = hosts.filter((host) => host !== '');
  const wrong = names.find((host) => !HOST_NAME.test(host));
  return wrong === undefined
    ? names
    : `POOL_HEALTH_HOSTS must be host names without ports, separated by commas, received ${received(wrong)}`;
}
