import pg from 'pg';
import { CHECK_APPLICATION_NAME, CHECK_DEADLINE_MS } from '../contract/check-identity.js';
import type { ValidatedPoolConfig } from '../health/config.js';

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
 * Hidden rows are told by their query text: `backend_type` alone is also null for a background worker that just ended.
 *
 * @see https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-FUNCTIONS
 */
export function activityStatement(config: Pick<ValidatedPoolConfig, 'count' | 'sharedUser'>): string {
  const { count, sharedUser } = config;
  const named = `application_name = ${pg.escapeLiteral(CHECK_APPLICATION_NAME)}`;
  const narrowed = [
    `usesysid <> all (${roles(PLATFORM_USERS)})`,
    ...(count.users ? [`usesysid = any (${roles(count.users)})`] : []),
    ...(count.applications ? [`application_name in (${literals(count.applications)})`] : []),
    ...(sharedUser ? [] : [`usesysid <> me`]),
  ];
  return `
select pg_backend_pid() as pid,
  current_setting('server_version_num')::int as server_version,
  current_setting('max_connections')::int as max_connections,
  current_setting('superuser_reserved_connections')::int as superuser_reserved,
  coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) as reserved,
  coalesce(nullif(current_setting('rds.rds_superuser_reserved_connections', true), '')::int, 0) as rds_reserved,
  max(database_limit) as database_limit,
  count(*) filter (where is_hidden)::int as hidden,
  count(*) filter (where is_client)::int as server,
  count(*) filter (where is_client and is_here)::int as database,
  count(*) filter (where is_counted and not is_named)::int as total,
  count(*) filter (where is_counted and not is_named and is_active)::int as active,
  count(*) filter (where is_counted and not is_named and state like 'idle in transaction%')::int as idle_in_transaction,
  count(*) filter (where is_counted and not is_named and state = 'disabled')::int as stateless,
  count(*) filter (where is_counted and is_named)::int as named,
  (extract(epoch from max(clock_timestamp() - xact_start) filter (where is_counted and not is_named)) * 1000)::float8
    as longest_transaction_ms,
  coalesce(string_agg(pid::text, ',' order by pid) filter (where is_named and usesysid = me and pid <> pg_backend_pid()
    and state = 'active' and clock_timestamp() - query_start > interval '${CHECK_DEADLINE_MS} ms'), '') as orphans
from (
  select *, is_client and is_here and ${narrowed.join(' and ')} as is_counted
  from (
    select pid, usesysid, application_name, state, xact_start, query_start, me, database_limit,
      query = '<insufficient privilege>' and backend_type is null as is_hidden,
      coalesce(backend_type = 'client backend', false) as is_client,
      coalesce(datid = here, false) as is_here,
      coalesce(${named}, false) as is_named,
      state in ('active', 'fastpath function call') or state like 'idle in transaction%' as is_active
    from pg_catalog.pg_stat_get_activity(null),
      (select oid as here, datconnlimit as database_limit, (select to_regrole(quote_ident(session_user))::oid) as me
        from pg_catalog.pg_database where datname = current_database()) as self
  ) as session
) as counted`;
}

/**
 * An array of role oids; one that does not exist would be null there and hide a `<> all`. As a sub-select it is evaluated
 * once: `to_regrole` is only stable, and would otherwise be called for every session.
 */
function roles(names: readonly string[]): string {
  return `(select array_remove(array[${names.map((name) => `to_regrole(${pg.escapeLiteral(pg.escapeIdentifier(name))})::oid`).join(', ')}], null))::oid[]`;
}

function literals(values: readonly string[]): string {
  return values.map((value) => pg.escapeLiteral(value)).join(', ');
}
