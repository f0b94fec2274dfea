import type { Problem } from './problems.js';

/** Sessions that have database, user, application and state in common. */
export interface SessionGroup {
  /** Null while a session is starting. */
  readonly database: string | null;
  readonly user: string | null;
  readonly application: string | null;
  /** In the words of `pg_stat_activity`; `unknown` where the session does not tell. */
  readonly state: string;
  readonly count: number;
  /** Age of the oldest open transaction among them, in milliseconds. */
  readonly oldestTransactionMs: number | null;
  /** How long the longest statement among them has been running, in milliseconds. */
  readonly longestQueryMs: number | null;
}

/** Who holds the connections of the server. */
export interface SessionGroupsResult {
  /** The largest groups first; null when they could not be seen. */
  readonly holders: readonly SessionGroup[] | null;
  /** Transactions that the watched database has ended since its statistics began. */
  readonly transactions: number | null;
  readonly problems: readonly Problem[];
}
