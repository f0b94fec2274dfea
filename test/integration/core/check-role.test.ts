import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckRole, checkRoleSql } from '../../../functions/core/check-role.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { ATTACH, templateOf } from '../../support/synth.js';

/** Names that try to leave the place of a name in the statement, each to make a role `intruder`. */
const HOSTILE_NAMES = [
  'a$check_role$; CREATE ROLE intruder; --',
  '$check_role$;CREATE ROLE intruder;DO $check_role_$',
  `b'; CREATE ROLE intruder; --`,
  `c"; CREATE ROLE intruder; --`,
  `d\\'; CREATE ROLE intruder; --`,
  'e\\"; CREATE ROLE intruder; --',
  'f\n\\g\u2028CREATE ROLE intruder;\u202e\u009b',
];

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

  async function hasIntruder(): Promise<boolean> {
    return (await server.sql(`SELECT 1 FROM pg_roles WHERE rolname = 'intruder'`)).length > 0;
  }

  it.each(HOSTILE_NAMES)('takes %j for a name, and runs nothing that is in it', async (user) => {
    expect(await made({ user, connectionLimit: 1, withRdsIam: false })).toMatchObject({ rolconnlimit: 1 });
    expect(await hasIntruder()).toBe(false);
  });

  it.each(HOSTILE_NAMES)('takes %j for a name where a backslash escapes in literals', async (name) => {
    await server.sql('SET standard_conforming_strings = off');
    const user = `${name} `;
    expect(await made({ user, connectionLimit: 1, withRdsIam: false })).toMatchObject({ rolconnlimit: 1 });
    expect(await hasIntruder()).toBe(false);
    await server.sql('RESET standard_conforming_strings');
  });

  it('the output CheckRoleSql of a stack runs nothing that is in a name', async () => {
    const [user = ''] = HOSTILE_NAMES;
    const [pool] = ATTACH.pools;
    const pools = [{ ...pool, definition: { ...pool.definition, user } }];
    const { Value: text } = templateOf({ ...ATTACH, pools }).toJSON().Outputs.CheckRoleSql;
    await server.sql(`DROP ROLE IF EXISTS "${user}"`);
    await server.sql(text);
    expect(await server.sql('SELECT rolcanlogin FROM pg_roles WHERE rolname = $1', [user])).toHaveLength(1);
    expect(await hasIntruder()).toBe(false);
  });
});
