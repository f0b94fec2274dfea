import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { IsolatedClient } from '../connection/isolated-client.js';
import { checkRoleSql } from '../core/check-role.js';
import type { EmbeddedPostgres, Login } from './embedded-postgres/embedded-postgres.js';

/** Sessions of the demo's check: its own, and those of two processes that a user starts at the same time. */
const CHECK_CONNECTION_LIMIT = 3;

/** How the check and the application log in to the demo's database. */
export interface DemoLogins {
  readonly check: Login;
  readonly application: Login;
}

/** Creates the demo's database on the embedded server, with a role for the application and one for the check. */
export async function createDemoDatabase(postgres: EmbeddedPostgres): Promise<DemoLogins> {
  const { password } = postgres;
  const application = { user: 'app', password, database: 'app' };
  const check = { user: 'pool_health', password, database: 'app' };
  const superuser = new IsolatedClient(postgres.connection());
  await superuser.connect();
  try {
    await createCheckRole(superuser, check.user, check.password);
    const owner = escapeIdentifier(application.user);
    await superuser.query(`CREATE ROLE ${owner} LOGIN PASSWORD ${escapeLiteral(application.password)}`);
    await superuser.query(`CREATE DATABASE ${escapeIdentifier(application.database)} OWNER ${owner}`);
  } finally {
    await superuser.end();
  }
  return { check, application };
}

/**
 * Creates a role that only the check uses: the same as in a deployment, but with a password.
 *
 * @param client a superuser
 */
export async function createCheckRole(client: Client, name: string, password: string): Promise<void> {
  await client.query(checkRoleSql({ user: name, connectionLimit: CHECK_CONNECTION_LIMIT, withRdsIam: false }));
  await client.query(`ALTER ROLE ${escapeIdentifier(name)} PASSWORD ${escapeLiteral(password)}`);
}
