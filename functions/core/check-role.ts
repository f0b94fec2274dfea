import { codeOf, hasControlCharacters } from './control-characters.js';

/** Who the check is for the database: its role, how its sessions are recognized, and how long it may take. */

/** The `application_name` of every session of the check, by which its own sessions are left out of the counts. */
export const CHECK_APPLICATION_NAME = 'pool-health';

/** Every check of one pool ends within this time, whatever the database or the network does (milliseconds). */
export const CHECK_DEADLINE_MS = 5_000;

/**
 * Sessions of the check's role for each pool: the check, five environments of the API (what the throttle leaves while answers
 * take less than a second), two of details, and two for the environments of the previous version during a deployment. It
 * limits what the monitor can take from a server that does not answer; `reservedConcurrency` keeps the API below it.
 */
export const SESSIONS_PER_POOL = 10;

/** The database role that the check logs in as. */
export interface CheckRole {
  readonly user: string;
  /** Sessions that it may have at once: the most that the monitor takes from the database. */
  readonly connectionLimit: number;
  /** Whether the login at the database itself is with IAM. Password logins of the role then fail. */
  readonly withRdsIam: boolean;
}

/**
 * One SQL statement that creates the role, or changes an existing one to this state. Needs PostgreSQL 12 or later. Run it in
 * any database of the server, as a user that may create roles. It sets no password.
 *
 * The role carries the two timeouts because RDS Proxy refuses them at connect time. They end statements whose client is
 * gone, so that checks cannot pile up. The statement has no colon, which the Data API would take for a parameter.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL
 */
export function checkRoleSql({ user, connectionLimit, withRdsIam }: CheckRole): string {
  const role = sqlName(user);
  const body = [
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
  ].join('\n');
  const quote = dollarQuoteFor(body);
  return `DO ${quote}\n${body}\n${quote}`;
}

/** A dollar quote that does not occur in a text, so that the text cannot end the quotation. */
function dollarQuoteFor(text: string): string {
  let tag = 'check_role';
  while (text.includes(`$${tag}$`)) {
    tag += '_';
  }
  return `$${tag}$`;
}

/** SQL that lets a role read what all sessions do. */
export function grantMonitorSql(user: string): string {
  return `GRANT pg_monitor TO ${sqlName(user)}`;
}

/** Quotes the name of a role or database for SQL. Control characters are written as escapes: `U&"a\000ab"`. */
export function sqlName(name: string): string {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  if (!hasControlCharacters(name)) {
    return quoted;
  }
  const escaped = Array.from(quoted.replaceAll('\\', '\\\\'), (character) =>
    hasControlCharacters(character) ? `\\${codeOf(character)}` : character,
  );
  return `U&${escaped.join('')}`;
}

/** Quotes a text for SQL. A backslash is doubled in the form that every setting of standard_conforming_strings reads alike. */
function sqlText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
