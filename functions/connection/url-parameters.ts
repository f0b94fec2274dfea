/** The parameters that users write in `postgres://` URLs, for libpq, pg and Prisma. */

const REMOVE = 'remove it';
const USE_SSLMODE = 'use sslmode and sslrootcert instead';
const NO_CLIENT_CERTIFICATE =
  'client certificates are not supported. Log in with a password, and use sslrootcert for the authority of the server';
const NO_TLS_LIMITS = 'Node.js decides it. Set it with NODE_OPTIONS, such as --tls-min-v1.3';
const NO_GSSAPI = 'Kerberos is not supported. Log in with a password';

interface UnsupportedParameter {
  /** What to do instead. */
  readonly advice: string;
  /** Values that change nothing, such as the default of libpq. */
  readonly harmless?: readonly string[];
}

/**
 * Parameters that would change which server answers, how the client logs in, or what is verified. Ignoring one would do
 * something else than the user asked for.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
 * @see https://www.prisma.io/docs/orm/v6/overview/databases/postgresql#arguments for sslaccept, sslidentity, sslpassword
 */
const UNSUPPORTED: Readonly<Record<string, UnsupportedParameter>> = {
  target_session_attrs: { advice: 'set "role" in the definition instead', harmless: ['any'] },
  load_balance_hosts: { advice: 'write one host', harmless: ['disable'] },
  hostaddr: { advice: 'write the address as host' },
  service: { advice: 'write the parameters of the service into the URL' },
  servicefile: { advice: 'write the parameters of the service into the URL' },
  passfile: { advice: 'set PGPASSFILE instead' },
  options: {
    advice: 'set them on the role (ALTER ROLE ... SET ...), because poolers reject them at login',
    harmless: [''],
  },
  replication: { advice: REMOVE, harmless: ['false', 'off', 'no', '0'] },
  channel_binding: { advice: `${REMOVE}. sslmode=verify-full verifies the server`, harmless: ['disable', 'prefer'] },
  require_auth: { advice: `${REMOVE}. sslmode=verify-full verifies the server` },
  requirepeer: { advice: REMOVE },
  requiressl: { advice: USE_SSLMODE },
  sslaccept: { advice: USE_SSLMODE, harmless: ['strict'] },
  sslcert: { advice: NO_CLIENT_CERTIFICATE },
  sslkey: { advice: NO_CLIENT_CERTIFICATE },
  sslidentity: { advice: NO_CLIENT_CERTIFICATE },
  sslpassword: { advice: NO_CLIENT_CERTIFICATE },
  sslcertmode: { advice: NO_CLIENT_CERTIFICATE, harmless: ['disable', 'allow'] },
  sslcrl: { advice: 'revocation lists are not supported' },
  sslcrldir: { advice: 'revocation lists are not supported' },
  sslnegotiation: { advice: REMOVE, harmless: ['postgres'] },
  ssl_min_protocol_version: { advice: NO_TLS_LIMITS, harmless: ['TLSv1', 'TLSv1.1', 'TLSv1.2'] },
  ssl_max_protocol_version: { advice: NO_TLS_LIMITS },
  gssencmode: { advice: NO_GSSAPI, harmless: ['disable', 'prefer'] },
  gssdelegation: { advice: NO_GSSAPI, harmless: ['0'] },
  krbsrvname: { advice: NO_GSSAPI },
  gsslib: { advice: NO_GSSAPI },
};

/** Parameters that `parseDatabaseUrl` reads. */
const READ = ['host', 'port', 'dbname', 'user', 'password', 'ssl', 'sslmode', 'sslrootcert'];

/**
 * Parameters of the application's sessions or pool. They do not apply to the monitor, which has an application name, time-outs
 * and keepalives of its own.
 */
const HARMLESS = [
  // libpq
  ...['application_name', 'fallback_application_name', 'client_encoding', 'connect_timeout', 'tcp_user_timeout'],
  ...['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count', 'sslcompression', 'sslsni'],
  // pg
  ...['encoding', 'uselibpqcompat', 'statement_timeout', 'lock_timeout', 'query_timeout'],
  'idle_in_transaction_session_timeout',
  // Prisma 6
  ...['schema', 'connection_limit', 'pool_timeout', 'socket_timeout', 'pgbouncer', 'statement_cache_size'],
  ...['max_idle_connection_lifetime', 'max_connection_lifetime'],
  // Supabase adds it to the URLs that it writes.
  'supa',
];

const KNOWN: ReadonlySet<string> = new Set([...READ, ...HARMLESS, ...Object.keys(UNSUPPORTED)]);

/** Whether users of libpq, pg or Prisma write such a parameter. */
export function isKnownParameter(name: string): boolean {
  return KNOWN.has(name);
}

/** The parameters with an effect that is not supported, and what to do instead of each. */
export function unsupportedParameters(parameters: URLSearchParams): readonly { name: string; advice: string }[] {
  return Object.entries(UNSUPPORTED)
    .filter(([name, { harmless = [] }]) => parameters.getAll(name).some((value) => !harmless.includes(value)))
    .map(([name, { advice }]) => ({ name, advice }));
}

/**
 * A message for each parameter that is not supported or not known. The name of an unknown one is shown only if it cannot be
 * the rest of a password that contains "?" unencoded: then the rest of the URL would contain its "@".
 *
 * @param rest the URL from its first "?" on
 */
export function parameterMessages(parameters: URLSearchParams, rest: string, label: string): string[] {
  const unknown = [...new Set(parameters.keys())].filter((name) => !isKnownParameter(name));
  const isShown = !rest.includes('@') && !/%40/.test(rest);
  const names = unknown.filter((name) => isShown && /^[A-Za-z][A-Za-z_.-]{1,39}$/.test(name));
  const hidden = unknown.length - names.length;
  return [
    ...unsupportedParameters(parameters).map(({ name, advice }) => `${name} in ${label} is not supported: ${advice}`),
    ...names.map((name) => `${name} in ${label} is not a known parameter: correct it or remove it`),
    ...(hidden > 0 ? [`${label} has unknown parameters: ${hidden} (not shown). Correct or remove them`] : []),
  ];
}
