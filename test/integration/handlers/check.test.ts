import net from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Datapoints } from '../../../functions/core/metrics.js';
import type { PoolEntry } from '../../../functions/core/ports.js';
import { ProblemError, problem } from '../../../functions/core/problems.js';
import { freePort } from '../../../functions/dev/embedded-postgres/free-port.js';
import { checkHandler } from '../../../functions/handlers/check.js';
import { Monitor } from '../../../functions/monitor/monitor.js';
import { onTurns } from '../../support/clock.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor, probesFor } from '../../support/probe.js';

onTurns();

let server: TestServer;
const monitors: Monitor[] = [];

beforeAll(async () => {
  server = await startTestServer();
  await server.createCheckRole(CHECK_ROLE);
});
afterEach(() => Promise.all(monitors.splice(0).map((monitor) => monitor.close())));
afterAll(() => server?.close());

/** A check of pools, and what it published and logged. */
function checkOf(pools: () => readonly PoolEntry[]) {
  const published: Datapoints[] = [];
  const logged: { level: string; message: string; fields: object | undefined }[] = [];
  const short = { totalMs: 600, connectMs: 400, queryMs: 400, reusedQueryMs: 200 };
  const monitor = new Monitor({ pools: async () => pools() }, (config) => probesFor(server, config, short));
  monitors.push(monitor);
  const run = checkHandler({
    monitor,
    publish: async (metrics) => {
      published.push(...metrics);
      return [];
    },
    log: (level, message, fields) => logged.push({ level, message, fields }),
  });
  return { run, published, logged };
}

describe('the scheduled check', () => {
  test('publishes every pool, including pools that hang, are refused or have no definition', async () => {
    const silent = net.createServer(() => undefined);
    const port = await freePort();
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve));
    const { run, published, logged } = checkOf(() => [
      { pool: 'fine', config: configFor(server, { pool: 'fine' }), problems: [] },
      { pool: 'hangs', config: configFor(server, { pool: 'hangs', port }), problems: [] },
      { pool: 'refused', config: configFor(server, { pool: 'refused', user: 'nobody_here' }), problems: [] },
      { pool: 'broken', config: null, problems: [problem('CONFIG.INVALID', { violations: ['max is missing'] })] },
    ]);
    await run();
    silent.close();
    const healthy = Object.fromEntries(published.map(({ pool, values }) => [pool, values.Healthy]));
    expect(healthy).toEqual({ fine: 1, hangs: 0, refused: 0, broken: 0 });
    for (const { values } of published) {
      expect(values).toMatchObject({ Saturated: 0, CheckDuration: expect.any(Number) });
    }
    const known = Object.fromEntries(published.map(({ pool, values }) => [pool, 'Utilization' in values]));
    expect(known).toEqual({ fine: true, hangs: false, refused: false, broken: false });
    expect(logged.map(({ level, fields }) => ({ level, ...fields }))).toMatchObject([
      { level: 'error', pool: 'hangs', code: 'PROBE.TIMEOUT', phase: 'login' },
      { level: 'error', pool: 'refused', code: 'PROBE.AUTH', sqlstate: '28P01' },
      { level: 'error', pool: 'broken', code: 'CONFIG.INVALID', violations: ['max is missing'] },
    ]);
  });

  test('probes a changed definition at its new address, and closes the connections of a removed one', async () => {
    await server.createDatabase('moved');
    await server.createRole('app');
    const sessions = await server.open(3, 'idle', { user: 'app', database: 'moved' });
    let pools: PoolEntry[] = [{ pool: 'a', config: configFor(server, { pool: 'a' }), problems: [] }];
    const { run, published } = checkOf(() => pools);
    await run();
    pools = [{ pool: 'a', config: configFor(server, { pool: 'a', database: 'moved' }), problems: [] }];
    await run();
    pools = [];
    await run();
    await sessions.close();
    expect(published[1]?.values.TotalConnections).toBe(3);
    expect(published[2]).toMatchObject({ pool: 'none', values: { Healthy: 0 } });
    await server.gone('sessions of the check', `usename = '${CHECK_ROLE}'`);
  });

  test('throws only if the definitions cannot be read', async () => {
    const monitor = new Monitor(
      { pools: async () => Promise.reject(new ProblemError(problem('AWS.SSM', {}, 'error'))) },
      (config) => probesFor(server, config),
    );
    const run = checkHandler({ monitor, publish: async () => [], log: () => undefined });
    await expect(run()).rejects.toThrow('AWS.SSM');
  });
});
