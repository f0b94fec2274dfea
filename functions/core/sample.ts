import type { PoolerKind } from './poolers.js';
import type { Problem } from './problems.js';

/** The sample of one pool at one moment. A value that could not be read is null, never 0, and a problem says why. */
export interface PoolSample {
  /** Time of the sample, in milliseconds since 1970. */
  readonly takenAt: number;
  /** Duration of the check, in milliseconds. */
  readonly durationMs: number;
  /** Null if the database could not be probed. */
  readonly database: DatabaseView | null;
  /** Null if nothing is known about the pooler. */
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
  /** Process IDs of statements that earlier checks left running on the server. */
  readonly orphans: readonly string[];
  readonly role: ServerRole;
  /** Null before the first read of the facts, and if they could not be read. */
  readonly facts: ServerFacts | null;
}

/** A standby answers true to `pg_is_in_recovery()`. */
export type ServerRole = 'primary' | 'standby';

/**
 * Facts of the server that change slowly or cost more than the counts. They are read at most every 30 s, and at once when a
 * count reaches 80 % of a limit.
 */
export interface ServerFacts {
  /** When they were read, in milliseconds since 1970. */
  readonly takenAt: number;
  /**
   * The roles that `count.users` names, as far as they exist. If it names none: the roles with a CONNECTION LIMIT that have a
   * counted session. Those closest to their limit come first.
   */
  readonly roles: readonly RoleSessions[];
  /** How many names in `count.users` are no role of the server. */
  readonly missingUsers: number;
  /**
   * How many names in `count.applications` no session of the counted users has had since this process began. 0 while no
   * other session that could be the application's uses the database: the application may just not run.
   */
  readonly unseenApplications: number;
  /** Logins that take a slot but have no row in `pg_stat_activity` yet; null from PostgreSQL 18 on, where they have one. */
  readonly pendingLogins: number | null;
}

/** The sessions of one role, and its limit. */
export interface RoleSessions {
  /** CONNECTION LIMIT of the role; null if it has none or is a superuser, which is exempt. */
  readonly limit: number | null;
  /** Sessions of the role in all databases, which is what the limit counts. */
  readonly total: number;
  /** Those of them in other databases than the watched one. */
  readonly elsewhere: number;
}

/** Sessions that belong to the pool. */
export interface ConnectionCounts {
  readonly total: number;
  /** Running a query or inside a transaction; null if a session does not report its state. */
  readonly active: number | null;
  /** Idle inside a transaction, aborted ones too: part of `active`. */
  readonly idleInTransaction: number | null;
  /** Age of the oldest open transaction in milliseconds; null if none is open. */
  readonly longestTransactionMs: number | null;
  /** Client backends of the whole server, including those of the check and the platform. */
  readonly server: number;
  /** Those of them that run a query or are inside a transaction, but for this check; null if a session does not report its state. */
  readonly serverActive: number | null;
  /** Client backends of the watched database, of all users. */
  readonly database: number;
  /**
   * Sessions of the check's own user that would be counted if `sharedUser` were set: those in the watched database under
   * another application name, as far as `count` includes them. Null if the user is shared, behind a pooler, and if the check
   * does not see its own name on its own backend.
   */
  readonly ofCheckUser: number | null;
  /** Counted sessions that have been idle for longer than `idleLimitMs` of the configuration; null without that limit. */
  readonly idleTooLong: number | null;
}

/** The values from which the number of client slots is computed, as the server reports them. */
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
  /** That of the last stats that had one. @default unknown */
  readonly mode?: PoolMode | undefined;
  /** Null if there is no pooler or if its stats could not be read. */
  readonly stats: PoolerStats | null;
}

/** For how long a PgBouncer assigns a connection to a client. */
export type PoolMode = 'session' | 'transaction' | 'statement';

/** How the kind of the pooler was detected. */
export type PoolerSource = 'definition' | 'host name' | 'console' | 'backend';

/** Stats of a pooler. A value that the pooler does not report is null. */
export interface PoolerStats {
  /** When the stats were read, or the end of the period that they cover, in milliseconds since 1970. */
  readonly takenAt: number;
  /**
   * True if the stats describe the current moment. Stats from CloudWatch are minutes old and never decide a verdict alone.
   */
  readonly isLive: boolean;
  /** The pool mode of a PgBouncer. @default unknown */
  readonly mode?: PoolMode | undefined;
  /** Server connections that the pooler may open for this pool; null if unlimited or unknown. */
  readonly limit: number | null;
  /** Open server connections. */
  readonly open: number | null;
  /** Server connections assigned to a client. */
  readonly inUse: number | null;
  /** Server connections pinned to one client until it disconnects. */
  readonly pinned: number | null;
  /** Clients that wait for a connection, as the pooler counts them; never an estimate. */
  readonly waiting: number | null;
  /** How long the first waiting client has waited, in milliseconds. */
  readonly longestWaitMs: number | null;
  /** Mean time that clients waited for a connection, in milliseconds. */
  readonly borrowWaitMs: number | null;
  /** Client connections to the pooler. */
  readonly clients: number | null;
  readonly availabilityPercent: number | null;
  /** Pools of single users that have no connection for the next client: those of a PgBouncer. @default unknown */
  readonly fullPools?: number;
  /** Settings of the pooler by their own names, for details. @default none */
  readonly settings?: Readonly<Record<string, number | null>>;
}

/** The gauges of the application's own pools, summed over its instances. */
export interface AppView {
  /** End of the period that the gauges cover, in milliseconds since 1970. */
  readonly takenAt: number;
  /** Requests that wait for a connection inside the application. */
  readonly waiting: number;
}

/** Connection slots for ordinary clients. */
export function ordinarySlots({ maxConnections, superuserReserved, reserved, rdsReserved }: ServerSlots): number {
  return Math.max(0, maxConnections - superuserReserved - reserved - rdsReserved);
}
