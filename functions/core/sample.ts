import type { PoolerKind } from './poolers.js';
import type { Problem } from './problems.js';

/** One pool at one moment. A value that could not be read is null, with a problem that explains why; it is never 0. */
export interface PoolSample {
  /** Time of the sample, in milliseconds since 1970. */
  readonly takenAt: number;
  /** Duration of the check, in milliseconds. */
  readonly durationMs: number;
  /** Null if the database could not be probed. */
  readonly database: DatabaseView | null;
  /** Null before anything is known about it. */
  readonly pooler: PoolerView | null;
  /** Null if the application publishes no gauges. */
  readonly app: AppView | null;
  readonly problems: readonly Problem[];
}

/** The database's view, from `pg_stat_activity`. */
export interface DatabaseView {
  /** Null if the check may not read other sessions. */
  readonly connections: ConnectionCounts | null;
  readonly slots: ServerSlots;
  /** `server_version_num`, such as 180004. */
  readonly serverVersion: number;
  /** Process ids of statements of earlier checks that still run on the server although their clients are gone. */
  readonly orphans: readonly string[];
}

/** Sessions of the pool, as the contract counts them. */
export interface ConnectionCounts {
  readonly total: number;
  /** Sessions that run a query or have an open transaction; null if a session does not report its state. */
  readonly active: number | null;
  /** Idle inside a transaction, aborted ones too: part of `active`. */
  readonly idleInTransaction: number | null;
  /** Age of the oldest open transaction in milliseconds, null when there is none. */
  readonly longestTransactionMs: number | null;
  /** Client backends of the whole server, including those of the check and of the platform. */
  readonly server: number;
  /** All client backends of the pool's database. */
  readonly database: number;
}

/** The terms of the server's connection limit, as the server reports them. */
export interface ServerSlots {
  readonly maxConnections: number;
  readonly superuserReserved: number;
  /** `reserved_connections`, from 16 on; 0 before. */
  readonly reserved: number;
  /** `rds.rds_superuser_reserved_connections`; 0 outside RDS. */
  readonly rdsReserved: number;
  /** CONNECTION LIMIT of the pool's database; null if it has none. */
  readonly databaseLimit: number | null;
}

/** The pooler between the application and the server, and its stats. */
export interface PoolerView {
  readonly kind: PoolerKind;
  readonly source: PoolerSource;
  /** Null if there is no pooler, or its stats could not be read. */
  readonly stats: PoolerStats | null;
}

/** How the kind was detected. */
export type PoolerSource = 'definition' | 'host name' | 'console' | 'backend';

/** Stats of a pooler. A value that it does not count, or has no datapoint for, is null. */
export interface PoolerStats {
  /** When the stats were read, or the end of their period, in milliseconds since 1970. */
  readonly takenAt: number;
  /** Whether the stats are current. Those of CloudWatch are minutes old and never decide a verdict alone. */
  readonly isLive: boolean;
  /** Connections to the server that the pooler may open for this pool; null if unlimited or unknown. */
  readonly limit: number | null;
  /** Open connections to the server. */
  readonly open: number | null;
  /** Open connections that a client uses now. */
  readonly inUse: number | null;
  /** Open connections that are bound to one client until it disconnects. */
  readonly pinned: number | null;
  /** Clients that wait for a connection, as the pooler counts them; never an estimate. */
  readonly waiting: number | null;
  /** How long the first of these clients has waited, in milliseconds. */
  readonly longestWaitMs: number | null;
  /** Mean wait of clients for a connection, in milliseconds. */
  readonly borrowWaitMs: number | null;
  /** Connections of clients to the pooler. */
  readonly clients: number | null;
  readonly availabilityPercent: number | null;
  /** Settings of the pooler under its own names, for details. @default unknown */
  readonly settings?: Readonly<Record<string, number | null>>;
}

/** The gauges of the application's own pools, summed over its instances. */
export interface AppView {
  /** End of the period of the gauges, in milliseconds since 1970. */
  readonly takenAt: number;
  /** Requests that wait for a connection inside the application. */
  readonly waiting: number;
}

/** Connection slots for ordinary clients. */
export function ordinarySlots({ maxConnections, superuserReserved, reserved, rdsReserved }: ServerSlots): number {
  return Math.max(0, maxConnections - superuserReserved - reserved - rdsReserved);
}
