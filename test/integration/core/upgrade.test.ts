import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import { seal } from '../../../functions/core/pool-config.js';
import { parseDefinition } from '../../../functions/core/pool-definition.js';
import { Monitor } from '../../../functions/monitor/monitor.js';
import { Names } from '../../suites/faults/names.js';
import { startStandby } from '../../suites/faults/standby.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { probesFor } from '../../support/probe.js';
import { accepted } from '../../support/samples.js';
import { OLD_DEPLOYMENTS } from '../../support/upgrade.js';

/** A server, its copy, and a restart between. */
const MAX_START_MS = 240_000;
const POOLS = OLD_DEPLOYMENTS.flatMap(({ pools }) => pools);
const isReader = (endpoint: string) => endpoint.includes('.cluster-ro-');

/** One session of the application for each pool. */
const SESSIONS = POOLS.map(({ name, definition }) => ({
  user: 'shop_app',
  database: String(definition.database),
  applicationName: name,
}));

describe('the definitions of 0.1.0', () => {
  let primary: TestServer;
  let standby: TestServer;
  let monitor: Monitor;
  const names = new Names();

  beforeAll(async () => {
    primary = await startTestServer();
    await primary.createRole('shop_app');
    for (const user of new Set(POOLS.map(({ definition }) => String(definition.user)))) {
      await primary.createCheckRole(user);
    }
    for (const database of new Set(POOLS.map(({ definition }) => String(definition.database)))) {
      await primary.createDatabase(database);
    }
    standby = await startStandby(primary.postgres);
    for (const session of SESSIONS) {
      await Promise.all([primary.connect(session), standby.connect(session)]);
    }
    names.install();
    for (const { definition } of POOLS) {
      names.set(String(definition.endpoint), ['127.0.0.1']);
    }
    monitor = new Monitor({ pools: async () => [] }, (config) => probesFor(primary, config));
  }, MAX_START_MS);

  afterAll(async () => {
    await monitor?.close();
    vi.restoreAllMocks();
    await standby?.close();
    await primary?.close();
  });

  it.each(POOLS)('stay healthy against a real server, check after check: $name', async ({ name, definition }) => {
    const written = accepted(parseDefinition(name, JSON.stringify(definition)));
    const server = isReader(written.endpoint) ? standby : primary;
    // Host names, names of roles and what is counted stay; login, port and certificates are those of the test.
    const here: Partial<PoolConfig> = { port: server.postgres.port, tls: 'off', auth: { type: 'url' } };
    const config = seal({ ...written, ...here });
    for (let check = 0; check < 3; check += 1) {
      const { verdict } = await monitor.assess({ pool: name, config, problems: [] }, 0);
      const errors = verdict.problems.filter(({ severity }) => severity === 'error');
      expect(errors).toEqual([]);
      expect(verdict).toMatchObject({ status: 'healthy', poolSize: expect.any(Number) });
      expect(verdict.totalConnections).toBeGreaterThan(0);
    }
  });
});
