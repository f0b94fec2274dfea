import type { Problem } from './problem.js';

/**
 * What was seen of one pool at one moment. Everything that could not be seen is null, with a problem that says why;
 * nothing here is ever 0 for unknown.
 */
export interface PoolSample {
  /** When the numbers were read, in milliseconds since 1970. */
  readonly takenAt: number;
  /** How long the check took, in milliseconds. */
  readonly durationMs: number;
  /** Null when the probe could not see the database. */
  readonly database: DatabaseView | null;
  /** Null where there is no managed pool or it was not asked. */
  readonly managed: ManagedView | null;
  readonly problems: readonly Problem[];
}

/** The database's view, from `pg_stat_activity`. */
export interface DatabaseView {
  /** Null when sessions of others are hidden from the check. */
  readonly connections: ConnectionCounts | null;
  readonly slots: ServerSlots;
  /** `server_version_num`, such as 180004. */
  readonly serverVersion: number;
  /** Process ids of statements of earlier checks that still run on the server although nobody waits for them. */
  readonly orphans: readonly string[];
}

/** Sessions of the pool, as the contract counts them. */
export interface ConnectionCounts {
  readonly total: number;
  /** Executing or inside a transaction; null when some session does not report its state. */
  readonly active: number | null;
  /** Idle inside a transaction, aborted ones too: part of `active`. */
  readonly idleInTransaction: number | null;
  /** Age of the oldest open transaction in milliseconds, null when there is none. */
  readonly longestTransactionMs: number | null;
  /** Client backends of the whole server, the check's own and the platform's too. */
  readonly server: number;
  /** Client backends of the watched database, whoever they belong to. */
  readonly database: number;
}

/** The terms of what the server can give, each as the server reports it. */
export interface ServerSlots {
  readonly maxConnections: number;
  readonly superuserReserved: number;
  /** `reserved_connections`, from 16 on; 0 before. */
  readonly reserved: number;
  /** `rds.rds_superuser_reserved_connections`; 0 outside RDS. */
  readonly rdsReserved: number;
  /** CONNECTION LIMIT of the watched database, null when it has none. */
  readonly databaseLimit: number | null;
}

/** The managed pool's view. */
export interface ManagedView {
  /** Connections it can open for this pool; null when unlimited or not known. */
  readonly limit: number | null;
  /** Requests that wait inside it; null where it does not count them. */
  readonly waiting: number | null;
}

/** Slots that ordinary clients can use. */
export function ordinarySlots({ maxConnections, superuserReserved, reserved, rdsReserved }: ServerSlots): number {
  return Math.max(0, maxConnections - superuserReserved - reserved - rdsReserved);
}
