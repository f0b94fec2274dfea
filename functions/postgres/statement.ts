import pg from 'pg';
import { CHECK_APPLICATION_NAME, CHECK_DEADLINE_MS } from '../core/check-identity.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';

/** Sessions of the platform: they take slots, but belong to no pool. */
const PLATFORM_USERS = ['rdsadmin', 'rdsproxyadmin'];

/**
 * The one statement of a check: all counts, the terms of the ceiling and the monitor's own sessions in a single row. It
 * works on PostgreSQL 12 to 18, through poolers, by the simple protocol; it sets nothing and prepares nothing.
 *
 * It reads `pg_stat_get_activity`, the documented source of the view `pg_stat_activity`, whose joins with the catalogs
 * would cost more than the counting on a server with few sessions. Roles are resolved by `to_regrole`, from the cache of
 * the backend, so that only one catalog is read: `pg_database` for the CONNECTION LIMIT.
 *
 * Every session gets one class, and all counts compare that number. `offset 0` keeps the planner from putting an expression
 * in the place of its name, where the class would be found a dozen times for every session, and a role be looked up for each.
 *
 * Hidden rows are told by their query text: `backend_type` alone is also null for a background worker that just ended.
 * A platform may hide its own sessions from everybody; no grant helps there, and none of them is the pool's. What they are
 * is not known, so that each with a database counts as one that takes a slot.
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

/** What a session is to the pool. Each class counts where those before it count, as far as `activityStatement` compares. */
const CLASS = {
  /** Of which the check may not see what it is. */
  hidden: 0,
  /** A client of another database, or of none yet. */
  elsewhere: 1,
  /** A client of the database that is not the pool's: the platform's, another user's or application's, or the check's. */
  ofOthers: 2,
  /** The check's own, told by its application name alone. */
  named: 3,
  idle: 4,
  /** What it does is not tracked. */
  stateless: 5,
  executing: 6,
  inTransaction: 7,
} as const;

/** Role oids as an array, with null for one that does not exist. */
function roles(names: readonly string[]): string {
  const oids = names.map((name) => `to_regrole(${pg.escapeLiteral(pg.escapeIdentifier(name))})`);
  return `array[${oids.join(', ')}]::oid[]`;
}

function literals(values: readonly string[]): string {
  return values.map((value) => pg.escapeLiteral(value)).join(', ');
}
