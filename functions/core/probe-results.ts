import type { Problem } from './problems.js';
import type { AppView, DatabaseView, PoolerView } from './sample.js';

/** What the database's side of a pool shows. */
export interface DatabaseProbeResult {
  readonly database: DatabaseView | null;
  /** Whether no pooler stands between; null when there was no answer. */
  readonly isDirect: boolean | null;
  readonly problems: readonly Problem[];
}

/** What the managed pool and the application's gauges show. */
export interface PoolerProbeResult {
  readonly managed: PoolerView | null;
  readonly app: AppView | null;
  readonly problems: readonly Problem[];
}
