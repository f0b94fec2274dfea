import * as v from 'valibot';
import { CHECK_APPLICATION_NAME } from '../core/check-role.js';

/**
 * One row about the role that is logged in, idle transactions, and all roles with their sessions. Read-only; works on
 * PostgreSQL 12 to 18, through poolers. Whether a role may monitor is tested as the server tests it: by membership up to 14,
 * by inherited privileges from 15 on.
 *
 * Users and application names of sessions are visible to every role. A session that hides everything else counts as a client.
 *
 * @see https://www.postgresql.org/docs/current/catalog-pg-db-role-setting.html
 */
export const ROLE_STATEMENT = `
select pg_backend_pid() as pid, rolname as "user", rolsuper as "isSuperuser",
  nullif(greatest(rolconnlimit, -1), -1) as "connectionLimit",
  pg_has_role(rolname, 'pg_read_all_stats',
    case when current_setting('server_version_num')::int < 150000 then 'MEMBER' else 'USAGE' end) as "isMonitor",
  (select nullif(setting, '0')::float8 from pg_settings where name = 'statement_timeout') as "statementTimeoutMs",
  coalesce((select jsonb_agg(to_jsonb(idle)) from (
    select r.rolname as "user", count(*)::int as count,
      round(extract(epoch from max(clock_timestamp() - state_change)) * 1000)::float8 as "longestMs",
      coalesce(
        (select split_part(setting, '=', 2) !~ '^0+[a-z]*$' from pg_db_role_setting, unnest(setconfig) as setting
          where setting like 'idle_in_transaction_session_timeout=%' and setrole in (0, r.oid) and setdatabase in (0, a.datid)
          order by setrole = 0, setdatabase = 0 limit 1),
        -- The server's value is visible unless this session has a value of its own.
        (select case when source in ('default', 'configuration file', 'command line') then setting <> '0' end
          from pg_settings where name = 'idle_in_transaction_session_timeout')) as "isEnded"
    from pg_stat_get_activity(null) a join pg_roles r on r.oid = a.usesysid
    where state like 'idle in transaction%' and a.datid = (select oid from pg_database where datname = current_database())
    group by r.oid, r.rolname, a.datid order by 2 desc, 1) as idle), '[]') as "idleInTransaction",
  (select jsonb_agg(jsonb_build_object('name', r.rolname, 'sessions', coalesce(total, 0), 'here', coalesce(here, 0),
      'ofCheck', coalesce(of_check, 0), 'limit', case when not r.rolsuper then nullif(greatest(r.rolconnlimit, -1), -1) end))
    from pg_roles r left join (
      select usesysid, count(*) as total, count(*) filter (where application_name = '${CHECK_APPLICATION_NAME}') as of_check,
        count(*) filter (where datid = (select oid from pg_database where datname = current_database())) as here
      from pg_stat_get_activity(null) where coalesce(backend_type, 'client backend') = 'client backend'
      group by usesysid) as sessions on usesysid = r.oid) as roles,
  coalesce((select jsonb_agg(distinct application_name) from pg_stat_get_activity(null)
    where datid = (select oid from pg_database where datname = current_database())
      and application_name not in ('', '${CHECK_APPLICATION_NAME}')), '[]') as applications
from pg_roles where rolname = session_user`;

const number = v.pipe(v.number(), v.finite());

/** Sessions of one role that are idle in transaction. */
const idleInTransaction = v.object({
  user: v.string(),
  count: number,
  /** How long the longest of them has been idle, in milliseconds. */
  longestMs: number,
  /** Whether the server ends such sessions of the role after a time; null if the check cannot see that. */
  isEnded: v.nullable(v.boolean()),
});

/** A role of the server, and its sessions. */
const roleOnServer = v.object({
  name: v.string(),
  /** Its CONNECTION LIMIT; null if it has none or is a superuser, which is exempt. */
  limit: v.nullable(number),
  /** Its sessions in all databases, which is what the limit counts. */
  sessions: number,
  /** Those in the database of this session. */
  here: number,
  /** Those that have the application name of the check. */
  ofCheck: number,
});

/** The row of `ROLE_STATEMENT`. */
const roleRow = v.object({
  user: v.string(),
  isSuperuser: v.boolean(),
  /** Its CONNECTION LIMIT; null if it has none. */
  connectionLimit: v.nullable(number),
  /** Whether it may read what other sessions do. */
  isMonitor: v.boolean(),
  /** Its `statement_timeout` in milliseconds; null if it has none. */
  statementTimeoutMs: v.nullable(number),
  idleInTransaction: v.array(idleInTransaction),
  /** All roles of the server. */
  roles: v.array(roleOnServer),
  /** The application names of the sessions in this database, without those of the check. */
  applications: v.array(v.string()),
});

export type RoleOnServer = Readonly<v.InferOutput<typeof roleOnServer>>;

/** The role that is logged in, and sessions of all roles that are idle in transaction. */
export type RoleFacts = Readonly<v.InferOutput<typeof roleRow>>;

/** Reads the row of `ROLE_STATEMENT`. Returns null for an unexpected row shape. */
export function readRole(raw: unknown): RoleFacts | null {
  const parsed = v.safeParse(roleRow, raw);
  return parsed.success ? parsed.output : null;
}
