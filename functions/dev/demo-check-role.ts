import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { checkRoleSql } from '../core/check-role.js';

/** Sessions of the demo's check: its own, and those of two processes that are started beside it. */
const CONNECTION_LIMIT = 3;

/**
 * Makes a role that only the check uses, as a deployment has it, but with a password.
 *
 * @param client a superuser
 */
export async function createCheckRole(client: Client, name: string, password: string): Promise<void> {
  await client.query(checkRoleSql({ user: name, connectionLimit: CONNECTION_LIMIT, withRdsIam: false }));
  await client.query(`ALTER ROLE ${escapeIdentifier(name)} PASSWORD ${escapeLiteral(password)}`);
}
