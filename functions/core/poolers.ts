import type { Finding } from './finding.js';
import { BORROW_TIMEOUT, type Problem, type ProblemCode, problem } from './problems.js';

/**
 * The poolers that can be between the application and PostgreSQL, one row a kind. Everything that depends on the kind reads
 * its row, apart from how its stats are read (`functions/poolers/<kind>/`). Tables outside the rows have one entry for each kind:
 * they are apart so that a bundle carries only those that it uses.
 */

/** What a pooler can count. `unknown` and `none` have no stats at all. */
export type PoolerCount = 'waiting' | 'borrowWait' | 'pinned';

interface PoolerRow {
  /** The name that people read: on the page, in the CLI, in documents. */
  readonly label: string;
  /** The subject of a sentence about it. */
  readonly subject: string;
  /** The keys of `managed` in addition to `kind`; null if a definition cannot name this kind. */
  readonly keys: Readonly<Record<string, keyof DefinitionKeys>> | null;
  readonly counts: readonly PoolerCount[];
  /** Whether it always gives a connection to another client after each transaction or statement. PgBouncer: by its mode. */
  readonly multiplexes: boolean;
}

/** The forms that a key of `managed` can have. */
export interface DefinitionKeys {
  /** A name of 1 to 63 bytes. */
  readonly name: string;
  /** A login with the password of a secret in Secrets Manager. */
  readonly secret: { readonly type: 'secret'; readonly arn: string };
}

export const POOLERS = {
  'rds-proxy': {
    label: 'RDS Proxy',
    subject: 'RDS Proxy',
    keys: { name: 'name' },
    counts: ['borrowWait', 'pinned'],
    multiplexes: true,
  },
  pgbouncer: {
    label: 'PgBouncer',
    subject: 'PgBouncer',
    keys: { user: 'name', auth: 'secret' },
    counts: ['waiting'],
    multiplexes: false,
  },
  /** Connections go straight to PostgreSQL. */
  none: { label: 'Pooler', subject: 'The pooler', keys: {}, counts: [], multiplexes: false },
  /** A pooler of unknown kind: a different backend answers than the one that the login reached. */
  unknown: { label: 'Pooler', subject: 'The pooler', keys: null, counts: [], multiplexes: false },
} as const satisfies Record<string, PoolerRow>;

export type PoolerKind = keyof typeof POOLERS;

type KeysOf<Kind extends PoolerKind> = (typeof POOLERS)[Kind]['keys'];

/**
 * The key `managed` of a definition: a kind and the keys of its row. `size` is the pooler's limit for this pool, for a pooler
 * that cannot be queried.
 */
export type PoolerDefinition = {
  readonly [Kind in PoolerKind]: KeysOf<Kind> extends null
    ? never
    : { readonly kind: Kind } & {
        readonly [Key in keyof KeysOf<Kind>]: DefinitionKeys[KeysOf<Kind>[Key] & keyof DefinitionKeys];
      } & (Kind extends 'none' ? unknown : { readonly size?: number });
}[PoolerKind];

/** What the doctor finds where it has no stats of the pooler. */
export const WITHOUT_STATS: Readonly<Record<PoolerKind, Pick<Finding, 'state' | 'text'>>> = {
  'rds-proxy': {
    state: 'unknown',
    text: 'The pooler is an RDS Proxy. Its stats are in CloudWatch; only the deployed check reads them.',
  },
  pgbouncer: { state: 'unknown', text: 'The pooler is PgBouncer, but its admin console could not be queried.' },
  none: { state: 'ok', text: 'No pooler: connections go straight to PostgreSQL.' },
  unknown: {
    state: 'unknown',
    text: 'There is a pooler, but no admin console answers. If it is PgBouncer, add the user to stats_users.',
  },
};

type ErrorText = readonly [text: RegExp, code: ProblemCode, reason?: string];

/** Texts of PostgreSQL itself that poolers pass on: without the routine, and often with a SQLSTATE of their own. */
const SERVER_TEXTS: readonly ErrorText[] = [
  [/^too many connections for role/, 'PROBE.OWN_LIMIT'],
  [/^too many connections for database/, 'PROBE.SLOTS_EXHAUSTED'],
  [/^sorry, too many clients already/, 'PROBE.SLOTS_EXHAUSTED'],
  [/^remaining connection slots are reserved/, 'PROBE.SLOTS_EXHAUSTED'],

  [/^database ".*" does not exist/, 'PROBE.DATABASE_MISSING', 'database does not exist'],
  [/^permission denied for database/, 'PROBE.PRIVILEGE'],

  [/^role ".*" does not exist/, 'PROBE.AUTH', 'role does not exist'],
  [/^role ".*" is not permitted to log in/, 'PROBE.AUTH', 'role is not permitted to log in'],
  [/^no pg_hba.conf entry/, 'PROBE.AUTH'],
  [/^(\S+ )?(auth|authentication) failed/, 'PROBE.AUTH', 'authentication failed'],

  [/^the database system is (starting up|shutting down|in recovery mode|not yet accepting)/, 'PROBE.NOT_ACCEPTING'],
  [/^terminating connection/, 'PROBE.TERMINATED'],
];

/**
 * What PgBouncer 1.12 to 1.25 sends when it refuses a client or ends its connection. All of it has the SQLSTATE 08P01, so only
 * the text can tell the problem.
 *
 * @see https://github.com/pgbouncer/pgbouncer/blob/master/src/client.c and objects.c, janitor.c, server.c in the same folder
 */
const PGBOUNCER_TEXTS: readonly ErrorText[] = [
  [/^query_wait_timeout/, 'MANAGED.FULL'],
  [/^no more connections allowed/, 'MANAGED.FULL', 'max_client_conn'],
  [/^client connections exceeded \(max_db_client/, 'MANAGED.FULL', 'max_db_client_connections'],
  [/^client connections exceeded \(max_user_client/, 'PROBE.OWN_LIMIT', 'max_user_client_connections'],

  [/^no such database/, 'PROBE.DATABASE_MISSING'],
  [/^(authentication )?database ".*" is disabled/, 'PROBE.NOT_ACCEPTING', 'database is disabled'],
  [/^database does not allow connections/, 'PROBE.NOT_ACCEPTING', 'database is disabled'],

  [/^no such user/, 'PROBE.AUTH'],
  [/^no authentication method is found/, 'PROBE.AUTH'],
  [/^empty password returned by client/, 'PROBE.AUTH'],
  [/^(username|password) too long/, 'PROBE.AUTH'],
  [/^(unix socket )?login rejected/, 'PROBE.AUTH'],
  // From the console, to a user that is neither in `admin_users` nor in `stats_users`.
  [/^not allowed/, 'PROBE.AUTH'],
  [/^SSL required/, 'PROBE.TLS'],

  [/^(server|pooler is) shutting down/, 'PROBE.NOT_ACCEPTING', 'shutting down'],
  [/^suspend_timeout/, 'PROBE.NOT_ACCEPTING'],
  [/^(client_idle_timeout|database removed)/, 'PROBE.TERMINATED'],

  [/^client_login_timeout \(server down\)/, 'PROBE.UNREACHABLE'],
  [/^client_login_timeout/, 'PROBE.TIMEOUT'],
  [/^(query_timeout|query timeout)/, 'PROBE.TIMEOUT', 'query_timeout'],
  [/^pgbouncer cannot connect to server/, 'PROBE.UNREACHABLE'],
  [/^(cannot connect|connect failed|connect timeout)/, 'PROBE.UNREACHABLE', 'pooler cannot connect'],
  [/^(server conn crashed|server connection closed|server DNS lookup failed)/, 'PROBE.UNREACHABLE'],
  [/^server login (failed|has been failing)/, 'PROBE.UNREACHABLE', 'server login failed'],

  [/^unsupported (options )?startup parameter/, 'PROBE.QUERY', 'unsupported startup parameter'],
  [/^PQexec disallowed/, 'PROBE.QUERY'],
  [/^bouncer (config error|resources exhaustion)/, 'PROBE.QUERY'],
  [/^invalid command/, 'PROBE.QUERY'],
];

const PGBOUNCER_AND_SERVER_TEXTS: readonly ErrorText[] = [...SERVER_TEXTS, ...PGBOUNCER_TEXTS];

/**
 * What RDS Proxy sends itself. A borrow that timed out is no proof of a full proxy: it sends the same text while its target
 * cannot be reached. So it is a probe that is not served, and the stats of the proxy tell the rest. A rate that was exceeded
 * passes, while a proxy at its limit of clients is full.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html
 */
const RDS_PROXY_TEXTS: readonly ErrorText[] = [
  [/^timed-out waiting to acquire database connection/i, 'PROBE.TIMEOUT', BORROW_TIMEOUT],
  [/^the maximum number of client connections to the proxy exceeded/i, 'MANAGED.FULL', 'client connections'],
  [/^rate of connection to proxy exceeded/i, 'PROBE.NOT_ACCEPTING', 'connection rate'],
  [/^the iam authentication failed because of too many competing requests/i, 'PROBE.NOT_ACCEPTING', 'IAM requests'],

  [/^this rds proxy has no credentials for the role/i, 'PROBE.AUTH', 'the proxy has no credentials for the role'],
  [/^(the )?iam authentication failed for (the role|user)/i, 'PROBE.AUTH', 'IAM authentication failed'],
  [/^the password that was provided for the role .* is wrong/i, 'PROBE.AUTH', 'wrong password'],
  [/^rds (proxy )?supports only iam/i, 'PROBE.AUTH', 'authentication method'],
  [/^iam (authentication )?is allowed only with ssl/i, 'PROBE.TLS', 'IAM needs TLS'],
  [/^this rds proxy requires tls/i, 'PROBE.TLS', 'TLS required'],
];

/** An error as the server or a pooler sent it. */
export interface SentError {
  /** Null if it has none of the form of a SQLSTATE. */
  readonly sqlstate: string | null;
  /** The function of PostgreSQL that reported it; null from poolers. */
  readonly routine: string | null;
  readonly text: string;
}

interface PoolerErrors {
  /** Whether the error can be one of this pooler, or of the server and passed on by it. */
  readonly maySend: (error: SentError) => boolean;
  /** Captures the text that the pooler wraps in one of its own, cached errors included. */
  readonly wrapped: RegExp;
  /** The texts that it wraps. */
  readonly wrappedTexts: readonly ErrorText[];
  /**
   * The first match decides. A reason is a fixed word, or else the matched part: the texts themselves may name users and
   * databases.
   */
  readonly texts: readonly ErrorText[];
}

/** The error texts of the poolers that have no SQLSTATEs of their own. */
const ERRORS: Readonly<Partial<Record<PoolerKind, PoolerErrors>>> = {
  // First, because AWS documents its texts and not their SQLSTATEs.
  'rds-proxy': {
    maySend: () => true,
    wrapped: /^Request returned an error: (.+)/,
    wrappedTexts: SERVER_TEXTS,
    texts: RDS_PROXY_TEXTS,
  },
  pgbouncer: {
    // Newer versions pass the SQLSTATE of the server on.
    maySend: ({ sqlstate, routine }) => sqlstate === '08P01' || (sqlstate === '53300' && routine === null),
    wrapped: /^server login (?:failed: \w+ |has been failing, cached error: )(.+)/,
    wrappedTexts: PGBOUNCER_AND_SERVER_TEXTS,
    texts: PGBOUNCER_AND_SERVER_TEXTS,
  },
};

/** The problem that an error of a pooler means; null if no pooler is known to send it. */
export function poolerProblem(error: SentError): Problem | null {
  const { sqlstate, text } = error;
  for (const { maySend, wrapped, wrappedTexts, texts } of Object.values(ERRORS)) {
    const inner = wrapped.exec(text)?.[1];
    const found = (inner && firstMatch(wrappedTexts, inner)) || firstMatch(texts, text);
    if (found && maySend(error)) {
      return problem(found.code, { sqlstate, reason: found.reason });
    }
  }
  return null;
}

function firstMatch(
  texts: readonly ErrorText[],
  text: string,
): { readonly code: ProblemCode; readonly reason: string } | null {
  for (const [pattern, code, reason] of texts) {
    const [matched] = pattern.exec(text) ?? [];
    if (matched) {
      return { code, reason: reason ?? matched };
    }
  }
  return null;
}
