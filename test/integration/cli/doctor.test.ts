import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonFinding } from '../../../functions/cli/commands/doctor.js';
import { runCli, runHere } from '../../support/cli.js';
import { type Sessions, startTestServer, type TestServer } from '../../support/postgres.js';

let server: TestServer;
let directory: string;
beforeAll(async () => {
  server = await startTestServer({ max_connections: '20' });
  await server.createDatabase('shop');
  await server.createRole('app', 'CONNECTION LIMIT 10 IN ROLE pg_monitor');
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

/** Runs every statement that the doctor prints, as an administrator does. */
async function runStatements(findings: readonly JsonFinding[]): Promise<void> {
  for (const { mend: fix } of findings) {
    if (fix?.kind === 'sql') {
      await server.sql(fix.text);
    }
  }
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
    expect(out).toMatch(/\n\n0 failed, 9 ok, 0 unknown\.\n$/);
    expect(code).toBe(0);
  });
});

describe('what a statement mends', () => {
  it('a missing grant: the statement that was printed makes the doctor content', async () => {
    opened.push(await server.open(1, 'idle', { user: 'app', database: 'shop' }));
    const { out } = await runCli(['doctor'], { environment: environment(PATIENT) });
    expect(out).toMatch(/^failed +grant/m);
    const statements = [...out.matchAll(/^ +sql: +(.+;)$/gm)].map(([, statement = '']) => statement);
    expect(statements).toEqual([
      `GRANT pg_monitor TO "o'neil ""the app""";`,
      `ALTER ROLE "o'neil ""the app""" CONNECTION LIMIT 10;`,
    ]);
    for (const statement of statements) {
      await server.sql(statement);
    }
    expect((await doctor(environment(PATIENT))).code).toBe(0);
  });

  it('a role of the check that nothing bounds', async () => {
    await server.sql(`GRANT pg_monitor TO "o'neil ""the app"""`);
    const ofTheCheck = environment(PATIENT, { POOL_HEALTH_SHARED_USER: 'false' });
    const first = await doctor(ofTheCheck);
    expect(first.isWrong).toEqual(['role limit', 'statement timeout']);
    await runStatements(first.findings);
    expect((await doctor(ofTheCheck)).code).toBe(0);
  });

  it('a role of the application with less room than the settings promise', async () => {
    const { about, findings } = await doctor(environment('app', { DATABASE_POOL_MAX: '12' }));
    expect(about('role limit')).toMatchObject([
      { state: 'wrong', mend: { text: 'ALTER ROLE "app" CONNECTION LIMIT 12;' } },
    ]);
    await runStatements(findings);
    expect((await doctor(environment('app', { DATABASE_POOL_MAX: '12' }))).code).toBe(0);
    await server.sql('ALTER ROLE app CONNECTION LIMIT 10');
  });

  it('sessions idle in a transaction that nothing ends', async () => {
    opened.push(await server.open(2, 'idle in transaction', { user: PATIENT, database: 'shop' }));
    const first = await doctor(environment());
    expect(first.about('idle in transaction')[0]?.text).toMatch(
      /^2 sessions of "o'neil ""the app""" are idle in transaction, for up to \d+ ms, and the server does not end them\.$/,
    );
    await runStatements(first.findings);
    const second = await doctor(environment());
    expect(second.about('idle in transaction')).toMatchObject([{ state: 'fine' }]);
    expect(second.code).toBe(0);
  });

  it('a time-out of another role ends none of theirs', async () => {
    await server.sql(`ALTER ROLE app SET idle_in_transaction_session_timeout = '60s'`);
    opened.push(await server.open(1, 'idle in transaction', { user: PATIENT, database: 'shop' }));
    const asSuperuser = environment('postgres');
    expect((await doctor(asSuperuser)).isWrong).toContain('idle in transaction');
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
    expect((await doctor(environment())).isWrong).toEqual([]);
    await server.sql(`ALTER ROLE "o'neil ""the app""" SET idle_in_transaction_session_timeout = 0`);
    expect((await doctor(environment())).isWrong).toEqual(['idle in transaction']);
    await server.sql(reset);
    await server.sql('SELECT pg_reload_conf()');
  });
});

describe('what a setting mends', () => {
  it('a max above what the server can give: the value that is named makes the doctor content', async () => {
    const { about, isWrong } = await doctor(environment('app', { DATABASE_POOL_MAX: '40' }));
    expect(isWrong).toEqual(['ceiling', 'role limit']);
    const [, max = ''] =
      /^DATABASE_POOL_MAX=(\d+) or less, or raise max_connections$/.exec(about('ceiling')[0]?.mend?.text ?? '') ?? [];
    expect(max).toBe('17');
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
      { state: 'wrong', mend: { text: 'DATABASE_POOL_MAX=6 or less, or raise that limit' } },
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
    expect(about('role limit')[0]?.state).toBe('unseen');
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
    await server.sql('ALTER ROLE app CONNECTION LIMIT -1');
    opened.push(await server.open(16, 'idle', { user: 'app', database: 'shop' }));
    const { about, isWrong } = await doctor(environment());
    expect(isWrong).toEqual(['check']);
    expect(about('check')[0]?.text).toContain('PROBE.SLOTS_EXHAUSTED sqlstate=53300 limit=server');
    expect(about('role')[0]?.state).toBe('unseen');
    expect(about('ceiling')[0]?.state).toBe('unseen');
    await server.sql('ALTER ROLE app CONNECTION LIMIT 10');
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
