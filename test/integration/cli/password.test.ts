import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../support/cli.js';
import { NpmStart } from '../../support/npm-start.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';

const home = mkdtempSync(join(tmpdir(), 'pool-health-home-'));
let server: TestServer;
let url: string;
/** As a user would write it, with lines for other servers. */
let file: string;

beforeAll(async () => {
  server = await startTestServer();
  await server.createDatabase('shop');
  await server.createRole('app', 'IN ROLE pg_monitor');
  const { port, password } = server.postgres;
  url = `postgres://app@127.0.0.1:${port}/shop`;
  const lines = [
    `127.0.0.1:${port}:*:postgres:wrong`,
    'db.example:*:*:app:wrong',
    `127.0.0.1:${port}:shop:app:${password}`,
  ];
  file = join(home, '.pgpass');
  writeFileSync(file, `# mine\n${lines.join('\n')}\n`, { mode: 0o600 });
});
afterAll(async () => {
  rmSync(home, { recursive: true });
  await server?.close();
});

async function codes(environment: Record<string, string>, address = url): Promise<string[]> {
  const { out, err } = await runCli(['check', '--json', '--url', address], { environment });
  expect(err).not.toContain(server.postgres.password);
  return JSON.parse(out).problems.map(({ code }: { code: string }) => code);
}

describe('a URL without a password', () => {
  test('takes that of PGPASSWORD', async () => {
    expect(await codes({ HOME: '', PGPASSWORD: server.postgres.password })).toEqual([]);
  });

  test('takes that of the line in ~/.pgpass', async () => {
    expect(await codes({ HOME: home })).toEqual([]);
  });

  test('takes that of the file which PGPASSFILE names', async () => {
    expect(await codes({ HOME: '/nonexistent', PGPASSFILE: file })).toEqual([]);
  });

  test('has none where nothing has one', async () => {
    expect(await codes({ HOME: '/nonexistent' })).toEqual(['PROBE.AUTH']);
  });

  test('does not take that of a file which others may read, and says so', async () => {
    chmodSync(file, 0o644);
    const { out, err } = await runCli(['check', '--json', '--url', url], { environment: { HOME: home } });
    chmodSync(file, 0o600);
    expect(JSON.parse(out).problems).toMatchObject([{ code: 'PROBE.AUTH' }]);
    expect(err).toMatch(/^WARNING: password file ".*" has group or world access/);
  });

  test('is enough for setup --run', async () => {
    const login = ['--run', '--user', 'made', '--url', `postgres://postgres@127.0.0.1:${server.postgres.port}/shop`];
    const environment = { PGPASSWORD: server.postgres.password };
    expect(await runCli(['setup', ...login], { environment })).toMatchObject({ code: 0, err: '' });
  });

  test('is enough for npm start', async () => {
    const run = await NpmStart.launch({ environment: { HOME: home, DATABASE_URL: url } });
    const response = await fetch(await run.ready());
    expect(await response.json()).toMatchObject({ status: 'healthy', problems: [] });
    await run.discard();
  });
});

test('a password in the URL comes before PGPASSWORD and the file', async () => {
  const right = server.postgres.url({ user: 'app', database: 'shop' });
  expect(await codes({ HOME: home, PGPASSWORD: 'wrong' }, right)).toEqual([]);
});
