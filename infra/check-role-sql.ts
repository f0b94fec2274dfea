import { isBehindRdsProxy } from './permissions.js';
import type { CheckedPool } from './pools.js';

/** The database role that the check logs in as. */
export interface CheckRole {
  readonly user: string;
  /** Sessions it may have at once: what the monitor takes from the database at most. */
  readonly connectionLimit: number;
  /** Whether the login at the database itself is with IAM; it makes logging in with a password fail. */
  readonly withRdsIam: boolean;
  /** The pools that log in as it. */
  readonly pools: readonly string[];
}

/**
 * Sessions for each pool: the check, five environments of the API (what the throttle leaves while answers take less than a
 * second), two of details, and room for those of the code before. It is the bound on what the monitor can take from a
 * server that does not answer; `reservedConcurrency` keeps the API itself below it.
 */
const SESSIONS_PER_POOL = 10;

/** The roles that the pools of a deployment need, one for each user and kind of login. */
export function checkRoles(pools: readonly CheckedPool[]): readonly CheckRole[] {
  const roles = new Map<string, CheckRole>();
  for (const pool of pools) {
    const { name, config, endToEndIam } = pool;
    const withRdsIam = config.auth.type === 'iam' && (!isBehindRdsProxy(pool) || endToEndIam === true);
    const key = JSON.stringify([config.user, withRdsIam]);
    const together = [...(roles.get(key)?.pools ?? []), name];
    const connectionLimit = SESSIONS_PER_POOL * together.length;
    roles.set(key, { user: config.user, connectionLimit, withRdsIam, pools: together });
  }
  return [...roles.values()];
}

/**
 * One statement that makes the role, or brings it to this state; PostgreSQL 12 and later. Run it in any database of the
 * server, as a user that may create roles. A role that logs in with a password still has to be given one.
 *
 * The two timeouts stand on the role since RDS Proxy refuses them at connect time: they end a check whose client is
 * gone, so that checks cannot pile up. There is no colon in it: the Data API takes one for a parameter.
 */
export function checkRoleSql({ user, connectionLimit, withRdsIam }: CheckRole): string {
  const role = `"${user.replaceAll('"', '""')}"`;
  const text = `'${user.replaceAll("'", "''")}'`;
  return [
    'DO $check_role$',
    'BEGIN',
    `  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${text}) THEN`,
    `    CREATE ROLE ${role};`,
    '  END IF;',
    `  ALTER ROLE ${role} LOGIN CONNECTION LIMIT ${connectionLimit};`,
    `  ALTER ROLE ${role} SET statement_timeout = '3s';`,
    "  IF CAST(current_setting('server_version_num') AS integer) >= 140000 THEN",
    `    ALTER ROLE ${role} SET client_connection_check_interval = '1s';`,
    '  END IF;',
    `  GRANT pg_monitor TO ${role};`,
    ...(withRdsIam ? [`  GRANT rds_iam TO ${role};`] : []),
    'END',
    '$check_role$',
  ].join('\n');
}
