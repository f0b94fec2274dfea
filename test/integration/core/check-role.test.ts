import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckRole, checkRoleSql } from '../../../functions/core/check-role.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

describe('on a real server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    // What RDS has and others do not.
    await server.sql('CREATE ROLE rds_iam');
  });
  afterAll(() => server.close());

  async function made(role: CheckRole) {
    await server.sql(checkRoleSql(role));
    const [row] = await server.sql(
      `SELECT rolcanlogin, rolconnlimit, rolsuper, rolcreatedb, rolpassword IS NULL AS has_no_password, setconfig::text[],
         pg_has_role(rolname, 'pg_monitor', 'USAGE') AS monitors, pg_has_role(rolname, 'rds_iam', 'MEMBER') AS uses_iam
       FROM pg_authid LEFT JOIN pg_db_role_setting ON setrole = pg_authid.oid WHERE rolname = $1`,
      [role.user],
    );
    return row;
  }

  it('makes a role that sees everything, does little, and ends what it leaves behind', async () => {
    expect(await made({ user: 'pool_health', connectionLimit: 10, withRdsIam: true })).toEqual({
      rolcanlogin: true,
      rolconnlimit: 10,
      rolsuper: false,
      rolcreatedb: false,
      has_no_password: true,
      setconfig: ['statement_timeout=3s', 'client_connection_check_interval=1s'],
      monitors: true,
      uses_iam: true,
    });
  });

  it('leaves a login with a password possible where IAM does not reach the database', async () => {
    const role = await made({ user: 'watcher', connectionLimit: 10, withRdsIam: false });
    expect(role?.uses_iam).toBe(false);
  });

  it('may be run again, and brings the role to the new state', async () => {
    const role = { user: 'again', connectionLimit: 10, withRdsIam: false };
    await made(role);
    expect((await made({ ...role, connectionLimit: 20 }))?.rolconnlimit).toBe(20);
  });

  it('takes a name for a name, whatever stands in it', async () => {
    const user = `o'neil"; DROP ROLE pg_monitor; --`;
    expect((await made({ user, connectionLimit: 1, withRdsIam: false }))?.rolcanlogin).toBe(true);
  });
});
