import type { Login } from '../connection/credentials.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { Logger } from '../core/ports.js';
import type { Monitor } from '../monitor/monitor.js';

/** The objects that all handlers of one process share. */
export interface Runtime {
  readonly monitor: Monitor;
  readonly log: Logger;
  /** How the check logs in to a pool. */
  readonly loginFor: (config: ValidatedPoolConfig) => Login;
}
