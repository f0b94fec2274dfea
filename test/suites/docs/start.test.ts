import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allBlocks } from '../../support/markdown.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { until } from '../../support/until.js';
import { ROOT } from '../../tools/root.js';
import { bash } from './shell.js';

/**
 * Every command that starts pool-health, as a new user would: in a fresh clone, which the first one installs. Only ports
 * are others: the one to listen on, and that of the server that URLs name.
 */
const blocks = allBlocks().filter(({ language, mark }) => language === 'sh' && mark === 'start');
const envFile = allBlocks().find(({ language }) => language === 'env')?.text ?? '';
const folder = mkdtempSync(join(tmpdir(), 'start-docs-'));
// PostgreSQL may run as another user, who has to find its programs in there.
chmodSync(folder, 0o755);
const clone = join(folder, 'pool-health');
/** A bound on hanging: the first command installs everything. */
const STARTED_WITHIN_MS = 240_000;
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  for (const role of ['app', '"user"']) {
    await server.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'password' IN ROLE pg_monitor`);
  }
  await server.createDatabase('app');
  await server.createDatabase('orders');
  expect(await bash(`git clone --quiet ${ROOT} ${clone}`, { cwd: folder })).toMatchObject({ code: 0 });
  writeFileSync(join(clone, '.env'), onServer(envFile), { mode: 0o600 });
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

function onServer(text: string): string {
  return text.replaceAll('localhost:5432', `127.0.0.1:${server.postgres.port}`);
}

it('the first of them installs', () => {
  expect(blocks[0]).toMatchObject({ file: 'README.md', text: expect.stringMatching(/^npm ci && /) });
});

it.each(blocks.map((block) => [`${block.file}:${block.line}`, block.text] as const))(
  '%s starts: %s',
  async (_, text) => {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, PORT: '0', TMPDIR: folder };
    const options = {
      cwd: clone,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    };
    const child = spawn('bash', ['--norc', '-c', onServer(text)], options);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    const ended = once(child, 'close');
    const address = () => /Ready.*(http:\S+)/.exec(output)?.[1];
    try {
      await until('it is ready or ends', () => address() !== undefined || child.exitCode !== null, STARTED_WITHIN_MS);
      expect(address(), output).toBeDefined();
      const response = await fetch(address() ?? '');
      expect({ status: response.status, output }).toMatchObject({ status: 200 });
      expect(await response.json()).toMatchObject({ status: 'healthy', pool: 'local' });
    } finally {
      try {
        process.kill(-(child.pid ?? 0), 'SIGINT');
      } catch {
        // It has ended by itself: the assertion above says how.
      }
      await ended;
    }
  },
  STARTED_WITHIN_MS + 60_000,
);

it('the package is made in the clone and installed beside it, as the guide of the application says', async () => {
  const blocks = allBlocks().filter(({ language, mark }) => language === 'sh' && mark === 'install');
  const [inClone = '', inApplication = ''] = blocks.map(({ text }) => text);
  const application = join(folder, 'application');
  mkdirSync(application);
  writeFileSync(join(application, 'package.json'), '{ "type": "module" }');
  expect(await bash(inClone, { cwd: clone })).toMatchObject({ code: 0 });
  expect(await bash(inApplication, { cwd: application })).toMatchObject({ code: 0 });
  const { code, stdout } = await bash('npx pool-health --version', { cwd: application });
  expect([code, stdout]).toEqual([0, '0.1.0\n']);
}, 300_000);
