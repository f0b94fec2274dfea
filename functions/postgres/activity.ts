import pg from 'pg';
import * as v from 'valibot';
import type { QueryResult } from '../connection/connection.js';
import { CHECK_APPLICATION_NAME, CHECK_DEADLINE_MS } from '../core/check-role.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { DatabaseProbeResult } from '../core/ports.js';
import { type Problem, problem } from '../core/problems.js';
import type { DatabaseView } from '../core/sample.js';

/** Users of the platform's sessions. These take slots, but belong to no pool. */
const PLATFORM_USERS = ['rdsadmin', 'rdsproxyadmin'];
/** The class of a session. Classes are ordered, so that a count may include all classes from one on. */
const CLASS = {
  /** The check may not read what it is. */
  hidden: 0,
  /** A client of another database, or not of any database yet. */
  elsewhere: 1,
  /** A client of the database but not of the pool: of the platform, of another user or application, or of the check. */
  ofOthers: 2,
  /** A session of the check, recognized only by its application name. */
  named: 3,
  idle: 4,
  /** Its state is unknown: `track_activities` is off. */
  stateless: 5,
  executing: 6,
  inTransaction: 7,
} as const;

const number = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const activityRow = v.object({
  server_version: count,
  is_standby: v.boolean(),
  max_connections: count,
  superuser_reserved: count,
  reserved: count,
  rds_reserved: count,
  database_limit: v.pipe(v.number(), v.safeInteger()),
  hidden: count,
  server: count,
  database: count,
  total: count,
  active: count,
  idle_in_transaction: count,
  stateless: count,
  named: count,
  longest_transaction_ms: v.nullable(number),
  orphans: v.pipe(v.string(), v.regex(/^(\d+(,\d+)*)?$/)),
});

/**
 * Returns the statement of a check: one row with all counts, the terms of the slot limit, and the check's own sessions. It
 * works on PostgreSQL 12 to 18, through poolers, and by the simple protocol. It sets nothing and prepares nothing.
 *
 * It reads `pg_stat_get_activity`, the documented source of the view `pg_stat_activity`. The view's joins with the catalogs
 * would cost more than the counts if there are few sessions. `to_regrole` resolves roles from the cache of the backend, so
 * that the statement reads only one catalog: `pg_database`, for the CONNECTION LIMIT.
 *
 * Each session gets one class, and all counts compare that number. `offset 0` prevents the planner from inlining expressions:
 * it would compute the class a dozen times per session, and look up a role each time.
 *
 * Hidden rows are recognized by their query text, because `backend_type` is also null for a background worker that just
 * ended. A platform may hide its own sessions from every role. No grant changes that, and the pool owns none of them. Each of
 * them with a database counts as one that takes a slot.
 *
 * @see https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-FUNCTIONS
 */
export function activityStatement(config: Pick<ValidatedPoolConfig, 'count' | 'sharedUser'>): string {
  const { count, sharedUser } = config;
  const named = `application_name = ${pg.escapeLiteral(CHECK_APPLICATION_NAME)}`;
  const others = [
    'usesysid = any (platform)',
    ...(count.users ? ['(usesysid = any (users)) is not true'] : []),
    ...(count.applications ? [`(application_name in (${literals(count.applications)})) is not true`] : []),
    ...(sharedUser ? [] : ['usesysid = me']),
  ];
  return `
select pg_backend_pid() as pid,
  current_setting('server_version_num')::int as server_version,
  pg_is_in_recovery() as is_standby,
  current_setting('max_connections')::int as max_connections,
  current_setting('superuser_reserved_connections')::int as superuser_reserved,
  coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) as reserved,
  coalesce(nullif(current_setting('rds.rds_superuser_reserved_connections', true), '')::int, 0) as rds_reserved,
  max(database_limit) as database_limit,
  count(*) filter (where class = ${CLASS.hidden})::int as hidden,
  count(*) filter (where class >= ${CLASS.elsewhere})::int as server,
  count(*) filter (where class >= ${CLASS.ofOthers})::int as database,
  count(*) filter (where class = ${CLASS.named})::int as named,
  count(*) filter (where class >= ${CLASS.idle})::int as total,
  count(*) filter (where class >= ${CLASS.executing})::int as active,
  count(*) filter (where class = ${CLASS.inTransaction})::int as idle_in_transaction,
  count(*) filter (where class = ${CLASS.stateless})::int as stateless,
  (extract(epoch from clock_timestamp() - min(xact_start) filter (where class >= ${CLASS.idle})) * 1000)::float8
    as longest_transaction_ms,
  coalesce(string_agg(pid::text, ',') filter (where usesysid = me and ${named} and pid <> pg_backend_pid()
    and state = 'active' and query_start < clock_timestamp() - interval '${CHECK_DEADLINE_MS} ms'), '') as orphans
from (
  select pid, usesysid, application_name, state, xact_start, query_start, me, database_limit,
    case
      when backend_type is null then case
        when query <> '<insufficient privilege>' then null
        when (usesysid = any (platform)) is not true then ${CLASS.hidden}
        when datid is not null then ${CLASS.elsewhere}
      end
      when backend_type <> 'client backend' then null
      when (datid = here) is not true then ${CLASS.elsewhere}
      when ${others.join(' or ')} then ${CLASS.ofOthers}
      when ${named} then ${CLASS.named}
      when state in ('active', 'fastpath function call') then ${CLASS.executing}
      when state like 'idle in transaction%' then ${CLASS.inTransaction}
      when state = 'disabled' then ${CLASS.stateless}
      else ${CLASS.idle}
    end as class
  from pg_catalog.pg_stat_get_activity(null),
    (select oid as here, datconnlimit as database_limit, to_regrole(quote_ident(session_user))::oid as me,
        ${roles(PLATFORM_USERS)} as platform, ${roles(count.users ?? [])} as users
      from pg_catalog.pg_database where datname = current_database()
      offset 0) as self
  offset 0
) as session`;
}

/**
 * Reads the row of `activityStatement`. Never throws: an unexpected row shape is `PROBE.QUERY`.
 *
 * @param sharedUser whether the application uses the check's user, too. Behind a pooler, the backends that the check happens
 *   to use then belong to the pool, and are idle apart from the check.
 */
export function readActivity({ results, isDirect }: QueryResult, sharedUser: boolean): DatabaseProbeResult {
  const parsed = v.safeParse(activityRow, results[0]?.[0]);
  if (!parsed.success) {
    return { database: null, isDirect, problems: [problem('PROBE.QUERY', { reason: 'unexpected row shape' })] };
  }
  const row = parsed.output;
  const problems: Problem[] = [];
  if (row.hidden > 0) {
    problems.push(problem('PROBE.PRIVILEGE', { reason: 'pg_monitor is not granted', hiddenSessions: row.hidden }));
  } else if (row.stateless > 0) {
    problems.push(
      problem('PROBE.PRIVILEGE', { reason: 'track_activities is off', sessionsWithoutState: row.stateless }),
    );
  }
  const ownSessions = sharedUser && !isDirect ? row.named : 0;
  const hasStates = row.stateless === 0;
  const database: DatabaseView = {
    serverVersion: row.server_version,
    slots: {
      maxConnections: row.max_connections,
      superuserReserved: row.superuser_reserved,
      reserved: row.reserved,
      rdsReserved: row.rds_reserved,
      databaseLimit: row.database_limit < 0 ? null : row.database_limit,
    },
    connections:
      row.hidden > 0
        ? null
        : {
            total: row.total + ownSessions,
            active: hasStates ? row.active : null,
            idleInTransaction: hasStates ? row.idle_in_transaction : null,
            longestTransactionMs: row.longest_transaction_ms,
            server: row.server,
            database: row.database,
            ofCheckUser: null,
            idleTooLong: null,
          },
    role: row.is_standby ? 'standby' : 'primary',
    facts: null,
    orphans: row.orphans === '' ? [] : row.orphans.split(',').sort((a, b) => Number(a) - Number(b)),
  };
  return { database, isDirect, problems };
}

/** An SQL array of role oids, with null for a role that does not exist. */
function roles(names: readonly string[]): string {
  const oids = names.map((name) => `to_regrole(${pg.escapeLiteral(pg.escapeIdentifier(name))})`);
  return `array[${oids.join(', ')}]::oid[]`;
}

function literals(values: readonly string[]): string {
  return values.map((value) => pg.escapeLiteral(value)).join(', ');
}
