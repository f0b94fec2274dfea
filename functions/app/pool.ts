import { tlsOptions } from '../connection/tls.js';
import { AppPool } from './app-pool.js';
import type { PoolOptions } from './options.js';
import { type ResolvedPool, resolvePool } from './resolve.js';

/** Below the time after which address translation forgets a silent connection, 350 s in AWS; the default is two hours. */
const KEEP_ALIVE_MS = 60_000;

/**
 * A pool of explicit, validated settings: a `pg.Pool` that counts what it does. Nothing is opened before it is needed or
 * `warm` is called. The settings in force are logged once.
 *
 * @throws InvalidPoolOptions with every mistake at once
 */
export function createPool(options: PoolOptions = {}): AppPool {
  const { logger = console } = options;
  const resolved = resolvePool(options);
  const pool = poolOf(resolved, options);
  logger.info(settingsLine(resolved));
  for (const warning of resolved.warnings) {
    logger.warn(`Pool "${resolved.name}": ${warning}`);
  }
  return pool;
}

/** The pool of settings that are resolved already; logs nothing by itself. */
export function poolOf(resolved: ResolvedPool, options: PoolOptions): AppPool {
  const { logger = console, writeMetrics = toStandardOutput, endWithin = 10_000 } = options;
  const { name, settings, target, parameters, applicationName } = resolved;
  return new AppPool(
    {
      host: target.target.endpoint,
      port: target.target.port,
      database: target.target.database,
      user: target.target.user,
      password: options.password ?? target.password,
      ...(applicationName === null ? {} : { application_name: applicationName }),
      min: settings.min,
      max: settings.max,
      idleTimeoutMillis: settings.idleTimeout,
      connectionTimeoutMillis: settings.connectionTimeout,
      maxLifetimeSeconds: parameters.maxLifetimeSeconds,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      // A script ends by itself although `min` connections stay open.
      allowExitOnIdle: true,
    },
    {
      name,
      settings,
      schema: parameters.schema,
      tls: target.target.tls === 'off' ? null : tlsOptions(target.target, target.caFile),
      endWithin,
      warn: (text) => logger.warn(text),
      writeMetrics,
    },
  );
}

function settingsLine({ name, settings, environment }: ResolvedPool): string {
  const { min, max, idleTimeout, connectionTimeout } = settings;
  return `Pool "${name}" (${environment}): min ${min}, max ${max}, idleTimeout ${idleTimeout} ms, connectionTimeout ${connectionTimeout} ms`;
}

function toStandardOutput(line: string): void {
  process.stdout.write(`${line}\n`);
}
