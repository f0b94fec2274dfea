import type { Datapoints } from './metrics.js';
import type { ValidatedPoolConfig } from './pool-config.js';
import type { Problem, ProblemValues } from './problems.js';
import type { AppView, DatabaseView, PoolerView } from './sample.js';

/** What the monitor gets from outside: pools to check, results of probes, a place for metrics, and a log. */

/** A pool to check: its configuration, or the problem that explains why there is none. */
export interface PoolEntry {
  readonly pool: string;
  /** Null if the pool never had a valid definition. */
  readonly config: ValidatedPoolConfig | null;
  /** Problems of the definition and its source; the last valid definition may be in force all the same. */
  readonly problems: readonly Problem[];
}

/** Where definitions come from: SSM when deployed, a URL and environment variables locally. */
export interface PoolSource {
  /**
   * All pools of the deployment.
   *
   * @param maxAgeMs how old a cached answer may be, in milliseconds; 0 reads the source again
   * @throws ProblemError when nothing is known about any pool, which means that the monitor itself is broken
   */
  pools(maxAgeMs: number): Promise<readonly PoolEntry[]>;
}

/** Result of a probe of the database. */
export interface DatabaseProbeResult {
  readonly database: DatabaseView | null;
  /** Whether the connection goes straight to PostgreSQL, without a pooler; null without an answer. */
  readonly isDirect: boolean | null;
  readonly problems: readonly Problem[];
}

/** Result of a probe of the pooler and of the application's gauges. */
export interface PoolerProbeResult {
  readonly managed: PoolerView | null;
  readonly app: AppView | null;
  readonly problems: readonly Problem[];
}

/** Delivers metrics. Never throws: a failed delivery is a problem, and its datapoints are not lost. */
export type Publish = (metrics: readonly Datapoints[]) => Promise<readonly Problem[]>;

/** Further fields of a log entry. Errors are not allowed: their messages contain hosts and may quote secrets. */
export type LogFields = ProblemValues & {
  readonly timestamp?: never;
  readonly level?: never;
  readonly message?: never;
};

/** Writes one log entry. Fields are values of problems and settings: never a host, a user or a credential. */
export type Logger = (level: 'info' | 'warning' | 'error', message: string, fields?: LogFields) => void;
