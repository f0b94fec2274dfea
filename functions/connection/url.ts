import type { ConnectionTarget } from '../core/pool-config.js';
import type { Violation } from '../core/validation.js';
import { parameterMessages } from './url-parameters.js';

/** A parsed `postgres://` URL. The password is separate from the target, so that the target may be shown. */
export interface ParsedUrl {
  readonly target: ConnectionTarget;
  readonly password: string | undefined;
  /** Path of a PEM file with the certificate authority, from `sslrootcert`; null if there is none. */
  readonly caFile: string | null;
  /** All parameters of the URL. */
  readonly parameters: URLSearchParams;
}

export interface UrlOptions {
  /** Whether parameters that are unknown or not supported are mistakes; otherwise the caller reads `parameters`. @default true */
  readonly isStrict?: boolean;
}

export type UrlResult =
  | { readonly ok: true; readonly url: ParsedUrl }
  | { readonly ok: false; readonly violations: readonly Violation[] };

const DEFAULT_PORT = '5432';
const MAX_PORT = 65_535;
const FORM =
  'postgres://user:password@host:5432/database, with special characters in user and password percent-encoded';
/** What is between the scheme and the path: user, password, hosts and ports. */
const AUTHORITY = /^postgres(?:ql)?:\/\/(?:[^/?#]*@)?([^/?#]*)/i;
/** URLs without a host, which Node.js refuses if they have a user. */
const WITHOUT_HOST = /^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[:/?#]|$)/i;
/** `sslmode`s with TLS. In libpq, `require` accepts any certificate; here it means verify-full. */
const VERIFIED_MODES: ReadonlySet<string> = new Set(['require', 'verify-ca', 'verify-full']);
/** Other `sslmode`s that a message may show. Any other text may be the rest of a password with a "?" in it. */
const REFUSED_MODES: ReadonlySet<string> = new Set(['', 'allow', 'prefer', 'no-verify']);
/** What `ssl` means, in the words of `sslmode`. */
const SSL_VALUES: Readonly<Record<string, string>> = {
  true: 'verify-full',
  1: 'verify-full',
  false: 'disable',
  0: 'disable',
};
/** `sslrootcert` for the authorities that the system trusts, as in libpq; here those of RDS and of Node.js. */
const SYSTEM_AUTHORITIES = 'system';
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', '']);

/**
 * Parses a URL such as `postgres://user:password@host:5432/database?sslmode=verify-full`. The parameters `host`, `port`,
 * `dbname`, `user` and `password` override these parts, as in libpq. Without `sslmode`, TLS is verified, but a connection to
 * this machine uses none. Never throws, and no message shows a part of the URL but names of parameters.
 *
 * @param label name of the URL in messages, such as an option or a variable
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function parseDatabaseUrl(
  text: string,
  label = 'DATABASE_URL',
  { isStrict = true }: UrlOptions = {},
): UrlResult {
  const refuse = (...messages: string[]): UrlResult => ({
    ok: false,
    violations: messages.map((message) => ({ field: label, message })),
  });
  if (AUTHORITY.exec(text)?.[1]?.includes(',')) {
    return refuse(severalHosts(label));
  }
  let url: URL;
  try {
    url = new URL(text.replace(WITHOUT_HOST, '$1localhost'));
  } catch {
    const received = text === '' ? 'an empty text' : 'something else (not shown)';
    return refuse(`${label} must look like ${FORM}; received ${received}`);
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    return refuse(`${label} must begin with postgres:// or postgresql://, received another scheme (not shown)`);
  }
  const parts = readParts(url);
  if (!parts) {
    return refuse(`${label} contains an invalid percent-encoding: write "%25" for a percent sign`);
  }
  const { user, password, endpoint, port, database } = parts;
  const sslmode = url.searchParams.get('sslmode') ?? sslOf(url.searchParams);
  const rootCertificate = url.searchParams.get('sslrootcert');
  const caFile = rootCertificate === SYSTEM_AUTHORITIES ? null : rootCertificate;
  const messages = [
    ...(user === '' ? [`${label} has no user: write postgres://USER@host/database`] : []),
    ...(endpoint.includes(',') || port.includes(',') ? [severalHosts(label)] : portMessages(port, label)),
    ...sslMessages(url.searchParams, label),
    ...(isStrict ? parameterMessages(url.searchParams, text.slice(text.indexOf('?')), label) : []),
  ];
  if (messages.length > 0) {
    return refuse(...messages);
  }
  const target: ConnectionTarget = {
    endpoint: endpoint === '' ? 'localhost' : endpoint,
    port: Number(port === '' ? DEFAULT_PORT : port),
    database: database === '' ? user : database,
    user,
    tls: tlsOf(sslmode, endpoint, caFile),
  };
  const { searchParams: parameters } = url;
  return { ok: true, url: { target, password: password === '' ? undefined : password, caFile, parameters } };
}

/** Whether connections to the endpoint never leave this machine: a loopback address, or the directory of a Unix socket. */
export function isThisMachine(endpoint: string): boolean {
  return LOOPBACK_HOSTS.has(endpoint) || endpoint.startsWith('/');
}

/**
 * `verify-ca` accepts any host name. With authorities that the public trusts, that would accept anybody's certificate, so it
 * needs an authority of one's own; libpq refuses that combination too.
 */
function tlsOf(sslmode: string | null, endpoint: string, caFile: string | null): ConnectionTarget['tls'] {
  if (sslmode === 'disable' || (sslmode === null && isThisMachine(endpoint))) {
    return 'off';
  }
  return sslmode === 'verify-ca' && caFile !== null ? 'verify-ca' : 'verify-full';
}

/** `ssl` in the words of `sslmode`; null if it is absent or unknown. */
function sslOf(parameters: URLSearchParams): string | null {
  return SSL_VALUES[parameters.get('ssl') ?? ''] ?? null;
}

function severalHosts(label: string): string {
  return `${label} names several hosts, but pool-health monitors one server: write one host. Monitor each other server as a pool of its own`;
}

function portMessages(port: string, label: string): string[] {
  const isPort = port === '' || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= MAX_PORT);
  return isPort ? [] : [`the port in ${label} must be from 1 to ${MAX_PORT}`];
}

function sslMessages(parameters: URLSearchParams, label: string): string[] {
  const sslmode = parameters.get('sslmode');
  const ssl = parameters.get('ssl');
  if (ssl !== null && sslOf(parameters) === null) {
    return [
      `ssl in ${label} must be true (which means sslmode=verify-full) or false, received something else (not shown)`,
    ];
  }
  if (sslmode !== null && ssl !== null && (sslOf(parameters) === 'disable') !== (sslmode === 'disable')) {
    return [`ssl and sslmode in ${label} contradict each other: remove ssl`];
  }
  if (sslmode === null || sslmode === 'disable' || VERIFIED_MODES.has(sslmode)) {
    return [];
  }
  const received = REFUSED_MODES.has(sslmode) ? JSON.stringify(sslmode) : 'something else (not shown)';
  return [
    `sslmode in ${label} must be verify-full (require means the same here), verify-ca or disable, received ${received}: other modes may fall back to an unverified connection`,
  ];
}

interface UrlParts {
  readonly user: string;
  readonly password: string;
  readonly endpoint: string;
  readonly port: string;
  readonly database: string;
}

/** Null if a part is not percent-encoded correctly. */
function readParts({ username, password, hostname, port, pathname, search, searchParams }: URL): UrlParts | null {
  // In a URL of libpq, "+" is not a space.
  const literal = new URLSearchParams(search.replaceAll('+', '%2B'));
  try {
    return {
      user: literal.get('user') ?? decodeURIComponent(username),
      password: literal.get('password') ?? decodeURIComponent(password),
      endpoint: searchParams.get('host') ?? decodeURIComponent(hostname.replace(/^\[(.*)\]$/, '$1')),
      port: searchParams.get('port') ?? port,
      database: searchParams.get('dbname') ?? decodeURIComponent(pathname.replace(/^\//, '')),
    };
  } catch {
    return null;
  }
}
