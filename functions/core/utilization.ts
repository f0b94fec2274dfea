import { configuredMax, type UtilizationBasis, type ValidatedPoolConfig } from './pool-config.js';
import { POOLERS } from './poolers.js';
import { type DatabaseView, ordinarySlots, type PoolerView, type PoolSample, type RoleSessions } from './sample.js';

/** What the pool can have, how much of it is used, and what that percentage means. */

/** Utilization is `warning` from here on (percent). */
export const WARNING_PERCENT = 70;
/**
 * From here on the pool is unhealthy; above it utilization is `critical` (percent). The API promises `healthy` below 90 and
 * `critical` above 90, so at exactly 90.0 the pool is unhealthy while its utilization is still `warning`.
 */
export const CRITICAL_PERCENT = 90;

export type UtilizationStatus = 'normal' | 'warning' | 'critical' | 'unknown';

/** The layer whose limit is `poolSize`. */
export type LimitedBy = 'app' | 'managed' | 'database';

export interface PoolLimit {
  /** Connections that the pool can have now, open ones included. */
  readonly poolSize: number;
  readonly limitedBy: LimitedBy;
}

/** The smallest of the limits that are known; on a tie the application's, then the pooler's. */
export function poolLimit(config: ValidatedPoolConfig, { pooler, database }: PoolSample): PoolLimit {
  const limits: readonly (readonly [LimitedBy, number | null])[] = [
    ['managed', poolerLimit(config, pooler)],
    ['database', database && Math.max(0, Math.min(slotsLeft(database), roleSlots(config, database)))],
  ];
  const app: PoolLimit = { poolSize: configuredMax(config), limitedBy: 'app' };
  return limits.reduce(
    (smallest, [limitedBy, limit]) =>
      limit !== null && limit < smallest.poolSize ? { poolSize: limit, limitedBy } : smallest,
    app,
  );
}

/** What the pooler reports, otherwise what the definition says about a pooler that cannot be queried. */
export function poolerLimit({ managed }: ValidatedPoolConfig, pooler: PoolerView | null): number | null {
  const written = managed && 'size' in managed ? managed.size : undefined;
  return pooler?.stats?.limit ?? written ?? null;
}

/**
 * How many connections this pool can have under the limits of the server and the database (CONNECTION LIMIT), open ones
 * included; never negative. Sessions of others are left out of the calculation if the check may not read them.
 */
export function slotsLeft({ slots, connections }: DatabaseView): number {
  const others = connections ? connections.server - connections.total : 0;
  const othersHere = connections ? connections.database - connections.total : 0;
  const onServer = ordinarySlots(slots) - others;
  const inDatabase = slots.databaseLimit === null ? onServer : slots.databaseLimit - othersHere;
  return Math.max(0, Math.min(onServer, inDatabase));
}

/** What a role can have in the watched database under its CONNECTION LIMIT; null if it has none. */
export function slotsOfRole({ limit, elsewhere }: RoleSessions): number | null {
  return limit === null ? null : Math.max(0, limit - elsewhere);
}

/** The same for all counted roles together. Unlimited if one of them is, and if the definition names no roles. */
function roleSlots({ count }: ValidatedPoolConfig, { facts }: DatabaseView): number {
  const each = count.users && facts ? facts.roles.map(slotsOfRole) : [];
  return each.length === 0 ? Number.POSITIVE_INFINITY : each.reduce(add, 0);
}

function add(sum: number, slots: number | null): number {
  return sum + (slots ?? Number.POSITIVE_INFINITY);
}

/** Whether the sessions are those of the application itself. Without a sign of a pooler they are taken for that. */
export function isDirect(pooler: PoolerView | null): boolean {
  return pooler === null || pooler.kind === 'none';
}

/**
 * Whether the pooler is known to give a connection to another client after each transaction or statement. In an unknown mode it
 * may be in session mode, where idle connections belong to clients: to count only those in use would hide a leak.
 */
export function multiplexes(pooler: PoolerView | null): boolean {
  const isKnownMode = pooler?.mode === 'transaction' || pooler?.mode === 'statement';
  return pooler !== null && (POOLERS[pooler.kind].multiplexes || isKnownMode);
}

/**
 * What utilization is a percentage of. A pooler that multiplexes keeps idle connections open for all its clients, so they are
 * not used.
 */
export function basisOf({ utilization }: ValidatedPoolConfig, pooler: PoolerView | null): UtilizationBasis {
  return utilization ?? (multiplexes(pooler) ? 'active' : 'open');
}

/** Connections that are used; null if that is unknown. */
export function usedConnections(of: UtilizationBasis, { database, pooler }: PoolSample): number | null {
  const connections = database?.connections ?? null;
  if (connections === null || of === 'open') {
    return connections?.total ?? null;
  }
  // A pooler that is queried live also knows of clients that hold a connection between two statements.
  const assigned = pooler?.stats?.isLive ? (pooler.stats.inUse ?? 0) : 0;
  return connections.active === null ? null : Math.max(connections.active, assigned);
}

export function utilizationStatus(percent: number | null, isFull: boolean): UtilizationStatus {
  if (percent === null) {
    return isFull ? 'critical' : 'unknown';
  }
  if (percent < WARNING_PERCENT) {
    return 'normal';
  }
  return percent > CRITICAL_PERCENT ? 'critical' : 'warning';
}
