import type { Logger } from '../aws/logger.js';
import type { Login } from '../connection/credentials.js';
import type { Publish } from '../core/datapoints.js';
import type { Environment } from '../core/environment.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { Monitor } from '../monitor/monitor.js';
import { deployedRuntime } from './aws-monitor.js';
import { localRuntime } from './url-monitor.js';

/** What the handlers of one process share. */
export interface Runtime {
  readonly monitor: Monitor;
  /** Where metrics go instead of CloudWatch; null for CloudWatch. */
  readonly publish: Publish | null;
  readonly log: Logger;
  /** How the check logs in to a pool. */
  readonly loginFor: (config: ValidatedPoolConfig) => Login;
}

/** The one place that reads the environment: `DATABASE_URL` makes it local, otherwise SSM has the definitions. */
export const runtime: Runtime = createRuntime(process.env);

function createRuntime(environment: Environment): Runtime {
  return environment.DATABASE_URL === undefined ? deployedRuntime(environment) : localRuntime(environment);
}

/** Takes leave of all databases. Only a process that ends by itself needs it: `npm start`. */
export function close(): Promise<void> {
  return runtime.monitor.close();
}
