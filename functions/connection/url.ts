import type { ConnectionTarget } from '../core/pool-config.js';
import type { Violation } from '../core/validation.js';

/** A parsed `postgres://` URL. The password is separate from the target, so that the target may be shown. */
export interface ParsedUrl {
  readonly target: ConnectionTarget;
  readonly password: string | undefined;
  /** Path of a PEM file with the certificate authority, from `sslrootcert`; null if there is none. */
  readonly caFile: string | null;
}

export type UrlResult =
  | { readonly ok: true; readonly url: ParsedUrl }
  | { readonly ok: false; readonly violations: readonly Violation[] };

const DEFAULT_PORT = 5432;
const FORM =
  'postgres://user:password@host:5432/database, with special characters in user and password percent-encoded';
/** `sslmode`s that this package verifies fully. In libpq, `require` accepts any certificate. */
const VERIFIED_MODES: ReadonlySet<string> = new Set(['require', 'verify-ca', 'verify-full']);
/** Other `sslmode`s that a message may show. Any other text may be the rest of a password with a "?" in it. */
const REFUSED_MODES: ReadonlySet<string> = new Set(['', 'allow', 'prefer', 'no-verify']);
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', '']);

/**
 * Parses a URL such as `postgres://user:password@host:5432/database?sslmode=verify-full`. Without `sslmode`, TLS is verified,
 * but a connection to this machine uses none. Never throws, and no message shows a part of the URL.
 *
 * @param label name of the URL in messages, such as an option or a variable
 */
export function parseDatabaseUrl(text: string, label = 'DATABASE_URL'): UrlResult {
  const refuse = (message: string): UrlResult => ({ ok: false, violations: [{ field: label, message }] });
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    const received = text === '' ? 'an empty text' : 'something else (not shown)';
    return refuse(`${label} must look like ${FORM}; received ${received}`);
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    return refuse(`${label} must begin with postgres:// or postgresql://, received another scheme (not shown)`);
  }
  const parts = decodeParts(url);
  if (!parts) {
    return refuse(`${label} contains an invalid percent-encoding: write "%25" for a percent sign`);
  }
  const { user, password, database } = parts;
  const endpoint = url.searchParams.get('host') ?? url.hostname.replace(/^\[(.*)\]$/, '$1');
  const sslmode = url.searchParams.get('sslmode');
  const messages = [
    ...(user === '' ? [`${label} has no user: write postgres://USER@host/database`] : []),
    ...(url.port === '0' ? [`the port in ${label} must be from 1 to 65535`] : []),
    ...sslmodeMessages(sslmode, label),
  ];
  if (messages.length > 0) {
    return { ok: false, violations: messages.map((message) => ({ field: label, message })) };
  }
  const isPlain = sslmode === 'disable' || (sslmode === null && isThisMachine(endpoint));
  const target: ConnectionTarget = {
    endpoint: endpoint === '' ? 'localhost' : endpoint,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    database: database === '' ? user : database,
    user,
    tls: isPlain ? 'off' : 'verify-full',
  };
  return {
    ok: true,
    url: { target, password: password === '' ? undefined : password, caFile: url.searchParams.get('sslrootcert') },
  };
}

/** Whether connections to the endpoint never leave this machine: a loopback address, or the directory of a Unix socket. */
export function isThisMachine(endpoint: string): boolean {
  return LOOPBACK_HOSTS.has(endpoint) || endpoint.startsWith('/');
}

function sslmodeMessages(sslmode: string | null, label: string): string[] {
  if (sslmode === null || sslmode === 'disable' || VERIFIED_MODES.has(sslmode)) {
    return [];
  }
  const received = REFUSED_MODES.has(sslmode) ? JSON.stringify(sslmode) : 'something else (not shown)';
  return [
    `sslmode in ${label} must be verify-full (require and verify-ca mean the same here) or disable, received ${received}: other modes may fall back to an unverified connection`,
  ];
}

/** Null if a part is not percent-encoded correctly. */
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
