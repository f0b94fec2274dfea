import type pg from 'pg';
import type { PoolSettings } from '../core/pool-settings.js';
import { CRITICAL_PERCENT } from '../core/verdict.js';
import type { PoolSnapshot } from './gauges.js';
import { MeasuredPool, type MeasuredPoolParts } from './measured-pool.js';
import { Publisher } from './publisher.js';

/** The pool's connections, in the words of `GET /health/pool`. */
export interface PoolMetrics {
  /** Given out, whether or not a statement runs. */
  readonly activeConnections: number;
  readonly idleConnections: number;
  readonly waitingRequests: number;
  readonly totalConnections: number;
  /** What this pool may open; the monitor knows what the server leaves of it. */
  readonly poolSize: number;
}

export interface AppPoolParts extends MeasuredPoolParts {
  readonly settings: PoolSettings;
  /** Prisma's schema, from the URL. */
  readonly schema: string | null;
  readonly writeMetrics: ((line: string) => void) | null;
}

/**
 * A `pg.Pool` of explicit settings that knows how full it is. Made by `createPool`; whatever takes a `pg.Pool` takes it.
 */
export class AppPool extends MeasuredPool {
  readonly #parts: AppPoolParts;
  readonly #publisher: Publisher | null;
  #isHealthy = true;

  constructor(options: pg.PoolConfig, parts: AppPoolParts) {
    super(options, parts);
    this.#parts = parts;
    this.#publisher = parts.writeMetrics && new Publisher(parts.name, this.gauges, parts.writeMetrics);
  }

  /** The pool's name, which is the dimension of its metrics. */
  get name(): string {
    return this.#parts.name;
  }

  /** Prisma's schema, where the URL names one. */
  get schema(): string | null {
    return this.#parts.schema;
  }

  /** The settings in force. Milliseconds. */
  getPoolConfig(): PoolSettings {
    return { ...this.#parts.settings };
  }

  /** The pool's connections now, counted by the pool itself: no statement is sent. */
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
   * Whether less than 90 % of the connections that the pool may have are open. The first answer that is false after one
   * that was true is logged as a warning.
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

  /** The gauges now and the counters since the beginning, such as for the application's own `/metrics`. */
  snapshot(): PoolSnapshot {
    return this.gauges.snapshot(this.name, this.#parts.settings.max);
  }

  /**
   * Opens `min` connections, which pg keeps but does not open before they are needed. Counts as so many acquires.
   *
   * @throws what pg throws when one cannot be opened; the others stay open
   */
  async warm(): Promise<void> {
    const missing = Math.max(0, this.#parts.settings.min - this.gauges.busy);
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
   * Writes the gauges as a line of the embedded metric format unless that was done within the last minute: for the end of a
   * Lambda invocation, as timers stand still between two.
   */
  flush(): void {
    this.#publisher?.flush();
  }

  protected override atEnd(): void {
    this.#publisher?.stop();
  }
}
