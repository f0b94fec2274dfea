import * as v from 'valibot';

/** Sessions of one role that are idle inside a transaction now. */
export interface IdleInTransaction {
  readonly user: string;
  readonly count: number;
  /** How long the first of them has been so, in milliseconds. */
  readonly longestMs: number;
  /** Whether the server ends such sessions of that role after a time; null when that cannot be seen from here. */
  readonly isEnded: boolean | null;
}

/** What the server says about the role that is logged in, and about those beside it. */
export interface RoleFacts {
  readonly user: string;
  readonly isSuperuser: boolean;
  /** Its CONNECTION LIMIT; null when it has none. */
  readonly connectionLimit: number | null;
  /** Whether it may see what sessions of others do. */
  readonly isMonitor: boolean;
  /** Milliseconds after which a statement of it is ended; null when never. */
  readonly statementTimeoutMs: number | null;
  readonly idleInTransaction: readonly IdleInTransaction[];
}

/**
 * One read-only row about roles, on PostgreSQL 12 to 18, through poolers. What a role sees is tested as the server itself
 * tests it: by membership up to 14, by inherited privileges from 15 on.
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
        -- What holds for everybody can be seen unless it is hidden by a setting for this very session.
        (select case when source in ('default', 'configuration file', 'command line') then setting <> '0' end
          from pg_settings where name = 'idle_in_transaction_session_timeout')) as "isEnded"
    from pg_stat_get_activity(null) a join pg_roles r on r.oid = a.usesysid
    where state like 'idle in transaction%' and a.datid = (select oid from pg_database where datname = current_database())
    group by r.oid, r.rolname, a.datid order by 2 desc, 1) as idle), '[]') as "idleInTransaction"
from pg_roles where rolname = session_user`;

const number = v.pipe(v.number(), v.finite());
const row = v.object({
  user: v.string(),
  isSuperuser: v.boolean(),
  connectionLimit: v.nullable(number),
  isMonitor: v.boolean(),
  statementTimeoutMs: v.nullable(number),
  idleInTransaction: v.array(
    v.object({ user: v.string(), count: number, longestMs: number, isEnded: v.nullable(v.boolean()) }),
  ),
});

/** Reads the row of `ROLE_STATEMENT`. Null when it has another shape. */
export function readRole(raw: unknown): RoleFacts | null {
  const parsed = v.safeParse(row, raw);
  return parsed.success ? parsed.output : null;
}
