import type { ValidatedPoolConfig } from './pool-config.js';
import type { Problem } from './problems.js';

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
