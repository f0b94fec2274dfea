import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../functions/dev/embedded-postgres/free-port.js';
import { allBlocks } from '../../support/markdown.js';
import { NpmStart } from '../../support/npm-start.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { until } from '../../support/until.js';
import { bash } from './shell.js';

/** The commands of the crontab, as cron hands them to a shell, in the order: above 80 %, critical, unhealthy. */
const crontab = allBlocks().find(({ language }) => language === 'cron')?.text ?? '';
const lines = crontab.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const commands = lines.map((line) => line.replace(/^(\S+ ){5}/, ''));
const NAMES = ['above 80 %', 'critical', 'unhealthy'];

const folder = mkdtempSync(join(tmpdir(), 'cron-test-'));
const told = join(folder, 'told');
let server: TestServer;
let start: NpmStart;
let address: string;

beforeAll(async () => {
  writeFileSync(join(folder, 'alert'), `#!/bin/sh\necho told > ${told}\n`);
  chmodSync(join(folder, 'alert'), 0o755);
  server = await startTestServer();
  await server.createCheckRole('watcher');
  await server.createRole('app');
  await server.createDatabase('shop');
  const url = server.postgres.url({ user: 'watcher', database: 'shop' });
  start = await NpmStart.launch({
    environment: { DATABASE_URL: url, POOL_HEALTH_SHARED_USER: 'false', DATABASE_POOL_MAX: '20' },
  });
  address = new URL(await start.ready()).host;
});
afterAll(async () => {
  await start?.discard();
  await server?.close();
  rmSync(folder, { recursive: true });
});

/** Which lines alert now. */
async function alerts(host: string): Promise<string[]> {
  const names: string[] = [];
  for (const [index, command] of commands.entries()) {
    rmSync(told, { force: true });
    const script = `sh -c ${quoted(command.replaceAll('localhost:3000', host))}`;
    await bash(script, { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` } });
    names.push(...(existsSync(told) ? [NAMES[index] ?? ''] : []));
  }
  return names;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function percent(): Promise<number | null> {
  const response = await fetch(`http://${address}/health/pool`);
  return ((await response.json()) as { utilization: { percent: number | null } }).utilization.percent;
}

async function withOpen(count: number, check: () => Promise<void>): Promise<void> {
  const sessions = await server.open(count, 'idle', { user: 'app', database: 'shop' });
  await until(`the check sees ${count}`, async () => (await percent()) === count * 5);
  await check();
  await sessions.close();
}

describe('the lines for cron', () => {
  it('are three, with nothing that a crontab reads otherwise', () => {
    expect(commands).toHaveLength(NAMES.length);
    expect(lines.filter((line) => line.includes('%'))).toEqual([]);
  });

  it.each([
    [0, []],
    [16, []],
    [17, ['above 80 %']],
    [18, ['above 80 %', 'unhealthy']],
    [20, NAMES],
  ])('%d of 20 open: %j', async (count, expected) => {
    await withOpen(count, async () => expect(await alerts(address)).toEqual(expected));
  });

  it('a database that is stopped alerts all of them, and so does silence', async () => {
    await server.close();
    await until('the check sees nothing', async () => (await percent()) === null);
    expect(await alerts(address)).toEqual(NAMES);
    expect(await alerts(`127.0.0.1:${await freePort()}`)).toEqual(NAMES);
  });
});
