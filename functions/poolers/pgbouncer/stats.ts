import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import type { PoolerStats } from '../../core/sample.js';
import type { ConsoleTables, DatabaseRow, PoolRow } from './console.js';

/** Whose pools are looked at, as the database's side counts sessions. */
export type Watched = Pick<ValidatedPoolConfig, 'database' | 'user' | 'count' | 'sharedUser'>;

/**
 * The figures of a pool, summed over PgBouncer's pools for the watched database (under whatever names clients call it) and
 * for the users that count. What a version does not tell is null. Pure; never throws.
 *
 * @param isAsking whether the check itself is inside one of these pools at this moment: it is none of the waiting clients,
 *   and the connection that it was given counts as idle
 * @param takenAt milliseconds since 1970
 */
export function pgbouncerStats(
  { pools, databases, perUser, settings }: ConsoleTables,
  watched: Watched,
  isAsking: boolean,
  takenAt: number,
): PoolerStats {
  const here = databases.find(({ name }) => name === watched.database);
  const doors = here ? databases.filter((other) => leadToOne(here, other)) : [];
  const names = here ? doors.map(({ name }) => name) : [watched.database];
  const me = here?.force_user ?? watched.user;
  const counted = pools.filter(({ database, user }) => names.includes(database) && isCounted(user, me, watched));

  const own = counted.find(({ database, user }) => isAsking && database === watched.database && user === me);
  const ownWaits = own?.cl_waiting ? 1 : 0;
  const ownUses = own?.sv_active && !ownWaits ? 1 : 0;
  const waiting = less(total(counted, 'cl_waiting'), ownWaits);
  return {
    takenAt,
    isLive: true,
    limit: limitOf(doors, counted, perUser),
    open: total(counted, 'sv_active', 'sv_idle', 'sv_used', 'sv_tested', 'sv_login'),
    inUse: less(total(counted, 'sv_active'), ownUses),
    pinned: null,
    waiting,
    longestWaitMs: waiting === 0 ? 0 : longestWaitMs(counted),
    borrowWaitMs: null,
    clients: total(counted, 'cl_active', 'cl_waiting'),
    availabilityPercent: null,
    settings,
  };
}

function leadToOne(a: DatabaseRow, b: DatabaseRow): boolean {
  return (
    a.name === b.name || (a.database !== null && a.database === b.database && a.host === b.host && a.port === b.port)
  );
}

/** @param me as whom the check is known to the server */
function isCounted(user: string, me: string, { count, sharedUser }: Watched): boolean {
  return (sharedUser || user !== me) && (count.users === null || count.users.includes(user));
}

/**
 * Connections that these pools may have together: each the size that its database has for every user, at most
 * `max_user_connections`, and those of a database together at most `max_db_connections`. 0 is no limit. Not counted are the
 * `reserve_pool` connections: only who has waited for seconds is given one.
 */
function limitOf(doors: readonly DatabaseRow[], pools: readonly PoolRow[], perUser: number | null): number | null {
  const used = doors.filter(({ name }) => pools.some(({ database }) => database === name));
  const limits = used.map(({ name, pool_size, max_connections }) => {
    const each = smallestLimit([pool_size, perUser]);
    const users = pools.filter(({ database }) => database === name).length;
    return smallestLimit([each && each * users, max_connections]);
  });
  return limits.length === 0 ? null : sum(limits);
}

function smallestLimit(limits: readonly (number | null)[]): number | null {
  const real = limits.filter((limit) => limit !== null && limit > 0) as number[];
  return real.length === 0 ? null : Math.min(...real);
}

type Column = Exclude<keyof PoolRow, 'database' | 'user'>;

function total(pools: readonly PoolRow[], ...columns: readonly Column[]): number | null {
  return sum(pools.flatMap((row) => columns.map((column) => row[column])));
}

/** Null when a term is not known. */
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
