import type { Client } from 'pg';
import type { Setup } from './sql.js';

/** What a role may and has, in words. */
export type RoleState = Readonly<Record<string, string>>;

const STATEMENT = `
select case when rolcanlogin then 'yes' else 'no' end as login,
  case when rolconnlimit < 0 then 'none' else rolconnlimit::text end as "connection limit",
  coalesce(array_to_string(rolconfig, ', '), 'none') as settings,
  coalesce((select string_agg(g.rolname, ', ' order by g.rolname) from pg_auth_members m
    join pg_roles g on g.oid = m.roleid where m.member = r.oid), 'none') as "member of",
  coalesce((select case when has_database_privilege(r.oid, d.oid, 'CONNECT') then 'yes' else 'no' end
    from pg_database d where d.datname = coalesce($2, current_database())), 'no') as "may connect"
from pg_roles r where rolname = $1`;

/** How a role is now; null when there is none. */
export async function roleState(client: Client, { role, database }: Setup): Promise<RoleState | null> {
  const { rows } = await client.query<RoleState>(STATEMENT, [role.user, database]);
  return rows[0] ?? null;
}
