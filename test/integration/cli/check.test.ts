import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PoolReport } from '../../../functions/core/pool-report.js';
import { runCli } from '../../support/cli.js';
import { type Sessions, startTestServer, type TestServer } from '../../support/postgres.js';

const CHECK = 'pool_health';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ max_connections: '20' });
  await server.createCheckRole(CHECK);
  await server.createRole('app');
  await server.createRole('blind');
  await server.createDatabase('shop');
});
afterAll(() => server.close());

const opened: Sessions[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((sessions) => sessions.close()));
});

function environment(user = CHECK, more: Readonly<Record<string, string>> = {}) {
  return { DATABASE_URL: server.postgres.url({ user, database: 'shop' }), POOL_HEALTH_SHARED_USER: 'false', ...more };
}

async function open(count: number, state: 'idle' | 'active' = 'idle') {
  opened.push(await server.open(count, state, { user: 'app', database: 'shop' }));
}

describe('check of a database', () => {
  it('a healthy pool is a table and exit code 0', async () => {
    await open(3);
    await open(1, 'active');
    const { code, out, err } = await runCli(['check'], { environment: environment() });
    expect(out).toMatch(/^Status +healthy$/m);
    expect(out).toMatch(
      /^Utilization +40\.0 % of 10, normal \(open connections; limited by the application's settings\)$/m,
    );
    expect(out).toMatch(/^Connections +4: 1 active, 3 idle$/m);
    expect([code, err]).toEqual([0, '']);
  });

  it('takes the URL of --url before that of the environment', async () => {
    const { DATABASE_URL } = environment();
    const wrong = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    const { code, out } = await runCli(['check', '--url', DATABASE_URL], { environment: wrong });
    expect(out).toMatch(/^Status +healthy$/m);
    expect(code).toBe(0);
  });

  it('--json is the JSON of the route, and nothing else', async () => {
    await open(2);
    const { code, out, err } = await runCli(['check', '--json'], { environment: environment() });
    const report: PoolReport = JSON.parse(out);
    expect(report).toMatchObject({
      status: 'healthy',
      metrics: { activeConnections: 0, idleConnections: 2, waitingRequests: null, totalConnections: 2, poolSize: 10 },
      config: { min: 2, max: 10, idleTimeout: 10_000, connectionTimeout: 5_000 },
      utilization: { percent: 20, status: 'normal' },
      pool: 'local',
      problems: [],
    });
    expect([code, err]).toEqual([0, '']);
  });

  it('a full pool is exit code 1', async () => {
    await open(5);
    const { code, out } = await runCli(['check'], { environment: environment(CHECK, { DATABASE_POOL_MAX: '5' }) });
    expect(out).toMatch(
      /^Utilization +100\.0 % of 5, critical \(open connections; limited by the application's settings\)$/m,
    );
    expect(code).toBe(1);
  });

  it('a server without a free slot is full, not unreachable', async () => {
    // 20 less three reserved ones, less the superuser of the tests.
    await open(16);
    const { code, out } = await runCli(['check'], { environment: environment() });
    expect(out).toMatch(/^Full layer +database$/m);
    expect(out).toMatch(/^error +PROBE\.SLOTS_EXHAUSTED sqlstate=53300 limit=server$/m);
    expect(out).toMatch(/^Connections +-: - active, - idle$/m);
    expect(code).toBe(1);
  });

  it('a missing grant is unhealthy, not idle, and says what to run', async () => {
    await open(2);
    const { code, out } = await runCli(['check'], { environment: environment('blind') });
    expect(out).toMatch(/^error +PROBE\.PRIVILEGE .*hiddenSessions=\d+/m);
    expect(out).toContain('GRANT pg_monitor');
    expect(code).toBe(1);
  });

  it('a wrong password is a problem, and is not shown', async () => {
    const DATABASE_URL = `postgres://app:wr0ng-secret@127.0.0.1:${server.postgres.port}/shop`;
    const { code, out, err } = await runCli(['check', '--debug'], { environment: { DATABASE_URL } });
    expect(out).toContain('PROBE.AUTH');
    expect(out + err).not.toContain('wr0ng-secret');
    expect(code).toBe(1);
  });

  it('odd settings are a warning beside the result', async () => {
    const { code, out, err } = await runCli(['check', '--json'], {
      environment: environment(CHECK, { NODE_ENV: 'staging' }),
    });
    expect(err).toBe(
      'pool-health: warning: NODE_ENV "staging" is none of development, test, production: the defaults of production apply\n',
    );
    expect(JSON.parse(out).config.max).toBe(20);
    expect(code).toBe(0);
  });

  it('a mistake in the settings is exit code 2, all of them at once', async () => {
    const { code, out, err } = await runCli(['check'], {
      environment: environment(CHECK, { DATABASE_POOL_MIN: '0', DATABASE_POOL_MAX: '12abc' }),
    });
    expect(err).toBe(
      [
        'pool-health: DATABASE_POOL_MIN must be a whole number >= 1, received "0"',
        'pool-health: DATABASE_POOL_MAX must be a whole number >= 1, received "12abc"',
        '',
      ].join('\n'),
    );
    expect([code, out]).toEqual([2, '']);
  });
});

describe('check of a database that does not answer', () => {
  it('a stopped server is exit code 1 with unknown numbers', async () => {
    const other = await startTestServer();
    const DATABASE_URL = other.postgres.url({ user: 'postgres' });
    await other.close();
    const { code, out } = await runCli(['check', '--json'], { environment: { DATABASE_URL } });
    expect(JSON.parse(out)).toMatchObject({
      status: 'unhealthy',
      metrics: { totalConnections: null },
      utilization: { percent: null, status: 'unknown' },
      problems: [{ code: 'PROBE.UNREACHABLE' }],
    });
    expect(code).toBe(1);
  });

  it('a server that says nothing is a time-out, and the command ends', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const { code, out } = await runCli(['check'], {
      environment: { DATABASE_URL: `postgres://app@127.0.0.1:${port}/shop` },
    });
    silent.close();
    expect(out).toContain('PROBE.TIMEOUT phase=login');
    expect(code).toBe(1);
  });
});
