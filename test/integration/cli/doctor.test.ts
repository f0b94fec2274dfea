import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonFinding } from '../../../functions/cli/commands/doctor.js';
import { runCli, runHere } from '../../support/cli.js';
import { type Sessions, startTestServer, type TestServer } from '../../support/postgres.js';

/** Settings of an application, which the tests run at their full size beside the check. */
const MAX = 10;

let server: TestServer;
let directory: string;
beforeAll(async () => {
  server = await startTestServer({ max_connections: '20' });
  await server.createDatabase('shop');
  await server.createRole('app', 'IN ROLE pg_monitor');
  await server.createRole('app_only', '');
  await server.createCheckRole('watcher');
  directory = await mkdtemp(join(tmpdir(), 'cli-test-'));
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

/** A role that the test may change. */
const PATIENT = `o'neil "the app"`;
beforeEach(() => server.createRole(PATIENT));
const opened: Sessions[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((sessions) => sessions.close()));
  await server.sql(`DROP ROLE "o'neil ""the app"""`);
});

function environment(user = 'app', more: Readonly<Record<string, string>> = {}) {
  return { DATABASE_URL: server.postgres.url({ user, database: 'shop' }), ...more };
}

async function doctor(environment: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { code, out, err } = await runHere(['doctor', '--json', ...args], { environment });
  expect(err).toBe('');
  const { findings, wrong }: { findings: JsonFinding[]; wrong: number } = JSON.parse(out);
  expect(wrong).toBe(findings.filter(({ state }) => state === 'wrong').length);
  expect(code).toBe(wrong === 0 ? 0 : 1);
  const about = (what: string) => findings.filter((finding) => finding.about === what);
  return {
    code,
    findings,
    about,
    isWrong: findings.filter(({ state }) => state === 'wrong').map(({ about }) => about),
  };
}

/** Runs every statement that the doctor prints, as an administrator does. Returns them. */
async function runStatements(findings: readonly JsonFinding[]): Promise<readonly string[]> {
  const statements = findings.flatMap(({ mend: fix }) => (fix?.kind === 'sql' ? [fix.text] : []));
  for (const statement of statements) {
    await server.sql(statement);
  }
  return statements;
}

/**
 * What a real pool of an application gets when it is used at its full size, while the check has a session of its own too:
 * an error for each connection that is refused.
 */
async function refusedAtFullSize(user: string, checkUser = user): Promise<readonly string[]> {
  const monitor = await server.connect({ user: checkUser, database: 'shop', applicationName: 'pool-health' });
  const pool = new Pool({ ...server.postgres.connection({ user, database: 'shop' }), max: MAX });
  const acquired = await Promise.allSettled(Array.from({ length: MAX }, () => pool.connect()));
  const clients = acquired.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const answers = await Promise.all(clients.map((client) => client.query('SELECT 1 AS one')));
  expect(answers.map(({ rows }) => rows)).toEqual(clients.map(() => [{ one: 1 }]));
  for (const client of clients) {
    client.release();
  }
  await pool.end();
  await monitor.end();
  await server.gone('sessions of the application', 'usename IN ($1, $2)', [user, checkUser]);
  return acquired.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
}

async function definitionFile(changes: object): Promise<string> {
  const file = join(directory, 'definition.json');
  const definition = { endpoint: 'db', database: 'shop', user: 'app', auth: { type: 'iam' }, ...changes };
  await writeFile(file, JSON.stringify(definition));
  return file;
}

describe('a set-up in which nothing is wrong', () => {
  it('is exit code 0, and says of everything that it is fine', async () => {
    const { code, findings } = await doctor(environment());
    expect(findings.map(({ state }) => state)).toEqual(findings.map(() => 'fine'));
    expect(findings.map(({ about }) => about)).toEqual([
      'settings',
      'tls',
      'version',
      'ceiling',
      'grant',
      'role limit',
      'idle in transaction',
      'managed pool',
      'check',
    ]);
    expect(code).toBe(0);
  });

  it('as lines for people too', async () => {
    const { code, out } = await runCli(['doctor'], { environment: environment() });
    expect(out).toMatch(/^ok +ceiling +The settings allow 10 connections \(max 10 x 1\); the lowest limit is 17:/m);
    expect(out).toMatch(/\n\n0 failed, 0 tips, 9 ok, 0 unknown\.\n$/);
    expect(code).toBe(0);
  });
});

describe('what a statement mends', () => {
  it('a missing grant: the statement that was printed makes the doctor content', async () => {
    opened.push(await server.open(1, 'idle', { user: 'app', database: 'shop' }));
    const { out } = await runCli(['doctor'], { environment: environment(PATIENT) });
    expect(out).toMatch(/^failed +grant/m);
    const statements = [...out.matchAll(/^ +sql: +(.+;)$/gm)].map(([, statement = '']) => statement);
    expect(statements).toEqual([`GRANT pg_monitor TO "o'neil ""the app""";`]);
    await server.sql(statements.join(''));
    await Promise.all(opened.splice(0).map((sessions) => sessions.close()));
    expect((await doctor(environment(PATIENT))).code).toBe(0);
    expect(await refusedAtFullSize(PATIENT)).toEqual([]);
  });

  it('a role of the check that nothing bounds: its limit is a tip', async () => {
    await server.sql(`GRANT pg_monitor TO "o'neil ""the app"""`);
    const ofTheCheck = environment(PATIENT, { POOL_HEALTH_SHARED_USER: 'false' });
    const first = await doctor(ofTheCheck);
    expect(first.isWrong).toEqual(['statement timeout']);
    expect(first.about('role limit')).toMatchObject([{ state: 'fine', mend: { kind: 'sql' } }]);
    expect(await runStatements(first.findings)).toEqual([
      `ALTER ROLE "o'neil ""the app""" CONNECTION LIMIT 10;`,
      `ALTER ROLE "o'neil ""the app""" SET statement_timeout = '3s';`,
    ]);
    const second = await doctor(ofTheCheck);
    expect(second.about('role limit')).toMatchObject([{ state: 'fine', mend: null }]);
    expect(second.code).toBe(0);
    expect(await refusedAtFullSize('app', PATIENT)).toEqual([]);
  });

  it('no limit and no timeout are advised for a role that the application uses, whatever the user wrote', async () => {
    opened.push(await server.open(1, 'idle', { user: 'app', database: 'shop', applicationName: 'shop' }));
    for (const shared of ['true', 'false']) {
      const { findings, about } = await doctor(environment('app', { POOL_HEALTH_SHARED_USER: shared }));
      expect(await runStatements(findings)).toEqual([]);
      expect(about('role limit')).toMatchObject([{ state: 'fine', mend: null }]);
      expect(about('statement timeout')).toEqual([]);
    }
    await Promise.all(opened.splice(0).map((sessions) => sessions.close()));
    expect(await refusedAtFullSize('app')).toEqual([]);
  });

  it('a shared role at the size of the pool is wrong, as the check takes one of its sessions', async () => {
    await server.sql(`ALTER ROLE app CONNECTION LIMIT ${MAX}`);
    const { about, findings } = await doctor(environment());
    expect(await runStatements(findings)).toEqual([]);
    expect(about('role limit')).toMatchObject([
      { state: 'wrong', text: expect.stringContaining('needs 11'), mend: { kind: 'setting' } },
    ]);
    // What the setting says: without it the application is refused.
    expect(await refusedAtFullSize('app')).toEqual(['error: too many connections for role "app"']);
    await server.sql('ALTER ROLE app CONNECTION LIMIT 30');
    expect(await refusedAtFullSize('app')).toEqual([]);
    expect((await doctor(environment())).about('role limit')).toMatchObject([{ state: 'fine', mend: null }]);
    await server.sql('ALTER ROLE app CONNECTION LIMIT -1');
  });

  describe('a counted role', () => {
    const watcher = (more = {}) => environment('watcher', { POOL_HEALTH_SHARED_USER: 'false', ...more });
    afterEach(() => server.sql('ALTER ROLE app_only CONNECTION LIMIT -1'));

    it.each([
      [MAX - 1, 'wrong'],
      [MAX, 'fine'],
    ])('with a limit of %i of 10: %s, and the statement gives headroom', async (limit, state) => {
      await server.sql(`ALTER ROLE app_only CONNECTION LIMIT ${limit}`);
      const file = await definitionFile({ count: { users: ['app_only'] }, pool: { max: MAX } });
      const { about, findings } = await doctor(watcher(), '--definition', file);
      const ofRole = about('role limit').filter(({ text }) => text.startsWith('"app_only"'));
      expect(ofRole).toMatchObject([{ state, mend: { kind: 'sql' } }]);
      // Not more than the 17 slots of the server.
      expect(await runStatements(findings)).toEqual(['ALTER ROLE "app_only" CONNECTION LIMIT 17;']);
      expect(await refusedAtFullSize('app_only', 'watcher')).toEqual([]);
      expect((await doctor(watcher(), '--definition', file)).isWrong).toEqual([]);
    });

    it('at its limit is reported with what is refused, and the application is', async () => {
      await server.sql('ALTER ROLE app_only CONNECTION LIMIT 3');
      const sessions = await server.open(3, 'idle', { user: 'app_only', database: 'shop' });
      opened.push(sessions);
      await expect(server.connect({ user: 'app_only', database: 'postgres' })).rejects.toThrow('too many connections');
      const file = await definitionFile({ count: { users: ['app_only'] }, pool: { max: MAX } });
      const { about, code } = await doctor(watcher(), '--definition', file);
      expect(about('role limit').map(({ text }) => text)).toContainEqual(
        '"app_only" may open 3 sessions, but needs 10 (max 10 x 1). All 3 are in use: the next login of "app_only" is refused.',
      );
      expect(code).toBe(1);
    });

    it('that does not exist is named, with the nearest that does', async () => {
      const file = await definitionFile({ count: { users: ['App_only'] } });
      const { about, code } = await doctor(watcher(), '--definition', file);
      expect(about('count')).toMatchObject([
        {
          state: 'wrong',
          text: 'The server has no role "App_only", so none of its sessions count. The nearest is "app_only".',
          mend: { kind: 'setting', text: '"app_only" instead of "App_only" in "count": {"users": [...]}' },
        },
      ]);
      expect(code).toBe(1);
      const corrected = await definitionFile({ count: { users: ['app_only'] } });
      expect((await doctor(watcher(), '--definition', corrected)).about('count')).toMatchObject([{ state: 'fine' }]);
    });

    it('and an application without sessions is named with the one that has them', async () => {
      opened.push(await server.open(1, 'idle', { user: 'app_only', database: 'shop', applicationName: 'shop-api' }));
      const file = await definitionFile({ count: { applications: ['shop_api'] } });
      const { about, isWrong } = await doctor(watcher(), '--definition', file);
      expect(about('count')[0]?.text).toContain('The nearest in use is "shop-api".');
      expect(isWrong).toEqual(['count']);
    });
  });

  it('a reporting role at its own limit beside the pool is no failure', async () => {
    await server.sql('ALTER ROLE app_only CONNECTION LIMIT 2');
    opened.push(await server.open(2, 'idle', { user: 'app_only', database: 'shop' }));
    const { code, about } = await doctor(environment());
    expect(about('role limit').map(({ text }) => text)).toContainEqual(
      '"app_only" has reached its CONNECTION LIMIT of 2: its next login is refused.',
    );
    expect(code).toBe(0);
    await server.sql('ALTER ROLE app_only CONNECTION LIMIT -1');
  });

  it('sessions idle in a transaction that nothing ends: a tip, as they may be short', async () => {
    opened.push(await server.open(2, 'idle in transaction', { user: PATIENT, database: 'shop' }));
    const first = await doctor(environment());
    const [tip] = first.about('idle in transaction');
    expect(tip?.text).toMatch(
      /^2 sessions of "o'neil ""the app""" are idle in transaction, for up to \d+ ms, and the server does not end them\.$/,
    );
    expect([tip?.state, first.code]).toEqual(['fine', 0]);
    expect(await runStatements(first.findings)).toEqual([tip?.mend?.text]);
    expect((await doctor(environment())).about('idle in transaction')).toMatchObject([{ state: 'fine', mend: null }]);
    await Promise.all(opened.splice(0).map((sessions) => sessions.close()));
    expect(await refusedAtFullSize(PATIENT, 'watcher')).toEqual([]);
  });

  it('a time-out of another role ends none of theirs', async () => {
    await server.sql(`ALTER ROLE app SET idle_in_transaction_session_timeout = '60s'`);
    opened.push(await server.open(1, 'idle in transaction', { user: PATIENT, database: 'shop' }));
    const asSuperuser = environment('postgres');
    expect((await doctor(asSuperuser)).about('idle in transaction')).toMatchObject([{ mend: { kind: 'sql' } }]);
    await server.sql('ALTER ROLE app RESET ALL');
  });

  it.each([
    [
      'of the database',
      'ALTER DATABASE shop SET idle_in_transaction_session_timeout = 90000',
      'ALTER DATABASE shop RESET ALL',
    ],
    ['of the server', `ALTER SYSTEM SET idle_in_transaction_session_timeout = '5min'`, 'ALTER SYSTEM RESET ALL'],
  ])('a time-out %s counts, and 0 is none', async (_, setting, reset) => {
    await server.sql(setting);
    await server.sql('SELECT pg_reload_conf()');
    opened.push(await server.open(1, 'idle in transaction', { user: PATIENT, database: 'shop' }));
    const fix = async () => (await doctor(environment())).about('idle in transaction').map(({ mend }) => mend?.kind);
    expect(await fix()).toEqual([undefined]);
    await server.sql(`ALTER ROLE "o'neil ""the app""" SET idle_in_transaction_session_timeout = 0`);
    expect(await fix()).toEqual(['sql']);
    await server.sql(reset);
    await server.sql('SELECT pg_reload_conf()');
  });
});

describe('an unhealthy pool', () => {
  it('of idle connections that were never released is not fine', async () => {
    opened.push(await server.open(MAX, 'idle', { user: 'app', database: 'shop' }));
    const { about, code, isWrong } = await doctor(environment());
    expect(about('check').map(({ state }) => state)).toContain('wrong');
    expect([isWrong.length > 0, code]).toEqual([true, 1]);
  });
});

describe('what a setting mends', () => {
  it('a max above what the server can give: the value that is named makes the doctor content', async () => {
    const { about, isWrong } = await doctor(environment('app', { DATABASE_POOL_MAX: '40' }));
    expect(isWrong).toEqual(['ceiling']);
    const [, max = ''] =
      /^DATABASE_POOL_MAX=(\d+) or less, or raise max_connections$/.exec(about('ceiling')[0]?.mend?.text ?? '') ?? [];
    expect(max).toBe('16');
    expect((await doctor(environment('app', { DATABASE_POOL_MAX: max }))).about('ceiling')).toMatchObject([
      { state: 'fine' },
    ]);
  });

  it('several instances of a definition', async () => {
    const file = await definitionFile({ pool: { max: 15 }, instances: 4 });
    const { about } = await doctor(environment(), '--definition', file);
    expect(about('ceiling')).toMatchObject([
      {
        text: expect.stringContaining('The settings allow 60 connections (max 15 x 4), but the lowest limit is 17:'),
        mend: { kind: 'setting', text: '"pool": {"max": 4} or less in the definition, or raise max_connections' },
      },
    ]);
    const lower = await definitionFile({ pool: { min: 1, max: 4 }, instances: 4 });
    const mended = await doctor(environment(), '--definition', lower);
    expect([mended.about('ceiling')[0]?.state, mended.about('definition')[0]?.state]).toEqual(['fine', 'fine']);
  });

  it('the limit of a database is a ceiling too', async () => {
    await server.sql('ALTER DATABASE shop CONNECTION LIMIT 6');
    const { about } = await doctor(environment());
    expect(about('ceiling')).toMatchObject([
      { state: 'wrong', mend: { text: 'DATABASE_POOL_MAX=5 or less, or raise that limit' } },
    ]);
    await server.sql('ALTER DATABASE shop CONNECTION LIMIT -1');
  });

  it('a definition that says something else than the variables and the URL', async () => {
    const file = await definitionFile({ pool: { max: 15 }, database: 'orders' });
    const { about } = await doctor(environment('app', { DATABASE_POOL_MAX: '10' }), '--definition', file);
    expect(about('definition').map(({ mend }) => mend?.text)).toEqual([
      '"pool": {"max": 10} in the definition, or DATABASE_POOL_MAX=15',
      '"database": "shop" in the definition',
    ]);
  });

  it('a mistake in the settings does not hide the server', async () => {
    const { about, isWrong } = await doctor(environment('app', { DATABASE_POOL_MIN: '30', DATABASE_POOL_MAX: '20' }));
    expect(isWrong).toEqual(['settings']);
    expect(about('settings')[0]?.text).toBe('DATABASE_POOL_MIN (30) cannot be greater than DATABASE_POOL_MAX (20).');
    expect(about('grant')[0]?.state).toBe('fine');
    expect(about('check')[0]?.state).toBe('unseen');
    expect(about('ceiling')).toEqual([]);
  });

  it('a plain connection to another machine', async () => {
    // Another name of this machine, which the URL does not know for one.
    const DATABASE_URL = `${environment().DATABASE_URL.replace('127.0.0.1', '127.1')}?sslmode=disable`;
    const { about, isWrong } = await doctor({ DATABASE_URL });
    expect(isWrong).toEqual(['tls']);
    expect(about('tls')[0]?.mend?.text).toContain('sslmode=verify-full');
  });

  it('a superuser', async () => {
    const { about, isWrong } = await doctor(environment('postgres'));
    expect(isWrong).toEqual(['role']);
    expect(about('role')[0]?.mend).toMatchObject({
      kind: 'command',
      text: expect.stringContaining('pool-health setup'),
    });
  });
});

describe('what could not be seen', () => {
  it('a full server is said, and what is behind it is not called fine', async () => {
    opened.push(await server.open(16, 'idle', { user: 'app', database: 'shop' }));
    const { about, isWrong } = await doctor(environment());
    expect(isWrong).toEqual(['check']);
    expect(about('check')[0]?.text).toContain('PROBE.SLOTS_EXHAUSTED sqlstate=53300 limit=server');
    expect(about('role')[0]?.state).toBe('unseen');
    expect(about('ceiling')[0]?.state).toBe('unseen');
  });

  it('a stopped server', async () => {
    const other = await startTestServer();
    const DATABASE_URL = other.postgres.url({ user: 'postgres' });
    await other.close();
    const { about, findings, isWrong } = await doctor({ DATABASE_URL });
    expect(isWrong).toEqual(['check']);
    expect(about('check')[0]?.text).toContain('PROBE.UNREACHABLE');
    expect(findings.filter(({ state }) => state === 'fine').map(({ about }) => about)).toEqual(['settings', 'tls']);
  });

  it('without the grant, transactions of others', async () => {
    const { about } = await doctor(environment(PATIENT));
    expect(about('idle in transaction')[0]?.state).toBe('unseen');
  });
});

describe('a doctor who cannot be understood', () => {
  it.each([
    [[], {}, 'no database is given'],
    [['--url', 'nonsense'], {}, '--url must look like'],
    [
      ['--definition', 'no-such-file'],
      environmentOf('postgres://a@127.0.0.1:1/b'),
      'cannot read the definition (ENOENT)',
    ],
    [
      [],
      { ...environmentOf('postgres://a@127.0.0.1:1/b'), POOL_HEALTH_SHARED_USER: 'maybe' },
      'POOL_HEALTH_SHARED_USER must be',
    ],
    [['--api', 'x'], {}, "unknown option '--api'"],
  ])('%j with %j is exit code 2', async (args, environment, said) => {
    const { code, out, err } = await runCli(['doctor', ...args], { environment });
    expect(err).toContain(`pool-health: ${said}`);
    expect([code, out]).toEqual([2, '']);
  });

  function environmentOf(DATABASE_URL: string) {
    return { DATABASE_URL };
  }
});
