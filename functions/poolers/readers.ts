import type { Login } from '../connection/credentials.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { PoolerDefinition } from '../core/poolers.js';
import type { AppView } from '../core/sample.js';
import { PgbouncerReader } from './pgbouncer/reader.js';
import type { PoolerReader, PoolerReaders } from './probe.js';

/** The part of a definition that names a pooler's admin console. */
export type ConsoleDefinition = Extract<PoolerDefinition, { readonly kind: 'pgbouncer' }>;

/** What the readers of one pool need besides the definition. */
export interface ReaderAccess {
  /** Login of the check to the pool. The console gets the same login, unless the definition names another. */
  readonly login: Login;
  /**
   * Login to the console that the definition names.
   *
   * @default login
   */
  readonly consoleLogin?: (console: ConsoleDefinition) => Login;
  /**
   * The reader of the RDS Proxy in front of the pool; null if there is none. See `rdsProxyReader`.
   *
   * @default stats of RDS Proxies are not read
   */
  readonly rdsProxy?: PoolerReader | null;
  /**
   * Reads the gauges that the application publishes. Null when it publishes none.
   *
   * @default gauges are not read
   */
  readonly appGauges?: () => Promise<AppView | null>;
}

/** Creates the readers of one pool. Nothing connects before the first read. */
export function createReaders(config: ValidatedPoolConfig, access: ReaderAccess): PoolerReaders {
  const { rdsProxy, appGauges } = access;
  return {
    pgbouncer: pgbouncerReader(config, access),
    ...(rdsProxy && { 'rds-proxy': rdsProxy }),
    // The stats of RDS Proxy and of the application both come from CloudWatch: if it fails, one problem is enough.
    ...(appGauges && { appGauges: rdsProxy ? () => appGauges().catch(() => null) : appGauges }),
  };
}

/** A pool without a pooler in its definition has this reader too: it detects a PgBouncer at the pool's own address. */
function pgbouncerReader(config: ValidatedPoolConfig, { login, consoleLogin }: ReaderAccess): PgbouncerReader {
  const { managed } = config;
  return managed?.kind === 'pgbouncer'
    ? new PgbouncerReader(config, { user: managed.user, ...(consoleLogin?.(managed) ?? login) })
    : new PgbouncerReader(config, { user: config.user, ...login });
}
