import * as v from 'valibot';
import { configuredMax, type PoolConfig } from '../core/pool-config.js';
import { type DatabaseView, ordinarySlots, type RoleSessions, type ServerFacts } from '../core/sample.js';
import { CHECK_NAME, literals, ME, PLATFORM, roles } from './sql.js';

/** Limit of the list of roles, which begins with those closest to their limit. */
const MAX_ROLES = 40;
/** From this share of a limit on, the facts are read with every check (percent). */
const NEAR_LIMIT_PERCENT = 80;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const factsRow = v.object({
  roles: v.array(v.object({ limit: v.nullable(count), total: count, elsewhere: count })),
  missing_users: count,
  applications: v.array(v.string()),
  others: count,
  pending_logins: v.nullable(count),
});

/** The row of `factsStatement`. */
export interface FactsRow {
  readonly roles: readonly RoleSessions[];
  readonly missingUsers: number;
  /** The names in `count.applications` that a session has now. */
  readonly applications: readonly string[];
  /** Sessions of the database that only `count.applications` leaves out of the counts. */
  readonly others: number;
  readonly pendingLogins: number | null;
}

/**
 * Returns the statement for what changes slowly or costs more than the counts: one row. Like `activityStatement`, it is
 * read-only and works on PostgreSQL 12 to 18, through poolers.
 *
 * A CONNECTION LIMIT of a role counts its sessions in all databases, and superusers are exempt. Without `count.users`, the
 * roles are those with a limit and a session of the pool.
 *
 * Up to 17, a login takes its slot before it has a row in `pg_stat_activity`. During authentication it already holds a
 * virtual transaction id, which is in `pg_locks`. Replication logins hold one too, but take no slot of a client.
 */
export function factsStatement({ count, sharedUser }: Pick<PoolConfig, 'count' | 'sharedUser'>): string {
  const mine = [
    'datid = here',
    '(usesysid = any (platform)) is not true',
    ...(count.users ? ['usesysid = any (users)'] : []),
    sharedUser ? `application_name <> ${CHECK_NAME}` : 'usesysid <> me',
  ].join(' and ');
  const named = count.applications ? `application_name in (${literals(count.applications)})` : 'true';
  const seen = `(select coalesce(jsonb_agg(distinct application_name), '[]') from client where is_mine and is_named)`;
  return `
with self as materialized (
  select oid as here, ${ME} as me, ${PLATFORM} as platform, ${roles(count.users ?? [])} as users
  from pg_catalog.pg_database where datname = current_database()
), session as materialized (
  select pid, usesysid, application_name, backend_type, datid = here as is_here, ${mine} as is_mine, ${named} as is_named
  from self, pg_catalog.pg_stat_get_activity(null)
), client as (
  select * from session where backend_type = 'client backend'
)
select pg_backend_pid() as pid,
  (select coalesce(jsonb_agg(jsonb_build_object('limit', max, 'total', total, 'elsewhere', elsewhere)), '[]') from (
    select case when rolconnlimit >= 0 and not rolsuper then rolconnlimit end as max,
      coalesce(total, 0) as total, coalesce(elsewhere, 0) as elsewhere
    from self, pg_catalog.pg_roles left join (
      select usesysid, count(*) as total, count(*) filter (where is_here is not true) as elsewhere,
        bool_or(is_mine and is_named) as is_counted
      from client group by usesysid
    ) as sessions on usesysid = oid
    where ${count.users ? 'oid = any (users)' : 'is_counted and rolconnlimit >= 0 and not rolsuper'}
    order by case when rolconnlimit >= 0 and not rolsuper then rolconnlimit - coalesce(total, 0) end
    limit ${MAX_ROLES}
  ) as role) as roles,
  (select cardinality(array_positions(users, null)) from self) as missing_users,
  ${count.applications ? seen : `'[]'::jsonb`} as applications,
  (select count(*)::int from client where is_mine and not is_named) as others,
  case when current_setting('server_version_num')::int < 180000 then (
    select count(*)::int from pg_catalog.pg_locks as lock
    where locktype = 'virtualxid' and pid is not null and not exists (select from session where session.pid = lock.pid)
  ) end as pending_logins`;
}

/** Reads the row of `factsStatement`. Returns null for an unexpected row shape. */
export function readFacts(raw: unknown): FactsRow | null {
  const parsed = v.safeParse(factsRow, raw);
  if (!parsed.success) {
    return null;
  }
  const { missing_users: missingUsers, pending_logins: pendingLogins, ...row } = parsed.output;
  return { ...row, missingUsers, pendingLogins };
}

/** Facts, and the client backends of the server at that time. */
export interface LastFacts {
  readonly facts: ServerFacts;
  readonly server: number;
}

/**
 * Whether a count is close enough to a limit for the facts to be read at once. The sessions of a role are those of the last
 * facts, and all that the server has more since then.
 */
export function isNearLimit(
  config: Pick<PoolConfig, 'settings' | 'instances'>,
  { connections, slots }: DatabaseView,
  last: LastFacts | null,
): boolean {
  if (connections === null) {
    return false;
  }
  const { total, server, database } = connections;
  const added = last ? Math.max(0, server - last.server) : 0;
  const limits: readonly (readonly [used: number, limit: number | null])[] = [
    [server, ordinarySlots(slots)],
    [database, slots.databaseLimit],
    [total, configuredMax(config)],
    ...(last?.facts.roles ?? []).map((role) => [role.total + added, role.limit] as const),
  ];
  return limits.some(([used, limit]) => limit !== null && used * 100 >= limit * NEAR_LIMIT_PERCENT);
}
