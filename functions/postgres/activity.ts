import * as v from 'valibot';
import type { QueryResult } from '../connection/connection.js';
import { CHECK_DEADLINE_MS } from '../core/check-role.js';
import type { PoolConfig } from '../core/pool-config.js';
import type { DatabaseProbeResult } from '../core/ports.js';
import { type Problem, problem } from '../core/problems.js';
import type { DatabaseView } from '../core/sample.js';
import { CHECK_NAME, literals, ME, PLATFORM, roles } from './sql.js';

/** Where a session belongs. Classes are ordered, so that a count may include all classes from one on. */
const CLASS = {
  /** A client that the check may not read. */
  hidden: 0,
  /** A client of another database, or not of any database yet. */
  elsewhere: 1,
  /** A client of the database but not of the pool: of the platform, of another user or application, or of the check. */
  ofOthers: 2,
  /** It would be counted if the user were shared: of the check's user, under another application name. */
  ofCheckUser: 3,
  /** A session of the check, recognized only by its application name. */
  named: 4,
  /** A session of the pool. */
  counted: 5,
} as const;
/** What a session does. From `executing` on its connection cannot be given to anyone else. */
const ACTIVITY = {
  idle: 0,
  /** Unknown: `track_activities` is off. */
  stateless: 1,
  executing: 2,
  inTransaction: 3,
} as const;

const NAMED = `application_name = ${CHECK_NAME}`;

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
  server_active: count,
  server_stateless: count,
  database: count,
  total: count,
  active: count,
  idle_in_transaction: count,
  stateless: count,
  idle_too_long: v.nullable(count),
  of_check_user: count,
  sees_own_name: v.boolean(),
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
 * Each session gets one class and one activity, and all counts compare these numbers. `offset 0` prevents the planner from
 * inlining expressions: it would compute them a dozen times per session, and look up a role each time.
 *
 * Hidden rows are recognized by their query text, because `backend_type` is also null for a background worker that just
 * ended. Only a client has both a database and a user; an autovacuum worker has no user and takes no slot of a client. A
 * hidden client means a missing grant only if the role lacks `pg_read_all_stats`, tested as the server tests it: by
 * membership up to 14, by inherited privileges from 15 on. A platform may hide its own sessions from every role. These take
 * slots, and the pool owns none of them.
 *
 * @see https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-FUNCTIONS
 */
export function activityStatement(config: Pick<PoolConfig, 'count' | 'sharedUser' | 'idleLimitMs'>): string {
  const { count, sharedUser, idleLimitMs } = config;
  const others = [
    'usesysid = any (platform)',
    ...(count.users ? ['(usesysid = any (users)) is not true'] : []),
    ...(count.applications ? [`(application_name in (${literals(count.applications)})) is not true`] : []),
  ];
  const ofCheck = sharedUser
    ? `${NAMED} then ${CLASS.named}`
    : `usesysid = me then case when ${NAMED} then ${CLASS.ofOthers} else ${CLASS.ofCheckUser} end`;
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
  count(*) filter (where class >= ${CLASS.elsewhere} and activity >= ${ACTIVITY.executing})::int as server_active,
  count(*) filter (where class >= ${CLASS.elsewhere} and activity = ${ACTIVITY.stateless})::int as server_stateless,
  count(*) filter (where class >= ${CLASS.ofOthers})::int as database,
  count(*) filter (where class = ${CLASS.ofCheckUser})::int as of_check_user,
  current_setting('application_name') = ${CHECK_NAME} as sees_own_name,
  count(*) filter (where class = ${CLASS.named})::int as named,
  count(*) filter (where class = ${CLASS.counted})::int as total,
  count(*) filter (where class = ${CLASS.counted} and activity >= ${ACTIVITY.executing})::int as active,
  count(*) filter (where class = ${CLASS.counted} and activity = ${ACTIVITY.inTransaction})::int as idle_in_transaction,
  count(*) filter (where class = ${CLASS.counted} and activity = ${ACTIVITY.stateless})::int as stateless,
  ${idleLimitMs === null ? 'null::int' : idleSince(idleLimitMs)} as idle_too_long,
  (extract(epoch from clock_timestamp() - min(xact_start) filter (where class = ${CLASS.counted})) * 1000)::float8
    as longest_transaction_ms,
  coalesce(string_agg(pid::text, ',') filter (where usesysid = me and ${NAMED} and pid <> own
    and state = 'active' and query_start < clock_timestamp() - interval '${CHECK_DEADLINE_MS} ms'), '') as orphans
from (
  select pid, usesysid, application_name, state, state_change, xact_start, query_start, own, me, database_limit,
    case
      when pid = own or state = 'idle' then ${ACTIVITY.idle}
      when state in ('active', 'fastpath function call') then ${ACTIVITY.executing}
      when state like 'idle in transaction%' then ${ACTIVITY.inTransaction}
      when state = 'disabled' then ${ACTIVITY.stateless}
      else ${ACTIVITY.idle}
    end as activity,
    case
      when backend_type is null then case
        when query <> '<insufficient privilege>' or datid is null or usesysid is null then null
        when sees_all or usesysid = any (platform) then ${CLASS.elsewhere}
        else ${CLASS.hidden}
      end
      when backend_type <> 'client backend' then null
      when (datid = here) is not true then ${CLASS.elsewhere}
      when ${others.join(' or ')} then ${CLASS.ofOthers}
      when ${ofCheck}
      else ${CLASS.counted}
    end as class
  from pg_catalog.pg_stat_get_activity(null),
    (select oid as here, datconnlimit as database_limit, pg_backend_pid() as own, ${ME} as me,
        pg_has_role('pg_read_all_stats',
          case when current_setting('server_version_num')::int < 150000 then 'MEMBER' else 'USAGE' end) as sees_all,
        ${PLATFORM} as platform, ${roles(count.users ?? [])} as users
      from pg_catalog.pg_database where datname = current_database()
      offset 0) as self
  offset 0
) as session`;
}

function idleSince(ms: number): string {
  return `count(*) filter (where class = ${CLASS.counted} and activity = ${ACTIVITY.idle}
    and state_change < now() - interval '${ms} ms')::int`;
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
            serverActive: row.server_stateless === 0 ? row.server_active : null,
            ofCheckUser: sharedUser || !isDirect || !row.sees_own_name ? null : row.of_check_user,
            idleTooLong: hasStates ? row.idle_too_long : null,
          },
    role: row.is_standby ? 'standby' : 'primary',
    facts: null,
    orphans: row.orphans === '' ? [] : row.orphans.split(',').sort((a, b) => Number(a) - Number(b)),
  };
  return { database, isDirect, problems };
}
