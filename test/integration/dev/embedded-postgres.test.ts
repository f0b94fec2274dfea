import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { installedPackage, serverAccount } from '../../../functions/dev/embedded-postgres/binaries.js';
import {
  type EmbeddedPostgres,
  type PostgresOptions,
  startPostgres,
} from '../../../functions/dev/embedded-postgres/embedded-postgres.js';
import { isAlive } from '../../support/is-alive.js';

const servers: EmbeddedPostgres[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.remove()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function start(options?: PostgresOptions): Promise<EmbeddedPostgres> {
  const server = await startPostgres(options);
  servers.push(server);
  return server;
}

async function ask(server: EmbeddedPostgres, query: string): Promise<unknown> {
  const client = new Client(server.url());
  await client.connect();
  const { rows } = await client.query<{ answer: unknown }>(query);
  await client.end();
  return rows[0]?.answer;
}

/** The package in a folder of its own. By default only the owner of the folder can enter it. */
async function copyOfPackage(mode = 0o700): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pool-health-test-'));
  folders.push(folder);
  await cp(installedPackage(), join(folder, 'package'), { recursive: true, verbatimSymlinks: true });
  await chmod(folder, mode);
  return join(folder, 'package');
}

/** Whether the account that PostgreSQL runs as can reach and run the server of a package, as the system answers it. */
function canBeRun(packageFolder: string): boolean {
  const { uid, gid } = serverAccount() ?? {};
  return spawnSync('test', ['-x', join(packageFolder, 'native', 'bin', 'postgres')], { uid, gid }).status === 0;
}

describe('an embedded server', () => {
  it('runs with the settings asked for, on 127.0.0.1, and wants a password', async () => {
    const server = await start({ settings: { max_connections: '17', cluster_name: "it's" } });
    expect(await ask(server, `SELECT current_setting('max_connections') AS answer`)).toBe('17');
    expect(await ask(server, `SELECT current_setting('cluster_name') AS answer`)).toBe("it's");
    expect(await ask(server, `SELECT current_setting('listen_addresses') AS answer`)).toBe('127.0.0.1');
    const stranger = new Client(server.connection({ password: 'wrong' }));
    await expect(stranger.connect()).rejects.toMatchObject({ code: '28P01' });
  });

  it('leaves no process and no file when it is removed', async () => {
    const server = await start();
    const { pid, directory } = server;
    expect(isAlive(pid)).toBe(true);
    await server.remove();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(directory)).toBe(false);
  });

  it('leaves no process and no file when there is no time to wait', async () => {
    const server = await start();
    const { pid, directory } = server;
    server.removeNow();
    await server.stop();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(directory)).toBe(false);
  });

  it('stops although a statement runs', async () => {
    const server = await start();
    const client = new Client(server.url());
    client.on('error', () => undefined);
    await client.connect();
    const statement = expect(client.query('SELECT pg_sleep(600)')).rejects.toThrow();
    await server.stop();
    await statement;
    expect(server.pid).toBeNull();
  });

  it.each(['stop', 'kill'] as const)(
    'has its data, its port and its password again after %s and start',
    async (end) => {
      const server = await start();
      await ask(server, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await ask(server, 'CHECKPOINT');
      const { pid, port } = server;
      await server[end]();
      expect(server.pid).toBeNull();
      await server.start();
      expect(server.pid).not.toBe(pid);
      expect(server.port).toBe(port);
      expect(await ask(server, 'SELECT answer FROM kept')).toBe(42);
    },
  );

  it('says on one line why it does not start, and leaves no file', async () => {
    const before = new Set(servers);
    const failure = await startPostgres({ settings: { max_connections: 'many' } }).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(Error);
    const { message } = failure as Error;
    expect(message).toContain('max_connections');
    expect(message).not.toContain('\n');
    const directory = /\S*pool-health-\w+/.exec(message)?.[0];
    expect(directory).toBeDefined();
    expect(existsSync(String(directory))).toBe(false);
    expect(new Set(servers)).toEqual(before);
  });
});

describe('the binaries', () => {
  it('run where they are in a folder that every account can enter', async () => {
    const folder = await copyOfPackage(0o755);
    const server = await start({ binaries: folder });
    expect(existsSync(join(server.directory, 'native'))).toBe(false);
    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
  });

  it('that are installed run from a copy only if the account cannot reach them', async () => {
    const server = await start();
    expect(existsSync(join(server.directory, 'native'))).toBe(!canBeRun(installedPackage()));
    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
  });

  it('run from a copy when npm ran no install scripts, so that links are missing', async () => {
    const folder = await copyOfPackage(0o755);
    for (const link of ['libicuuc.so.60', 'libicuuc.60.dylib', 'libxml2.2.dylib', 'libpq.so.5']) {
      await unlink(join(folder, 'native', 'lib', link)).catch(() => undefined);
    }
    const server = await start({ binaries: folder });
    expect(existsSync(join(server.directory, 'native'))).toBe(true);
    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
  });

  it('are found by root in a folder that only root can enter', async () => {
    const folder = await copyOfPackage();
    const server = await start({ binaries: folder });
    // Any other user owns the folder, and needs no copy.
    expect(existsSync(join(server.directory, 'native'))).toBe(process.getuid?.() === 0);
    expect(canBeRun(folder)).toBe(process.getuid?.() !== 0);
    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
  });

  it('that do not run at all are one clear line with what to do', async () => {
    const folder = await copyOfPackage();
    await rm(join(folder, 'native', 'bin', 'postgres'));
    await expect(startPostgres({ binaries: folder })).rejects.toThrow(/does not run here.*npm ci.*DATABASE_URL/);
  });
});
