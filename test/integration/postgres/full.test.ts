import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import { evaluate, type Verdict } from '../../../functions/core/verdict.js';
import type { PostgresProbe } from '../../../functions/postgres/probe.js';
import { onTurns } from '../../support/clock.js';
import { OWN_SESSIONS, type Sessions, startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor, probeFor } from '../../support/probe.js';

const MAX_CONNECTIONS = 20;
const SUPERUSER_RESERVED = 3;
const RESERVED = 2;

onTurns();

let server: TestServer;
/** Slots that ordinary clients have: `reserved_connections` exists from 16 on. */
let slots = MAX_CONNECTIONS - SUPERUSER_RESERVED;
const probes: PostgresProbe[] = [];
const opened: Sessions[] = [];

async function isFrom16(of: TestServer): Promise<boolean> {
  const [row] = await of.sql('SHOW server_version_num');
  return Number(row?.server_version_num) >= 160_000;
}

async function startWith(maxConnections: number): Promise<TestServer> {
  const settings = {
    max_connections: String(maxConnections),
    superuser_reserved_connections: String(SUPERUSER_RESERVED),
  };
  const plain = await startTestServer(settings);
  if (!(await isFrom16(plain))) {
    return plain;
  }
  await plain.close();
  return await startTestServer({ ...settings, reserved_connections: String(RESERVED) });
}

beforeAll(async () => {
  server = await startWith(MAX_CONNECTIONS);
  slots -= (await isFrom16(server)) ? RESERVED : 0;
  await server.createCheckRole(CHECK_ROLE);
  await server.createDatabase('shop');
  await server.createDatabase('elsewhere');
  await server.createRole('app');
});
afterEach(async () => {
  await Promise.all(probes.splice(0).map((probe) => probe.close()));
  for (const sessions of opened.splice(0)) {
    await sessions.close();
  }
  await server.gone('sessions of checks', `usename = '${CHECK_ROLE}'`);
});
afterAll(() => server?.close());

interface Look {
  readonly verdict: Verdict;
  readonly codes: readonly string[];
}

/** A check that keeps its connection, as a function of the answers it gives. */
function checkOf(changes: Partial<PoolConfig> = {}): () => Promise<Look> {
  const settings = { min: 1, max: slots, idleTimeout: 30_000, connectionTimeout: 10_000 };
  const config = configFor(server, { database: 'shop', settings, ...changes });
  const probe = probeFor(server, config);
  probes.push(probe);
  return async () => {
    const sample = { takenAt: Date.now(), durationMs: 0, pooler: null, app: null, ...(await probe.probe()) };
    const verdict = evaluate(config, sample);
    return { verdict, codes: verdict.problems.map(({ code }) => code) };
  };
}

async function fill(count: number, database: string): Promise<Sessions> {
  const sessions = await server.open(count, 'idle', { user: 'app', database });
  opened.push(sessions);
  return sessions;
}

describe('the slot limit', () => {
  test('5000 with 3 + 2 reserved leaves 4995 (4997 before 16, which has no reserved_connections)', async () => {
    const large = await startWith(5_000);
    await large.createCheckRole(CHECK_ROLE);
    const config = configFor(large, {
      settings: { min: 1, max: 100_000, idleTimeout: 1_000, connectionTimeout: 1_000 },
    });
    const probe = probeFor(large, config);
    const { database, problems } = await probe.probe();
    await probe.close();
    const left = (await isFrom16(large)) ? 4_995 : 4_997;
    await large.close();
    expect(problems).toEqual([]);
    const verdict = evaluate(config, { takenAt: 0, durationMs: 0, pooler: null, app: null, database, problems });
    const check = 1;
    expect(verdict).toMatchObject({ totalConnections: OWN_SESSIONS, poolSize: left - check });
    expect(verdict.problems).toMatchObject([{ code: 'POOL.EXCEEDS_CEILING', values: { ceiling: left } }]);
  });

  test('a CONNECTION LIMIT of the database is a limit, too', async () => {
    await server.createDatabase('narrow', 'CONNECTION LIMIT 4');
    const look = checkOf({ database: 'narrow' });
    const before = await look();
    await fill(3, 'narrow');
    const after = await look();
    expect(before.verdict.poolSize).toBe(3);
    expect(after.verdict).toMatchObject({ totalConnections: 3, saturatedLayer: 'database', status: 'unhealthy' });
    expect(after.codes).toContain('DATABASE.FULL');
    const { codes, verdict } = await checkOf({ database: 'narrow', user: 'app' })();
    expect(codes).toEqual(['PROBE.SLOTS_EXHAUSTED']);
    expect(verdict.problems[0]?.values).toMatchObject({ limit: 'database' });
  });
});

describe.each([
  ['this pool', 'shop'],
  ['another database', 'elsewhere'],
])('the server is full by %s', (_, holder) => {
  test('a check with an open connection gives true counts and DATABASE.FULL, and recovers', async () => {
    const look = checkOf();
    await look();
    const held = slots - OWN_SESSIONS - 1;
    const sessions = await fill(held, holder);
    const { verdict, codes } = await look();
    expect(codes).toContain('DATABASE.FULL');
    expect(verdict).toMatchObject({
      status: 'unhealthy',
      saturatedLayer: 'database',
      totalConnections: holder === 'shop' ? held : 0,
      poolSize: holder === 'shop' ? held : 0,
      utilization: { status: 'critical' },
    });
    await sessions.close();
    expect(await look()).toMatchObject({ verdict: { status: 'healthy', saturatedLayer: null }, codes: [] });
  });

  test('a check that must connect is refused with PROBE.SLOTS_EXHAUSTED, and recovers', async () => {
    await server.sql('SELECT 1');
    const sessions = await fill(slots - OWN_SESSIONS, holder);
    const look = checkOf();
    const refused = await look();
    expect(refused.codes).toEqual(['PROBE.SLOTS_EXHAUSTED']);
    expect(refused.verdict).toMatchObject({
      status: 'unhealthy',
      saturatedLayer: 'database',
      totalConnections: null,
      utilization: { percent: null, status: 'critical' },
    });
    await sessions.close();
    expect((await look()).verdict.status).toBe('healthy');
  });
});

test('a nearly full server is a warning, and not full', async () => {
  const look = checkOf();
  await look();
  await fill(slots - OWN_SESSIONS - 1 - 1, 'elsewhere');
  const { codes, verdict } = await look();
  expect(codes).toContain('DATABASE.NEAR_LIMIT');
  expect(verdict).toMatchObject({ poolSize: 1, totalConnections: 0, saturatedLayer: null, status: 'healthy' });
});

test("the check's own role limit is PROBE.OWN_LIMIT and not critical, and it recovers", async () => {
  const limit = 3;
  const others = await server.open(limit, 'idle', { user: CHECK_ROLE, database: 'shop' });
  opened.push(others);
  const look = checkOf();
  const refused = await look();
  expect(refused.codes).toEqual(['PROBE.OWN_LIMIT']);
  expect(refused.verdict).toMatchObject({
    status: 'unhealthy',
    saturatedLayer: null,
    utilization: { percent: null, status: 'unknown' },
  });
  await others.close();
  expect((await look()).verdict.status).toBe('healthy');
});
