import { type CheckRole, checkRoleSql, sqlName } from '../../core/check-role.js';

/** What is to be set up: the role, and what it is granted beside it. */
export interface Setup {
  readonly role: CheckRole;
  /** A database on which it gets CONNECT, where that was taken from everybody. */
  readonly database: string | null;
}

/** What is run, in this order; each may be run again. */
export function statements({ role, database }: Setup): readonly string[] {
  const connect = database === null ? [] : [`GRANT CONNECT ON DATABASE ${sqlName(database)} TO ${sqlName(role.user)}`];
  return [checkRoleSql(role), ...connect];
}
