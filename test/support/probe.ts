import { fixedPassword } from '../../functions/connection/credentials.js';
import {
  type ConnectionTimeouts,
  DEFAULT_TIMEOUTS,
  SharedConnection,
} from '../../functions/connection/shared-connection.js';
import { type PoolConfig, seal, type ValidatedPoolConfig } from '../../functions/core/pool-config.js';
import type { Probes } from '../../functions/monitor/monitor.js';
import { PoolerProbe } from '../../functions/poolers/probe.js';
import { PostgresProbe } from '../../functions/postgres/probe.js';
import type { Sessions, TestServer } from './postgres.js';

/** The role that the tests' checks log in as. */
export const CHECK_ROLE = 'pool_check';

/** A configuration that looks at a test server, with a pool of 20. */
export function configFor(server: TestServer, changes: Partial<PoolConfig> = {}): ValidatedPoolConfig {
  return seal({
    pool: 'orders',
    endpoint: '127.0.0.1',
    port: server.postgres.port,
    database: 'postgres',
    user: CHECK_ROLE,
    auth: { type: 'url' },
    tls: 'off',
    settings: { min: 2, max: 20, idleTimeout: 30_000, connectionTimeout: 10_000 },
    instances: 1,
    count: { users: null, applications: null },
    sharedUser: false,
    managed: null,
    limits: { pinnedPercent: 20, borrowWaitMs: 100 },
    utilization: null,
    role: null,
    idleLimitMs: null,
    ...changes,
  });
}

/** A probe of a configuration, with the password that all roles of the server have. */
export function probeFor(
  server: TestServer,
  config: ValidatedPoolConfig,
  timeouts: ConnectionTimeouts = DEFAULT_TIMEOUTS,
  credentials = fixedPassword(server.postgres.password),
): PostgresProbe {
  const session = new SharedConnection({
    target: config,
    caFile: null,
    credentials,
    isPooled: false,
    timeouts,
  });
  return new PostgresProbe(config, session);
}

/** Closes what a test opened, and empties both lists. Resolves when the server has ended the sessions of the checks. */
export async function closeOpened(server: TestServer, probes: PostgresProbe[], opened: Sessions[]): Promise<void> {
  await Promise.all(probes.splice(0).map((probe) => probe.close()));
  for (const sessions of opened.splice(0)) {
    await sessions.close();
  }
  await server.gone('sessions of checks', `application_name = 'pool-health'`);
}

/** Both sides of a pool without a managed pool: what a monitor asks. */
export function probesFor(server: TestServer, config: ValidatedPoolConfig, timeouts?: ConnectionTimeouts): Probes {
  return { database: probeFor(server, config, timeouts), pooler: new PoolerProbe(config, {}) };
}
