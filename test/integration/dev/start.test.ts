import { execFileSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { PoolReport } from '../../../functions/core/pool-report.js';
import { freePort } from '../../../functions/dev/embedded-postgres/free-port.js';
import { ROOT } from '../../support/cli.js';
import { isAlive } from '../../support/is-alive.js';
import { LIBPQ_VARIABLES } from '../../support/libpq-variables.js';
import { NpmStart, type StartOptions } from '../../support/npm-start.js';
import { startTestServer } from '../../support/postgres.js';
import { until } from '../../support/until.js';

const started: NpmStart[] = [];
afterEach(() => Promise.all(started.splice(0).map((run) => run.discard())));

async function start(options?: StartOptions): Promise<NpmStart> {
  const run = await NpmStart.launch(options);
  started.push(run);
  return run;
}

async function report(address: string): Promise<{ status: number; body: PoolReport }> {
  const response = await fetch(address);
  return { status: response.status, body: (await response.json()) as PoolReport };
}

async function expectNothingLeft(run: NpmStart, postgres: number | null): Promise<void> {
  expect(postgres).toBeTypeOf('number');
  await until('its PostgreSQL is gone', () => !isAlive(postgres));
  expect(await run.leftFolders()).toEqual([]);
}

describe('npm start', () => {
  it('answers the JSON with numbers of its demo, writes metrics, and leaves nothing after SIGTERM', async () => {
    const metrics = join(tmpdir(), `pool-health-metrics-${process.pid}.log`);
    const run = await start({ throughNpm: true, args: ['--metrics', metrics] });
    const address = await run.ready();
    const { status, body } = await report(address);
    const { activeConnections, idleConnections, totalConnections, poolSize } = body.metrics;
    expect(status).toBe(body.status === 'healthy' ? 200 : 503);
    expect(poolSize).toBe(10);
    expect(totalConnections).toBeGreaterThanOrEqual(1);
    expect(totalConnections).toBe(Number(activeConnections) + Number(idleConnections));
    expect(body.utilization.percent).toBe(Number(totalConnections) * 10);
    expect(body.config).toEqual({ min: 2, max: 10, idleTimeout: 10_000, connectionTimeout: 5_000 });
    expect((await report(`${address}/local`)).body.pool).toBe('local');
    const refused = ['/other', '/a/b', '/%'].map(async (path) => (await fetch(address + path)).status);
    expect(await Promise.all(refused)).toEqual([404, 404, 404]);
    expect((await fetch(address, { method: 'POST', body: 'x' })).status).toBe(405);

    const postgres = await run.postgresPid();
    run.child.kill('SIGTERM');
    expect(await run.ended()).toBe(0);
    await expectNothingLeft(run, postgres);
    const lines = (await readFile(metrics, 'utf8')).trimEnd().split('\n');
    await rm(metrics);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ Pool: 'local', PoolSize: 10 });
    expect(run.output).toContain('Pool settings (development): min 2, max 10');
    expect(run.output).not.toMatch(/postgres:\/\//);
  });

  it('starts its demo whatever the variables of libpq are', async () => {
    const run = await start({ environment: { PORT: '0', ...LIBPQ_VARIABLES } });
    const { body } = await report(await run.ready());
    expect(body.problems).toEqual([]);
    expect(body.metrics.totalConnections).toBeGreaterThanOrEqual(1);
    run.child.kill('SIGTERM');
    expect(await run.ended()).toBe(0);
  });

  it('says in one line that its temporary directory cannot be written', async () => {
    const run = await start({ throughNpm: true, environment: { PORT: '0', TMPDIR: '/dev/null/tmp' } });
    expect(await run.ended()).toBe(1);
    expect(run.output.trimEnd().split('\n').at(-1)).toMatch(
      /^No files can be created in the temporary directory \/dev\/null\/tmp \(ENOTDIR\)\. Set TMPDIR to .*DATABASE_URL/,
    );
    expect(run.output).not.toMatch(/Port|at .*\.ts/);
  });

  it.skipIf(process.getuid?.() !== 0)('says in one line that its user has no name (only root can try)', () => {
    const script = `const { serverAccount } = await import('./functions/dev/embedded-postgres/binaries.ts');
      process.setuid(54321);
      try { serverAccount(); } catch ({ message }) { console.log(message); }`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const out = execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    expect(out).toMatch(
      /^This process runs as user id 54321, which has no entry in \/etc\/passwd.*DATABASE_URL[^\n]*\n$/,
    );
  });

  it('watches the database of DATABASE_URL, and starts no other', async () => {
    const server = await startTestServer();
    await server.createDatabase('shop');
    await server.createRole('app', 'IN ROLE pg_monitor');
    const login = { user: 'app', database: 'shop' };
    const opened = [await server.open(2, 'active', login), await server.open(1, 'idle in transaction', login)];
    opened.push(await server.open(4, 'idle', login));
    const run = await start({ environment: { PORT: '0', DATABASE_URL: server.postgres.url(login) } });
    const { status, body } = await report(await run.ready());
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'healthy',
      metrics: { activeConnections: 3, idleConnections: 4, totalConnections: 7, poolSize: 10, waitingRequests: null },
      utilization: { percent: 70, status: 'warning' },
      problems: [],
    });
    expect(await run.leftFolders()).toEqual([]);
    run.child.kill('SIGHUP');
    expect(await run.ended()).toBe(0);
    await server.gone('session of the check', `application_name = 'pool-health'`);
    await server.close();
  });

  it.each([
    ['a URL that is none', 'nonsense', 'CONFIG.INVALID'],
    ['an empty URL', '', 'CONFIG.INVALID'],
    ['a database that nobody serves', 'postgres://someone:s3cret@127.0.0.1:1/db', 'PROBE.UNREACHABLE'],
  ])('keeps serving unhealthy with the reason for %s', async (_, DATABASE_URL, code) => {
    const run = await start({ environment: { PORT: '0', DATABASE_URL } });
    const address = await run.ready();
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await report(address);
      expect(status).toBe(503);
      expect(body).toMatchObject({ status: 'unhealthy', metrics: { totalConnections: null }, problems: [{ code }] });
    }
    expect(run.output).toMatch(new RegExp(`unhealthy .*${code}`));
    expect(run.output).not.toMatch(/nonsense|someone|s3cret/);
    expect(await run.leftFolders()).toEqual([]);
    run.child.kill('SIGINT');
    expect(await run.ended()).toBe(0);
  });

  it('reports on one line that its port is taken, before it starts anything', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    const run = await start({ environment: { PORT: String(port) } });
    expect(await run.ended()).toBe(1);
    expect(run.output).toMatch(new RegExp(`^Port ${port} is taken\\.[^\\n]*PORT=[^\\n]*\\n$`));
    expect(await run.leftFolders()).toEqual([]);
    other.close();
  });

  it('refuses what it does not understand with exit code 2', async () => {
    const run = await start({ args: ['--what'] });
    expect(await run.ended()).toBe(2);
    expect(run.output).toMatch(/^Unknown option '--what'[^\n]*\n$/);
  });

  it('leaves nothing when it is stopped in the middle of its start', async () => {
    const run = await start();
    await run.says('Starting an embedded PostgreSQL');
    run.child.kill('SIGINT');
    expect(await run.ended()).toBe(0);
    expect(await run.leftFolders()).toEqual([]);
    expect(run.output).not.toContain('Ready');
  });

  it('treats two signals at once as one, as Ctrl-C under npm sends them', async () => {
    const run = await start();
    await run.ready();
    const postgres = await run.postgresPid();
    run.child.kill('SIGINT');
    run.child.kill('SIGINT');
    expect(await run.ended()).toBe(0);
    await expectNothingLeft(run, postgres);
  });

  it('gives up waiting for a PostgreSQL that does not stop when it gets another signal, and leaves nothing', async () => {
    const run = await start();
    await run.ready();
    const postgres = await run.postgresPid();
    process.kill(Number(postgres), 'SIGSTOP');
    run.child.kill('SIGTERM');
    // The signals of the first half second count as the first one.
    const signals = setInterval(() => run.child.kill('SIGTERM'), 100);
    const code = await run.ended().finally(() => clearInterval(signals));
    expect(code).toBe(1);
    await expectNothingLeft(run, postgres);
  });

  it('ends when the reader of its output is gone, and leaves nothing', async () => {
    const run = await start();
    await run.ready();
    const postgres = await run.postgresPid();
    run.child.stdout?.destroy();
    expect(await run.ended()).toBe(0);
    await expectNothingLeft(run, postgres);
  });
});
