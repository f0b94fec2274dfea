import type { Problem } from './problems.js';
import type { AppView, DatabaseView, ManagedView } from './sample.js';

/** What the database's side of a pool shows. */
export interface DatabaseReading {
  readonly database: DatabaseView | null;
  /** Whether no pooler stands between; null when there was no answer. */
  readonly isDirect: boolean | null;
  readonly problems: readonly Problem[];
}

/** What the managed pool and the application's gauges show. */
export interface ManagedReading {
  readonly managed: ManagedView | null;
  readonly app: AppView | null;
  readonly problems: readonly Problem[];
}
