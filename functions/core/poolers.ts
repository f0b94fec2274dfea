import type { Finding } from './finding.js';
import { type Problem, type ProblemCode, problem } from './problems.js';

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

/**
 * What PgBouncer 1.12 to 1.25 sends when it refuses a client or ends its connection, and what it passes on from the server.
 * All of it has the SQLSTATE 08P01, so only the text can tell the problem.
 *
 * @see https://github.com/pgbouncer/pgbouncer/blob/master/src/client.c and objects.c, janitor.c, server.c in the same folder
 */
const PGBOUNCER_TEXTS: readonly ErrorText[] = [
  [/^query_wait_timeout/, 'MANAGED.FULL'],
  [/^no more connections allowed/, 'MANAGED.FULL', 'max_client_conn'],
  [/^client connections exceeded \(max_db_client/, 'MANAGED.FULL', 'max_db_client_connections'],
  [/^client connections exceeded \(max_user_client/, 'PROBE.OWN_LIMIT', 'max_user_client_connections'],
  [/^too many connections for role/, 'PROBE.OWN_LIMIT'],
  [/^too many connections for database/, 'PROBE.SLOTS_EXHAUSTED'],
  [/^sorry, too many clients already/, 'PROBE.SLOTS_EXHAUSTED'],
  [/^remaining connection slots are reserved/, 'PROBE.SLOTS_EXHAUSTED'],

  [/^no such database/, 'PROBE.DATABASE_MISSING'],
  [/^database ".*" does not exist/, 'PROBE.DATABASE_MISSING', 'database does not exist'],
  [/^(authentication )?database ".*" is disabled/, 'PROBE.NOT_ACCEPTING', 'database is disabled'],
  [/^database does not allow connections/, 'PROBE.NOT_ACCEPTING', 'database is disabled'],
  [/^permission denied for database/, 'PROBE.PRIVILEGE'],

  [/^no such user/, 'PROBE.AUTH'],
  [/^role ".*" does not exist/, 'PROBE.AUTH', 'role does not exist'],
  [/^role ".*" is not permitted to log in/, 'PROBE.AUTH', 'role is not permitted to log in'],
  [/^no pg_hba.conf entry/, 'PROBE.AUTH'],
  [/^no authentication method is found/, 'PROBE.AUTH'],
  [/^(\S+ )?(auth|authentication) failed/, 'PROBE.AUTH', 'authentication failed'],
  [/^empty password returned by client/, 'PROBE.AUTH'],
  [/^(username|password) too long/, 'PROBE.AUTH'],
  [/^(unix socket )?login rejected/, 'PROBE.AUTH'],
  // From the console, to a user that is neither in `admin_users` nor in `stats_users`.
  [/^not allowed/, 'PROBE.AUTH'],
  [/^SSL required/, 'PROBE.TLS'],

  [/^the database system is (starting up|shutting down|in recovery mode|not yet accepting)/, 'PROBE.NOT_ACCEPTING'],
  [/^(server|pooler is) shutting down/, 'PROBE.NOT_ACCEPTING', 'shutting down'],
  [/^suspend_timeout/, 'PROBE.NOT_ACCEPTING'],
  [/^(client_idle_timeout|database removed|terminating connection)/, 'PROBE.TERMINATED'],

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

interface PoolerErrors {
  /** Captures the server's own text where the pooler wraps it, cached errors included. */
  readonly wrapped: RegExp;
  /**
   * The first match decides. A reason is a fixed word, or else the matched part: the texts themselves may name users and
   * databases.
   */
  readonly texts: readonly ErrorText[];
}

/** The error texts of the poolers that have no SQLSTATEs of their own. */
const ERRORS: Readonly<Partial<Record<PoolerKind, PoolerErrors>>> = {
  pgbouncer: {
    wrapped: /^server login (?:failed: \w+ |has been failing, cached error: )(.+)/,
    texts: PGBOUNCER_TEXTS,
  },
};

/** The problem that an error text of a pooler means; null if no pooler is known to send it. */
export function poolerProblem(sqlstate: string, text: string): Problem | null {
  for (const { wrapped, texts } of Object.values(ERRORS)) {
    const inner = wrapped.exec(text)?.[1];
    const found = (inner && firstMatch(texts, inner)) || firstMatch(texts, text);
    if (found) {
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
