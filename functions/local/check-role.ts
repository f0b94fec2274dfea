import { type Client, escapeIdentifier, escapeLiteral } from 'pg';

/**
 * Makes a role that only the check uses: it sees what all sessions do, takes three slots at most, and the server itself
 * ends what it left behind, within seconds. The second setting exists from 14 on.
 *
 * @param client a superuser
 * @see https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL
 */
export async function createCheckRole(client: Client, name: string, password: string): Promise<void> {
  const role = escapeIdentifier(name);
  await client.query(
    `CREATE ROLE ${role} LOGIN PASSWORD ${escapeLiteral(password)} CONNECTION LIMIT 3 IN ROLE pg_monitor`,
  );
  await client.query(`ALTER ROLE ${role} SET statement_timeout = '3s'`);
  const { rows } = await client.query(`SELECT current_setting('client_connection_check_interval', true) AS interval`);
  if (rows[0]?.interval != null) {
    await client.query(`ALTER ROLE ${role} SET client_connection_check_interval = '1s'`);
  }
}
