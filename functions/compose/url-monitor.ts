import { fixedPassword, type Login } from '../connection/credentials.js';
import { SharedConnection } from '../connection/shared-connection.js';
import type { Validation } from '../core/pool-config.js';
import type { PoolEntry } from '../core/ports.js';
import { problem } from '../core/problems.js';
import { Monitor } from '../monitor/monitor.js';
import { PoolerProbe } from '../poolers/probe.js';
import { createReaders } from '../poolers/readers.js';
import { PostgresProbe } from '../postgres/probe.js';
import type { Runtime } from './runtime.js';
import { URL_POOL, type UrlPool } from './url.js';

/**
 * Monitors the pool of a URL. Mistakes in the user's input are reported as its `CONFIG.INVALID`. Nothing is logged:
 * `npm start` and the command line print the assessment.
 */
export function urlMonitor({ url, validation }: Pick<UrlPool, 'url' | 'validation'>): Runtime {
  const login: Login = { credentials: fixedPassword(url?.password), caFile: url?.caFile ?? null };
  const entry = entryOf(validation);
  const monitor = new Monitor({ pools: async () => [entry] }, (config) => {
    const session = new SharedConnection({ target: config, ...login, isPooled: false });
    const pooler = new PoolerProbe(config, createReaders(config, { login }));
    return { database: new PostgresProbe(config, session), pooler };
  });
  return { monitor, log: () => undefined, loginFor: () => login };
}

function entryOf(validation: Validation): PoolEntry {
  if (validation.ok) {
    return { pool: URL_POOL, config: validation.config, problems: [] };
  }
  const violations = validation.violations.map(({ message }) => message);
  return { pool: URL_POOL, config: null, problems: [problem('CONFIG.INVALID', { violations })] };
}
