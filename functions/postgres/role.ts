import * as v from 'valibot';

/**
 * One row about the role that is logged in, and about idle transactions. Read-only; works on PostgreSQL 12 to 18, through
 * poolers. Whether a role may monitor is tested as the server tests it: by membership up to 14, by inherited privileges from
 * 15 on.
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
    group by r.oid, r.rolname, a.datid order by 2 desc, 1) as idle), '[]') as "idleInTransaction"
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
});

/** The role that is logged in, and sessions of all roles that are idle in transaction. */
export type RoleFacts = Readonly<v.InferOutput<typeof roleRow>>;

/** Reads the row of `ROLE_STATEMENT`. Returns null for an unexpected row shape. */
export function readRole(raw: unknown): RoleFacts | null {
  const parsed = v.safeParse(roleRow, raw);
  return parsed.success ? parsed.output : null;
}
