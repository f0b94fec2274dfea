import type { ValidatedPoolConfig } from './pool-config.js';
import type { Problem, ProblemValues } from './problems.js';

/** A pool to watch: its configuration, or the problem that says why there is none. */
export interface PoolEntry {
  readonly pool: string;
  /** Null when no valid definition was ever seen. */
  readonly config: ValidatedPoolConfig | null;
  /** Of the definition and its source; a last good definition may be in force beside them. */
  readonly problems: readonly Problem[];
}

/** Where definitions come from: SSM when deployed, a URL and the environment locally. */
export interface PoolSource {
  /**
   * All pools of the deployment.
   *
   * @param maxAgeMs how old an answer may be; 0 asks anew
   * @throws ProblemError when nothing can be said about any pool, so that the monitor itself is broken
   */
  pools(maxAgeMs: number): Promise<readonly PoolEntry[]>;
}

/** Further fields of a log entry. Errors are not allowed: their messages contain hosts and may quote secrets. */
export type LogFields = ProblemValues & {
  readonly timestamp?: never;
  readonly level?: never;
  readonly message?: never;
};

/** Writes one log entry. Fields are values of problems and settings: never a host, a user or a credential. */
export type Logger = (level: 'info' | 'warning' | 'error', message: string, fields?: LogFields) => void;
