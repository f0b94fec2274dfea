import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { createCheckRole } from './demo-check-role.js';
import type { EmbeddedPostgres, Login } from './embedded-postgres/embedded-postgres.js';

/** Who logs in to the demo's database: as what the check runs, and as what the application. */
export interface DemoLogins {
  readonly check: Login;
  readonly application: Login;
}

/** Makes a database for the demo application on the embedded server, with a role for it and one for the check. */
export async function createDemoDatabase(postgres: EmbeddedPostgres): Promise<DemoLogins> {
  const { password } = postgres;
  const application = { user: 'app', password, database: 'app' };
  const check = { user: 'pool_health', password, database: 'app' };
  const superuser = new Client(postgres.connection());
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
