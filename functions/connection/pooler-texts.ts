import { type Problem, type ProblemCode, problem } from '../core/problems.js';

type Entry = readonly [text: RegExp, code: ProblemCode, reason?: string];

/**
 * What PgBouncer 1.12 to 1.25 says when it refuses a client or ends its connection, and what it passes on of the server's
 * words. All of it has the one SQLSTATE 08P01, so that here the text has to tell. A reason is a fixed word, the matched part
 * where none is given: the texts themselves may name users and databases.
 *
 * @see https://github.com/pgbouncer/pgbouncer/blob/master/src/client.c and objects.c, janitor.c, server.c beside it
 */
const TEXTS: readonly Entry[] = [
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
  // To the console, whoever is neither in `admin_users` nor in `stats_users`.
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

/** What stands around the server's own words, and around those that are remembered for the clients that come later. */
const PASSED_ON = /^server login (?:failed: \w+ |has been failing, cached error: )(.+)$/;

/** Which problem a text of PgBouncer tells of; null for one that is not known. */
export function poolerProblem(sqlstate: string, text: string): Problem | null {
  const inner = PASSED_ON.exec(text)?.[1];
  const told = (inner && lookUp(inner)) || lookUp(text);
  return told ? problem(told.code, { sqlstate, reason: told.reason }) : null;
}

function lookUp(text: string): { readonly code: ProblemCode; readonly reason: string } | null {
  for (const [pattern, code, reason] of TEXTS) {
    const [matched] = pattern.exec(text) ?? [];
    if (matched) {
      return { code, reason: reason ?? matched };
    }
  }
  return null;
}
