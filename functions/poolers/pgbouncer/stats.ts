import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import type { PoolerStats, PoolMode } from '../../core/sample.js';
import type { ConsoleTables, DatabaseRow, PoolRow } from './console.js';

/** Which sessions belong to the pool, by the same rule as for the database. */
export type CountedSessions = Pick<ValidatedPoolConfig, 'database' | 'user' | 'count' | 'sharedUser' | 'limits'>;

/**
 * The stats of a pool, summed over PgBouncer's pools for the database of the pool (under every name that clients use for it)
 * and for the users that count. A value that this version of PgBouncer does not report is null. Pure; never throws.
 *
 * @param isProbing whether the check itself uses one of these pools at this moment: then the check is not counted as a
 *   waiting client, and its connection counts as idle
 * @param takenAt milliseconds since 1970
 */
export function pgbouncerStats(
  { pools, databases, maxUserConnections, settings }: ConsoleTables,
  sessions: CountedSessions,
  isProbing: boolean,
  takenAt: number,
): PoolerStats {
  const here = databases.find(({ name }) => name === sessions.database);
  const aliases = here ? databases.filter((other) => isSameDatabase(here, other)) : [];
  const names = here ? aliases.map(({ name }) => name) : [sessions.database];
  const checkUser = here?.force_user ?? sessions.user;
  const counted = pools.filter(
    ({ database, user }) => names.includes(database) && isCounted(user, checkUser, sessions),
  );

  const own = counted.find(({ database, user }) => isProbing && database === sessions.database && user === checkUser);
  const ownWaits = own?.cl_waiting ? 1 : 0;
  const ownUses = own?.sv_active && !ownWaits ? 1 : 0;
  const full = counted.filter((row) => {
    const size = smallestLimit([
      aliases.find(({ name }) => name === row.database)?.pool_size ?? null,
      maxUserConnections,
    ]);
    const others =
      row === own
        ? { ...row, sv_active: less(row.sv_active, ownUses), cl_waiting: less(row.cl_waiting, ownWaits) }
        : row;
    return isFull(others, size, sessions.limits.borrowWaitMs);
  });
  const waiting = less(total(counted, 'cl_waiting'), ownWaits);
  return {
    takenAt,
    isLive: true,
    mode: modeOf(counted),
    limit: limitOf(aliases, counted, maxUserConnections),
    open: total(counted, 'sv_active', 'sv_idle', 'sv_used', 'sv_tested', 'sv_login'),
    inUse: less(total(counted, 'sv_active'), ownUses),
    pinned: null,
    waiting,
    longestWaitMs: waiting === 0 ? 0 : longestWaitMs(counted),
    borrowWaitMs: null,
    clients: total(counted, 'cl_active', 'cl_waiting'),
    availabilityPercent: null,
    fullPools: full.length,
    settings,
  };
}

/**
 * Whether the pool of one user has nothing for the next client. While a pool grows, clients wait for some milliseconds although
 * it is below its size, so only a longer wait without a free connection is a sign.
 *
 * @param size null if it is unlimited or unknown
 */
function isFull(row: PoolRow, size: number | null, borrowWaitMs: number): boolean {
  const isAtSize = size !== null && row.sv_active !== null && row.sv_active >= size;
  const isAnyFree = total([row], 'sv_idle', 'sv_used') !== 0;
  const isWaiting = (row.cl_waiting ?? 0) > 0 && (longestWaitMs([row]) ?? 0) >= borrowWaitMs;
  return isAtSize || (isWaiting && !isAnyFree);
}

/** In session mode if any of the pools is: its clients keep a connection while they are idle. */
function modeOf(pools: readonly PoolRow[]): PoolMode | undefined {
  const modes = pools.map(({ pool_mode }) => pool_mode).filter((mode) => mode !== null);
  return modes.find((mode) => mode === 'session') ?? modes[0];
}

/** Whether both names lead to the same database of the same server. */
function isSameDatabase(a: DatabaseRow, b: DatabaseRow): boolean {
  return (
    a.name === b.name || (a.database !== null && a.database === b.database && a.host === b.host && a.port === b.port)
  );
}

/** @param checkUser the user with which the check reaches the server */
function isCounted(user: string, checkUser: string, { count, sharedUser }: CountedSessions): boolean {
  return (sharedUser || user !== checkUser) && (count.users === null || count.users.includes(user));
}

/**
 * Connections that these pools may open together: each pool as many as its database has for every user, at most
 * `max_user_connections`; the pools of one database together at most `max_db_connections`. 0 is no limit. Connections of the
 * `reserve_pool` are not included: PgBouncer opens them only for clients that have waited for seconds.
 */
function limitOf(
  databases: readonly DatabaseRow[],
  pools: readonly PoolRow[],
  maxUserConnections: number | null,
): number | null {
  const used = databases.filter(({ name }) => pools.some(({ database }) => database === name));
  const limits = used.map(({ name, pool_size, max_connections }) => {
    const each = smallestLimit([pool_size, maxUserConnections]);
    const users = pools.filter(({ database }) => database === name).length;
    return smallestLimit([each && each * users, max_connections]);
  });
  return limits.length === 0 ? null : sum(limits);
}

function smallestLimit(limits: readonly (number | null)[]): number | null {
  const real = limits.filter((limit) => limit !== null && limit > 0) as number[];
  return real.length === 0 ? null : Math.min(...real);
}

type Column = Exclude<keyof PoolRow, 'database' | 'user' | 'pool_mode'>;

function total(pools: readonly PoolRow[], ...columns: readonly Column[]): number | null {
  return sum(pools.flatMap((row) => columns.map((column) => row[column])));
}

/** Null when a term is unknown. */
function sum(terms: readonly (number | null)[]): number | null {
  return terms.reduce((whole, term) => (whole === null || term === null ? null : whole + term), 0 as number | null);
}

function less(value: number | null, own: number): number | null {
  return value === null ? null : value - own;
}

function longestWaitMs(pools: readonly PoolRow[]): number | null {
  const waits = pools.map(({ maxwait, maxwait_us }) =>
    maxwait === null ? null : maxwait * 1_000 + Math.round((maxwait_us ?? 0) / 1_000),
  );
  return waits.reduce((longest, wait) => (longest === null || wait === null ? null : Math.max(longest, wait)), 0);
}
