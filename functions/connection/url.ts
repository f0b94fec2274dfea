import type { PoolConfig } from '../core/pool-config.js';
import type { Violation } from '../core/pool-settings.js';

/** Where a connection goes, and as which user. */
export type Target = Pick<PoolConfig, 'endpoint' | 'port' | 'database' | 'user' | 'tls'>;

/** What a `postgres://` URL says. The password is kept apart from the configuration, which may be shown. */
export interface ParsedUrl {
  readonly target: Target;
  readonly password: string | undefined;
  /** Path of a PEM file with the certificate authority, from `sslrootcert`. */
  readonly caFile: string | null;
}

export type UrlResult =
  | { readonly ok: true; readonly url: ParsedUrl }
  | { readonly ok: false; readonly violations: readonly Violation[] };

/** `sslmode`s that verify, or are made to: `require` alone would accept anybody's certificate. */
const VERIFIED_MODES: ReadonlySet<string> = new Set(['require', 'verify-ca', 'verify-full']);
/** `sslmode`s that are refused by name. Any other text may be the rest of a password with a "?" in it, and is not shown. */
const REFUSED_MODES: ReadonlySet<string> = new Set(['', 'allow', 'prefer', 'no-verify']);
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', '']);

/**
 * Reads a URL such as `postgres://user:password@host:5432/database?sslmode=verify-full`. Without `sslmode` the connection
 * is verified, except to this very machine, where it is plain. Never throws, and never shows a part of the URL.
 *
 * @param label what the user calls the URL, for messages
 */
export function parseDatabaseUrl(text: string, label = 'DATABASE_URL'): UrlResult {
  const form =
    'postgres://user:password@host:5432/database, with special characters in user and password percent-encoded';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return refuse(
      label,
      `${label} must look like ${form}; received ${text === '' ? 'an empty text' : 'something else (not shown)'}`,
    );
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    return refuse(label, `${label} must begin with postgres:// or postgresql://, received another scheme (not shown)`);
  }
  const parts = decodeParts(url);
  if (!parts) {
    return refuse(label, `${label} holds a "%" that encodes nothing: write "%25" for a percent sign`);
  }
  const { user, password, database } = parts;
  const endpoint = url.searchParams.get('host') ?? url.hostname.replace(/^\[(.*)\]$/, '$1');
  const sslmode = url.searchParams.get('sslmode');
  const isLocal = isThisMachine(endpoint);
  const violations: Violation[] = [];
  if (user === '') {
    violations.push(violation(label, `${label} names no user: postgres://USER@host/database`));
  }
  if (url.port === '0') {
    violations.push(violation(label, `the port in ${label} must be from 1 to 65535`));
  }
  if (sslmode !== null && sslmode !== 'disable' && !VERIFIED_MODES.has(sslmode)) {
    const received = REFUSED_MODES.has(sslmode) ? JSON.stringify(sslmode) : 'something else (not shown)';
    violations.push(
      violation(
        label,
        `sslmode in ${label} must be verify-full (require and verify-ca are taken for it) or disable, received ${received}: other modes may fall back to an unverified connection`,
      ),
    );
  }
  if (violations.length > 0) {
    return { ok: false, violations };
  }
  const isPlain = sslmode === 'disable' || (sslmode === null && isLocal);
  const target: Target = {
    endpoint: endpoint === '' ? 'localhost' : endpoint,
    port: url.port === '' ? 5432 : Number(url.port),
    database: database === '' ? user : database,
    user,
    tls: isPlain ? 'off' : 'verify-full',
  };
  return {
    ok: true,
    url: { target, password: password === '' ? undefined : password, caFile: url.searchParams.get('sslrootcert') },
  };
}

/** Whether a connection to it never leaves this machine: its own address, or the directory of a socket. */
export function isThisMachine(endpoint: string): boolean {
  return LOOPBACK.has(endpoint) || endpoint.startsWith('/');
}

function decodeParts(url: URL): { user: string; password: string; database: string } | null {
  try {
    return {
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.replace(/^\//, '')),
    };
  } catch {
    return null;
  }
}

function violation(field: string, message: string): Violation {
  return { field, message };
}

function refuse(field: string, message: string): UrlResult {
  return { ok: false, violations: [violation(field, message)] };
}
