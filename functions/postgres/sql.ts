import pg from 'pg';
import { CHECK_APPLICATION_NAME } from '../core/check-role.js';

/** Parts of the statements that count sessions. They resolve roles from the cache of the backend, without a catalog. */

/** Users of the platform's sessions. These take slots, but belong to no pool. */
const PLATFORM_USERS = ['rdsadmin', 'rdsproxyadmin'];

/** The application name of the check. */
export const CHECK_NAME = pg.escapeLiteral(CHECK_APPLICATION_NAME);
/** The oid of the role that is logged in. */
export const ME = 'to_regrole(quote_ident(session_user))::oid';
/** The oids of the platform's roles. */
export const PLATFORM = roles(PLATFORM_USERS);

/** An array of role oids, with null for a role that does not exist. */
export function roles(names: readonly string[]): string {
  const oids = names.map((name) => `to_regrole(${pg.escapeLiteral(pg.escapeIdentifier(name))})`);
  return `array[${oids.join(', ')}]::oid[]`;
}

/** A list of texts, for `in (...)`. */
export function literals(values: readonly string[]): string {
  return values.map((value) => pg.escapeLiteral(value)).join(', ');
}
