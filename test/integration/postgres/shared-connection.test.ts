import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fixedPassword } from '../../../functions/connection/credentials.js';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import type { PostgresProbe } from '../../../functions/postgres/probe.js';
import { backendsOf } from '../../support/backends.js';
import { onTurns } from '../../support/clock.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor, probeFor } from '../../support/probe.js';
import { until } from '../../support/until.js';

onTurns();

let server: TestServer;
const probes: PostgresProbe[] = [];

beforeAll(async () => {
  server = await startTestServer({ log_connections: 'on', log_disconnections: 'on' });
  await server.createCheckRole(CHECK_ROLE);
  await server.createRole('unlimited', 'IN ROLE pg_monitor');
});
afterEach(async () => {
  await Promise.all(probes.splice(0).map((probe) => probe.close()));
  await until('the check has left', () => backendsOf(server.postgres.pid ?? 0, CHECK_ROLE).length === 0);
});
afterAll(() => server?.close());

function probe(changes: Partial<PoolConfig> = {}): PostgresProbe {
  const made = probeFor(server, configFor(server, changes));
  probes.push(made);
  return made;
}

async function codes(watching: PostgresProbe): Promise<string[]> {
  return (await watching.probe()).problems.map(({ code }) => code);
}

/** Who came and went, as the server tells it. */
function eventsOfLog(): string[] {
  const log = readFileSync(join(server.postgres.directory, 'postgres.log'), 'utf8');
  return log.match(/connection received|disconnection/g) ?? [];
}

describe('a lost connection is replaced within the same check', () => {
  test('ended by an administrator', async () => {
    const watching = probe();
    expect(await codes(watching)).toEqual([]);
    await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${CHECK_ROLE}'`);
    expect(await codes(watching)).toEqual([]);
  });

  test('the server was started again', async () => {
    const watching = probe();
    await watching.probe();
    await server.postgres.stop();
    expect(await codes(watching)).toEqual(['PROBE.UNREACHABLE']);
    await server.postgres.start();
    expect(await codes(watching)).toEqual([]);
  });

  test('the server crashed', async () => {
    const watching = probe();
    await watching.probe();
    await server.postgres.kill();
    // A backend outlives its server until it looks up from what it does.
    await until('the check sees the crash', async () => (await codes(watching)).includes('PROBE.UNREACHABLE'));
    await server.postgres.start();
    expect(await codes(watching)).toEqual([]);
  });

  test('its backend hangs', async () => {
    const watching = probe();
    await watching.probe();
    const [row] = await server.sql(`SELECT pid FROM pg_stat_activity WHERE usename = '${CHECK_ROLE}'`);
    const hanging = Number(row?.pid);
    process.kill(hanging, 'SIGSTOP');
    expect(await codes(watching)).toEqual([]);
    process.kill(hanging, 'SIGCONT');
  });
});

describe('each refusal has its own problem', () => {
  test.each([
    ['a role that does not exist', { user: 'nobody_here' }, 'PROBE.AUTH'],
    ['a database that does not exist', { database: 'nothing_here' }, 'PROBE.DATABASE_MISSING'],
    ['TLS where the server has none', { tls: 'verify-full' }, 'PROBE.TLS'],
    ['a host name that does not exist', { endpoint: 'nothing.invalid' }, 'PROBE.DNS'],
    ['a port where no server listens', { port: 1 }, 'PROBE.UNREACHABLE'],
  ] as const)('%s', async (_, changes, code) => {
    expect(await codes(probe(changes))).toEqual([code]);
  });

  test('a role that must not connect', async () => {
    await server.createDatabase('closed');
    await server.sql('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
    expect(await codes(probe({ database: 'closed' }))).toEqual(['PROBE.PRIVILEGE']);
  });

  test('a wrong password', async () => {
    const watching = probeFor(server, configFor(server), undefined, fixedPassword('wrong'));
    probes.push(watching);
    expect(await codes(watching)).toEqual(['PROBE.AUTH']);
  });

  test("the role's statement_timeout", async () => {
    await server.sql(`ALTER ROLE ${CHECK_ROLE} SET statement_timeout = '200ms'`);
    const watching = probe();
    await watching.probe();
    await server.sql(`ALTER ROLE ${CHECK_ROLE} SET statement_timeout = '3s'`);
    const locker = await server.connect();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE');
    const { problems } = await watching.probe();
    await locker.query('ROLLBACK');
    await locker.end();
    expect(problems).toMatchObject([{ code: 'PROBE.TIMEOUT', values: { sqlstate: '57014' } }]);
  });
});

describe('sessions never pile up on the server', () => {
  test('a catalog is locked for 30 s with a check every second: one backend of the check at most', async () => {
    const watching = probe();
    expect(await codes(watching)).toEqual([]);
    const locker = await server.connect();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE pg_catalog.pg_database, pg_catalog.pg_authid IN ACCESS EXCLUSIVE MODE');
    const pid = server.postgres.pid ?? 0;
    const most = { backends: 0, answers: [] as string[] };
    const looks: Promise<unknown>[] = [];
    for (let second = 0; second < 30; second += 1) {
      looks.push(codes(watching).then((found) => most.answers.push(...found)));
      await pause(1_000);
      most.backends = Math.max(most.backends, backendsOf(pid, CHECK_ROLE).length);
    }
    await locker.query('ROLLBACK');
    await locker.end();
    await Promise.all(looks);
    expect(new Set(most.answers)).toEqual(new Set(['PROBE.TIMEOUT']));
    expect(most.backends).toBe(1);
    expect(await codes(watching)).toEqual([]);
    expect(backendsOf(pid, CHECK_ROLE)).toHaveLength(1);
  });

  test('a statement that waits for a lock is cancelled when it times out', async () => {
    const watching = probe({ user: 'unlimited' });
    await watching.probe();
    const locker = await server.connect();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE');
    const pid = server.postgres.pid ?? 0;
    const [before] = backendsOf(pid, 'unlimited');
    const logged = eventsOfLog().length;
    expect(await codes(watching)).toEqual(['PROBE.TIMEOUT']);
    expect(before).toContain('idle');
    // The request to cancel is a connection too. The next login comes when the backend of the last one has left.
    await until('the server has logged all three', () => eventsOfLog().length >= logged + 3);
    expect(eventsOfLog().slice(logged)).toEqual(['connection received', 'disconnection', 'connection received']);
    expect(backendsOf(pid, 'unlimited')).toHaveLength(1);
    await locker.query('ROLLBACK');
    await locker.end();
  });

  test('abandoned statements of checks are counted and listed', async () => {
    const orphan = await server.connect({ user: 'unlimited', applicationName: 'pool-health' });
    const { rows } = await orphan.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const running = orphan.query('SELECT pg_sleep(60)').catch(() => undefined);
    const watching = probe({ user: 'unlimited' });
    await until('the statement is older than the deadline of a check', async () => {
      const { database } = await watching.probe();
      return (database?.orphans.length ?? 0) > 0;
    });
    const { database } = await watching.probe();
    expect(database?.orphans).toEqual([String(rows[0]?.pid)]);
    await server.sql('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await running;
  });
});
