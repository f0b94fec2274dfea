import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scramVerifier } from '../../../functions/cli/setup/scram.js';
import { runCli } from '../../support/cli.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

const PASSWORD = 'n0t-on-a-command-line';

let server: TestServer;
let admin: Record<string, string>;
beforeAll(async () => {
  server = await startTestServer();
  await server.createDatabase('shop');
  await server.createRole('app');
  admin = { DATABASE_URL: server.postgres.url({ user: 'postgres', database: 'shop' }) };
});
afterAll(() => server.close());

/** A check as the role that was made. */
function check(user: string, password = PASSWORD) {
  const DATABASE_URL = server.postgres.url({ user, password, database: 'shop' });
  return runCli(['check', '--json'], { environment: { DATABASE_URL, POOL_HEALTH_SHARED_USER: 'false' } });
}

async function roles(): Promise<unknown[]> {
  return (await server.sql('SELECT rolname FROM pg_roles ORDER BY 1')).map(({ rolname }) => rolname);
}

describe('setup', () => {
  it('prints SQL with which a check is healthy', async () => {
    const { code, out, err } = await runCli(['setup', '--user', `wa"tcher`, '--database', 'shop']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('\\password "wa""tcher"');
    await server.sql(out);
    await server.sql(`ALTER ROLE "wa""tcher" PASSWORD '${PASSWORD}'`);
    expect(JSON.parse((await check('wa"tcher')).out)).toMatchObject({ status: 'healthy', problems: [] });
  });

  it('with --iam it grants rds_iam and says nothing of a password', async () => {
    const { out } = await runCli(['setup', '--iam']);
    expect(out).toContain('GRANT rds_iam TO "pool_health"');
    expect(out).not.toContain('password');
  });

  it.each([
    [['--user', ''], '--user must be a name'],
    [['--user', 'é'.repeat(32)], '--user must be a name of 1 to 63 bytes'],
    [['--user', 'a\nb'], '--user must be a name'],
    [['--database', 'x'.repeat(64)], '--database must be a name'],
    [['--connection-limit', '0'], '--connection-limit must be a whole number from 1'],
    [['--connection-limit', '1e3'], '--connection-limit must be a whole number from 1'],
    [['--url', 'postgres://a@b/c'], '--url needs --run'],
  ])('%j is exit code 2', async (args, said) => {
    const { code, out, err } = await runCli(['setup', ...args]);
    expect(err).toContain(`pool-health: ${said}`);
    expect([code, out]).toEqual([2, '']);
  });
});

describe('setup --run', () => {
  it('makes the role, says what it did, and the check is healthy', async () => {
    const environment = { ...admin, POOL_HEALTH_ROLE_PASSWORD: PASSWORD };
    const { code, out, err } = await runCli(['setup', '--run'], { environment });
    expect(out).toBe(
      [
        'Created the role "pool_health":',
        '  login: yes',
        '  connection limit: 10',
        '  settings: statement_timeout=3s, client_connection_check_interval=1s',
        '  member of: pg_monitor',
        '  may connect: yes',
        'Its password is the value of POOL_HEALTH_ROLE_PASSWORD.',
        '',
      ].join('\n'),
    );
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse((await check('pool_health')).out)).toMatchObject({ status: 'healthy', problems: [] });
  });

  it('may be run again, and says what it changed, if anything; the password stays', async () => {
    const same = await runCli(['setup', '--run'], { environment: admin });
    expect(same.out).toMatch(/^The role "pool_health" is already correct\.\n/);
    await server.sql('ALTER ROLE pool_health CONNECTION LIMIT -1; REVOKE pg_monitor FROM pool_health');
    const changed = await runCli(['setup', '--run', '--connection-limit', '20'], { environment: admin });
    expect(changed.out).toMatch(
      /^Changed the role "pool_health":\n {2}connection limit: none -> 20\n {2}member of: none -> pg_monitor\nThe role logs in/,
    );
    expect((await check('pool_health')).code).toBe(0);
  });

  it('grants CONNECT where everybody lost it', async () => {
    await server.createDatabase('vault');
    await server.sql('REVOKE CONNECT ON DATABASE vault FROM PUBLIC');
    const { out } = await runCli(['setup', '--run', '--database', 'vault'], { environment: admin });
    expect(out).toContain('  may connect: no -> yes\n');
  });

  it('the server never gets the password itself', async () => {
    // What it does with a password itself would be seen.
    await server.sql(`ALTER DATABASE shop SET password_encryption = 'md5'`);
    await runCli(['setup', '--run'], { environment: { ...admin, POOL_HEALTH_ROLE_PASSWORD: PASSWORD } });
    await server.sql('ALTER DATABASE shop RESET ALL');
    const [row] = await server.sql(`SELECT rolpassword FROM pg_authid WHERE rolname = 'pool_health'`);
    const [, salt = ''] = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(String(row?.rolpassword)) ?? [];
    expect(row?.rolpassword).toBe(scramVerifier(PASSWORD, Buffer.from(salt, 'base64')));
  });

  it('changes nothing when one statement fails', async () => {
    const before = await roles();
    const { code, out, err } = await runCli(['setup', '--run', '--user', 'half', '--database', 'nowhere'], {
      environment: admin,
    });
    expect(err).toBe('pool-health: nothing was changed: database "nowhere" does not exist (3D000)\n');
    expect([code, out]).toEqual([1, '']);
    expect(await roles()).toEqual(before);
  });

  it('a server that does not answer is a time-out, not an error that it answered', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const environment = { DATABASE_URL: `postgres://admin:s3cret@127.0.0.1:${port}/shop` };
    const { code, err } = await runCli(['setup', '--run'], { environment });
    silent.close();
    expect(err).toMatch(/^pool-health: PROBE\.TIMEOUT: [^\n]+\n$/);
    expect(code).toBe(1);
  });

  it('does not say that nothing was changed when the COMMIT got no answer', { timeout: 30_000 }, async () => {
    await server.sql('ALTER SYSTEM SET synchronous_commit = on');
    await server.sql(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
    await server.sql('SELECT pg_reload_conf()');
    try {
      const { code, out, err } = await runCli(['setup', '--run', '--user', 'late'], { environment: admin });
      expect(err).toBe(
        'pool-health: no answer to COMMIT, so the outcome is unknown; run the command again: PROBE.TIMEOUT\n',
      );
      expect([code, out]).toEqual([1, '']);
    } finally {
      await server.sql('ALTER SYSTEM RESET ALL');
      await server.sql('SELECT pg_reload_conf()');
    }
  });

  it('who may not create roles is told so on one line', async () => {
    const environment = { DATABASE_URL: server.postgres.url({ user: 'app', database: 'shop' }) };
    const { code, err } = await runCli(['setup', '--run', '--user', 'other'], { environment });
    expect(err).toBe('pool-health: nothing was changed: permission denied to create role (42501)\n');
    expect(code).toBe(1);
  });

  it('a refused login shows no password', async () => {
    const DATABASE_URL = server.postgres.url({ user: 'postgres', password: PASSWORD });
    const { code, err } = await runCli(['setup', '--run', '--debug'], { environment: { DATABASE_URL } });
    expect(err).toContain('pool-health: PROBE.AUTH: The database refused the login of the check.');
    expect(err).not.toContain(PASSWORD);
    expect(code).toBe(1);
  });

  it.each([
    [
      ['--run'],
      { POOL_HEALTH_ROLE_PASSWORD: 'pässword' },
      'POOL_HEALTH_ROLE_PASSWORD must be 1 to 200 printable ASCII',
    ],
    [['--run'], { POOL_HEALTH_ROLE_PASSWORD: '' }, 'POOL_HEALTH_ROLE_PASSWORD must be 1 to 200 printable ASCII'],
    [['--run', '--iam'], { POOL_HEALTH_ROLE_PASSWORD: PASSWORD }, 'with --iam the role cannot log in with a password'],
    [['--run', '--url', 'nonsense'], {}, '--url must look like'],
  ])('%j with %j is exit code 2 and changes nothing', async (args, more, said) => {
    const before = await roles();
    const { code, err } = await runCli(['setup', ...args], { environment: { ...admin, ...more } });
    expect(err).toContain(`pool-health: ${said}`);
    expect(err).not.toContain(PASSWORD);
    expect(code).toBe(2);
    expect(await roles()).toEqual(before);
  });

  it('needs a database to run on', async () => {
    const { code, err } = await runCli(['setup', '--run']);
    expect(err).toMatch(/^pool-health: no database is given: set DATABASE_URL[^\n]+\n$/);
    expect(code).toBe(2);
  });
});
