import type pg from 'pg';
import { tlsOptions } from '../connection/tls.js';
import type { PoolSettings } from '../core/pool-settings.js';
import { CRITICAL_PERCENT } from '../core/utilization.js';
import type { PoolSnapshot } from './gauges.js';
import { MeasuredPool, type MeasuredPoolParts } from './measured-pool.js';
import type { PoolOptions } from './options.js';
import { Publisher } from './publisher.js';
import { type ResolvedPool, resolvePool } from './resolve.js';

/** Below the idle timeout of address translation, which is 350 s in AWS. The default of Linux is two hours. */
const KEEP_ALIVE_MS = 60_000;
const DEFAULT_END_WITHIN_MS = 10_000;

/** The pool's connections, with the names of `GET /health/pool`. */
export interface PoolMetrics {
  /** In use, whether or not a statement runs. */
  readonly activeConnections: number;
  readonly idleConnections: number;
  readonly waitingRequests: number;
  readonly totalConnections: number;
  /** The maximum of this pool. The server may allow fewer; the monitor reports how many. */
  readonly poolSize: number;
}

interface AppPoolParts extends MeasuredPoolParts {
  readonly settings: PoolSettings;
  /** Prisma's schema, from the URL. */
  readonly schema: string | null;
  /** Of the metrics in CloudWatch. */
  readonly namespace: string;
  readonly writeMetrics: ((line: string) => void) | null;
}

/** A `pg.Pool` with explicit settings and metrics. Made by `createPool`; usable wherever a `pg.Pool` is. */
export class AppPool extends MeasuredPool {
  readonly #parts: AppPoolParts;
  readonly #publisher: Publisher | null;
  #isHealthy = true;

  constructor(options: pg.PoolConfig, parts: AppPoolParts) {
    super(options, parts);
    this.#parts = parts;
    this.#publisher = parts.writeMetrics && new Publisher(parts.name, parts.namespace, this.gauges, parts.writeMetrics);
  }

  /** The pool's name: the dimension `Pool` of its metrics. */
  get name(): string {
    return this.#parts.name;
  }

  /** Prisma's schema from the URL; null if it has none. */
  get schema(): string | null {
    return this.#parts.schema;
  }

  /** The settings in effect. Milliseconds. */
  getPoolConfig(): PoolSettings {
    return { ...this.#parts.settings };
  }

  /** The pool's current connections. The pool counts them; it sends no statement. Never rejects. */
  async getPoolMetrics(): Promise<PoolMetrics> {
    const { busy, idle, waiting, open, size } = this.snapshot();
    return {
      activeConnections: busy,
      idleConnections: idle,
      waitingRequests: waiting,
      totalConnections: open,
      poolSize: size,
    };
  }

  /**
   * Whether less than 90 % of the pool's maximum is open. Logs a warning when the result changes from true to false. Never
   * rejects.
   */
  async isPoolHealthy(): Promise<boolean> {
    const { open, size } = this.snapshot();
    const isHealthy = open * 100 < size * CRITICAL_PERCENT;
    if (this.#isHealthy && !isHealthy) {
      const percent = ((open * 100) / size).toFixed(1);
      this.#parts.warn(`Pool "${this.name}" is nearly full: ${open} of ${size} connections are open (${percent} %)`);
    }
    this.#isHealthy = isHealthy;
    return isHealthy;
  }

  /** The current gauges and the counters since the pool was made, such as for the application's own `/metrics`. */
  snapshot(): PoolSnapshot {
    return this.gauges.snapshot(this.name, this.#parts.settings.max);
  }

  /**
   * Opens `min` connections in advance; otherwise pg opens each when it is needed. Each counts as an acquire.
   *
   * @throws the error of pg if one cannot be opened; the others stay open
   */
  async warm(): Promise<void> {
    const missing = Math.max(0, this.#parts.settings.min - this.gauges.inUse);
    const opened = await Promise.allSettled(Array.from({ length: missing }, () => this.connect()));
    for (const attempt of opened) {
      if (attempt.status === 'fulfilled') {
        attempt.value.release();
      }
    }
    const failed = opened.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      throw failed.reason;
    }
  }

  /**
   * Writes the metrics as a line of the embedded metric format, unless the last line is younger than a minute. Call it at the
   * end of a Lambda invocation: timers do not run between invocations.
   */
  flush(): void {
    this.#publisher?.flush();
  }

  protected override atEnd(): void {
    this.#publisher?.stop();
  }
}

/**
 * Makes a pool with validated settings: a `pg.Pool` with metrics. It opens connections when they are needed, or by `warm`.
 * Logs the settings in effect once.
 *
 * @throws InvalidPoolOptions with all mistakes
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

/**
 * Makes a pool of resolved options. Does not log the settings.
 *
 * @param isIsolated whether variables of libpq have no effect. For applications they have the same as with pg itself
 */
export function poolOf(resolved: ResolvedPool, options: PoolOptions, isIsolated = false): AppPool {
  const { logger = console, writeMetrics = toStandardOutput, endWithin = DEFAULT_END_WITHIN_MS } = options;
  const { name, namespace, settings, target, parameters, applicationName } = resolved;
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
      // Idle connections do not keep a script running.
      allowExitOnIdle: true,
    },
    {
      name,
      namespace,
      settings,
      schema: parameters.schema,
      tls: target.target.tls === 'off' ? null : tlsOptions(target.target, target.caFile),
      endWithin,
      isIsolated,
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
