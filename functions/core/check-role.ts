/** The database role that the check logs in as. */
export interface CheckRole {
  readonly user: string;
  /** Sessions it may have at once: what the monitor takes from the database at most. */
  readonly connectionLimit: number;
  /** Whether the login at the database itself is with IAM; it makes logging in with a password fail. */
  readonly withRdsIam: boolean;
}

/**
 * Sessions for each pool: the check, five environments of the API (what the throttle leaves while answers take less than a
 * second), two of details, and room for those of the code before. It is the bound on what the monitor can take from a
 * server that does not answer; `reservedConcurrency` keeps the API itself below it.
 */
export const SESSIONS_PER_POOL = 10;

/**
 * One statement that makes the role, or brings it to this state; PostgreSQL 12 and later. Run it in any database of the
 * server, as a user that may create roles. A role that logs in with a password still has to be given one.
 *
 * The two timeouts stand on the role since RDS Proxy refuses them at connect time: they end a check whose client is
 * gone, so that checks cannot pile up. There is no colon in it: the Data API takes one for a parameter.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL
 */
export function checkRoleSql({ user, connectionLimit, withRdsIam }: CheckRole): string {
  const role = sqlName(user);
  return [
    'DO $check_role$',
    'BEGIN',
    `  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${sqlText(user)}) THEN`,
    `    CREATE ROLE ${role};`,
    '  END IF;',
    `  ALTER ROLE ${role} LOGIN CONNECTION LIMIT ${connectionLimit};`,
    `  ALTER ROLE ${role} SET statement_timeout = '3s';`,
    "  IF CAST(current_setting('server_version_num') AS integer) >= 140000 THEN",
    `    ALTER ROLE ${role} SET client_connection_check_interval = '1s';`,
    '  END IF;',
    `  ${grantMonitorSql(user)};`,
    ...(withRdsIam ? [`  GRANT rds_iam TO ${role};`] : []),
    'END',
    '$check_role$',
  ].join('\n');
}

/** Lets a role see what all sessions do. */
export function grantMonitorSql(user: string): string {
  return `GRANT pg_monitor TO ${sqlName(user)}`;
}

/** A name of a role or database, whatever stands in it. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as standard SQL writes it. */
function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
