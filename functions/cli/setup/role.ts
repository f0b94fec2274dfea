import type { Client } from 'pg';
import { type CheckRole, checkRoleSql, sqlName } from '../../core/check-role.js';

const ROLE_STATE_STATEMENT = `
select case when rolcanlogin then 'yes' else 'no' end as login,
  case when rolconnlimit < 0 then 'none' else rolconnlimit::text end as "connection limit",
  coalesce(array_to_string(rolconfig, ', '), 'none') as settings,
  coalesce((select string_agg(g.rolname, ', ' order by g.rolname) from pg_auth_members m
    join pg_roles g on g.oid = m.roleid where m.member = r.oid), 'none') as "member of",
  coalesce((select case when has_database_privilege(r.oid, d.oid, 'CONNECT') then 'yes' else 'no' end
    from pg_database d where d.datname = coalesce($2, current_database())), 'no') as "may connect"
from pg_roles r where rolname = $1`;

/** The role to create or change, and its grants. */
export interface Setup {
  readonly role: CheckRole;
  /** Database on which to grant CONNECT, needed if CONNECT was revoked from PUBLIC; otherwise null. */
  readonly database: string | null;
}

/** The statements to run, in this order. Running them again is safe. */
export function statements({ role, database }: Setup): readonly string[] {
  const connect = database === null ? [] : [`GRANT CONNECT ON DATABASE ${sqlName(database)} TO ${sqlName(role.user)}`];
  return [checkRoleSql(role), ...connect];
}

/** The attributes of a role, by their names for people. */
export type RoleState = Readonly<Record<string, string>>;

/** The current attributes of a role; null if it does not exist. */
export async function roleState(client: Client, { role, database }: Setup): Promise<RoleState | null> {
  const { rows } = await client.query<RoleState>(ROLE_STATE_STATEMENT, [role.user, database]);
  return rows[0] ?? null;
}
