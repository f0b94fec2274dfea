import type { PoolerKind } from './poolers.js';
import type { Problem } from './problems.js';

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
  /** Null before anything is known about it. */
  readonly pooler: PoolerView | null;
  /** Null where the application publishes no gauges. */
  readonly app: AppView | null;
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

/** What stands between the application and the server, and what it tells about itself. */
export interface PoolerView {
  readonly kind: PoolerKind;
  readonly source: PoolerSource;
  /** Null where there is no managed pool, or it could not be asked. */
  readonly stats: PoolerStats | null;
}

/** How it was found out what stands between. */
export type PoolerSource = 'definition' | 'host name' | 'console' | 'backend';

/** Figures of a managed pool. What it does not count, or has no datapoint for, is null. */
export interface PoolerStats {
  /** When they were read, or the end of the period they are of, in milliseconds since 1970. */
  readonly takenAt: number;
  /** Whether they are of this very moment. Those of CloudWatch are minutes old and never decide a verdict alone. */
  readonly isLive: boolean;
  /** Connections to the server that it may open for this pool; null when unlimited or not known. */
  readonly limit: number | null;
  /** Connections to the server that are open. */
  readonly open: number | null;
  /** Of those, given to a client now. */
  readonly inUse: number | null;
  /** Of those, bound to one client until it leaves. */
  readonly pinned: number | null;
  /** Clients that wait for a connection, as it counts them itself; an estimate has no place here. */
  readonly waiting: number | null;
  /** How long the first of them has waited, in milliseconds. */
  readonly longestWaitMs: number | null;
  /** How long clients waited on average to be given a connection, in milliseconds. */
  readonly borrowWaitMs: number | null;
  /** Connections of clients to it. */
  readonly clients: number | null;
  readonly availabilityPercent: number | null;
  /** How it is set up, in its own words, for details. @default not told */
  readonly settings?: Readonly<Record<string, number | null>>;
}

/** The application's view, from the gauges of its own pools, summed over its instances. */
export interface AppView {
  /** End of the period they are of, in milliseconds since 1970. */
  readonly takenAt: number;
  /** Requests that wait for a connection inside the application. */
  readonly waiting: number;
}

/** Slots that ordinary clients can use. */
export function ordinarySlots({ maxConnections, superuserReserved, reserved, rdsReserved }: ServerSlots): number {
  return Math.max(0, maxConnections - superuserReserved - reserved - rdsReserved);
}
