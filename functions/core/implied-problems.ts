import { configuredMax, type UtilizationBasis, type ValidatedPoolConfig } from './pool-config.js';
import { type Problem, type ProblemCode, problem } from './problems.js';
import {
  type ConnectionCounts,
  type DatabaseView,
  ordinarySlots,
  type PoolerStats,
  type PoolerView,
  type PoolSample,
  type RoleSessions,
} from './sample.js';
import {
  CRITICAL_PERCENT,
  isDirect,
  multiplexes,
  type PoolLimit,
  poolerLimit,
  slotsLeft,
  slotsOfRole,
  WARNING_PERCENT,
} from './utilization.js';

/** Failures of a probe that may mean that it got no connection, unless it was never sent (phase `queue`). */
const NOT_SERVED: readonly ProblemCode[] = ['PROBE.TIMEOUT', 'PROBE.SLOTS_EXHAUSTED'];
/** Pinned connections are an error from this share of the pooler's limit on (percent). */
const MAX_PINNED_PERCENT = 90;

/** A sample of a pool with a valid definition, and what was computed from it. */
export interface Evaluated {
  readonly config: ValidatedPoolConfig;
  readonly sample: PoolSample;
  readonly limit: PoolLimit;
  readonly of: UtilizationBasis;
  /** Null if it is unknown. */
  readonly percent: number | null;
}

/** The problems that follow from the numbers of a sample. Pure; never throws. */
export function impliedProblems(evaluated: Evaluated): Problem[] {
  const { config, sample } = evaluated;
  const { database, pooler, app } = sample;
  const connections = database?.connections ?? null;
  return [
    database && countUnknown(config, database),
    connections && sharedUser(connections),
    exceedsCeiling(config, sample),
    ...(database && connections ? databaseProblems(evaluated, database, connections) : []),
    ...(pooler?.stats ? poolerProblems(config, sample, pooler.stats) : []),
    ...(connections ? poolProblems(evaluated, connections) : []),
    app && app.waiting > 0 ? problem('APP.WAITING', { waiting: app.waiting }) : null,
  ].filter((found) => found !== null);
}

/**
 * An error where none of the roles exists: the pool would read as empty for ever. An application without a session may be
 * scaled to zero.
 */
function countUnknown({ count }: ValidatedPoolConfig, { facts }: DatabaseView): Problem | null {
  const { missingUsers = 0, unseenApplications = 0 } = facts ?? {};
  if (missingUsers === 0 && unseenApplications === 0) {
    return null;
  }
  const severity = missingUsers === count.users?.length ? 'error' : 'warning';
  return problem('CONFIG.COUNT_UNKNOWN', { missingUsers, unseenApplications }, severity);
}

function sharedUser({ ofCheckUser, total }: ConnectionCounts): Problem | null {
  const isMost = ofCheckUser !== null && ofCheckUser > total;
  return ofCheckUser ? problem('CONFIG.SHARED_USER', { ofCheckUser, total }, isMost ? 'error' : 'warning') : null;
}

function exceedsCeiling(config: ValidatedPoolConfig, { database, pooler }: PoolSample): Problem | null {
  const ceilings = [
    database && ordinarySlots(database.slots),
    database?.slots.databaseLimit ?? null,
    poolerLimit(config, pooler),
  ].filter((value) => value !== null);
  const ceiling = Math.min(...ceilings);
  return configuredMax(config) > ceiling
    ? problem('POOL.EXCEEDS_CEILING', { promised: configuredMax(config), ceiling })
    : null;
}

function databaseProblems(
  { config, sample }: Evaluated,
  database: DatabaseView,
  connections: ConnectionCounts,
): (Problem | null)[] {
  const isAnyIdle = connections.active === null || connections.active < connections.total;
  const isIdleLeft = multiplexes(sample.pooler) && isAnyIdle;
  return [roleLimit(config, database.facts?.roles ?? [], isIdleLeft), databaseFull(database, connections)];
}

/**
 * A role that has reached its CONNECTION LIMIT. It is an error only where the pool wants more than the role can have here.
 * A limit of exactly `max` x `instances` is reached on purpose.
 *
 * @param isIdleLeft whether a pooler has idle connections of the pool to give to the next client
 */
function roleLimit(config: ValidatedPoolConfig, roles: readonly RoleSessions[], isIdleLeft: boolean): Problem | null {
  const reached = roles.flatMap((role) => {
    const { limit, total, elsewhere } = role;
    const slots = slotsOfRole(role);
    if (limit === null || slots === null || total < limit) {
      return [];
    }
    const isTooLow = config.count.users !== null && slots < configuredMax(config);
    const isError = isTooLow && (slots === 0 || !isIdleLeft);
    return [problem('POOL.ROLE_LIMIT', { limit, total, elsewhere }, isError ? 'error' : 'warning')];
  });
  return reached.find(({ severity }) => severity === 'error') ?? reached[0] ?? null;
}

/** Logins in progress take slots, but only counted sessions make the database full. */
function databaseFull(database: DatabaseView, { total, server }: ConnectionCounts): Problem | null {
  const slots = ordinarySlots(database.slots);
  const room = slotsLeft(database);
  if (total >= room) {
    return problem('DATABASE.FULL', { total, others: server - total, room, slots });
  }
  const pendingLogins = database.facts?.pendingLogins ?? 0;
  return (server + pendingLogins) * 100 > slots * CRITICAL_PERCENT
    ? problem('DATABASE.NEAR_LIMIT', { server, pendingLogins, slots })
    : null;
}

function poolerProblems({ limits }: ValidatedPoolConfig, sample: PoolSample, stats: PoolerStats): (Problem | null)[] {
  const connections = sample.database?.connections ?? null;
  return [
    managedFull(stats, connections, sample.problems),
    pinned(stats, connections, limits.pinnedPercent),
    borrowWait(stats, limits.borrowWaitMs),
  ];
}

/**
 * Whether the pooler is full, or its pool of one of the users. Live stats decide alone. Stats of CloudWatch are minutes old and need a live symptom: as many
 * active sessions on the server now as the limit, or a probe that got no connection.
 */
function managedFull(
  stats: PoolerStats,
  connections: ConnectionCounts | null,
  problems: readonly Problem[],
): Problem | null {
  if (problems.some(({ code }) => code === 'MANAGED.FULL')) {
    return null;
  }
  const { limit, inUse, waiting, longestWaitMs, fullPools = 0, isLive } = stats;
  const notServed = isNotServed(problems);
  const isAtLimit = limit !== null && inUse !== null && inUse >= limit;
  const isFull =
    fullPools > 0 ||
    (isAtLimit && (isLive || notServed || isBusy(limit, connections))) ||
    (notServed && (waiting ?? 0) > 0);
  const values = { limit, inUse, waiting, longestWaitMs, ...(fullPools > 0 && { fullPools }) };
  return isFull ? problem('MANAGED.FULL', values) : null;
}

/**
 * Whether something seen now agrees with a pooler that is full, or has nearly its whole limit pinned. Without it, stats that are
 * minutes old never make an error.
 *
 * @param limit of the pooler; null if it is unknown
 */
export function hasLiveSign(
  limit: number | null,
  connections: ConnectionCounts | null,
  problems: readonly Problem[],
): boolean {
  const isAnyLikely = limit !== null && (isBusy(limit, connections) || isMostOf(connections?.total ?? 0, limit));
  return isAnyLikely || isNotServed(problems);
}

/** Whether the probe got no connection. */
function isNotServed(problems: readonly Problem[]): boolean {
  return problems.some(({ code, values }) => NOT_SERVED.includes(code) && values.phase !== 'queue');
}

/** Whether as many sessions of the whole server are active as the pooler may open. */
function isBusy(limit: number, connections: ConnectionCounts | null): boolean {
  return (connections?.serverActive ?? 0) >= limit;
}

function isMostOf(connections: number, limit: number): boolean {
  return connections * 100 >= limit * MAX_PINNED_PERCENT;
}

/** An error where nearly the whole limit is pinned, and the sessions of the pool do not contradict stats of CloudWatch. */
function pinned(stats: PoolerStats, connections: ConnectionCounts | null, fromPercent: number): Problem | null {
  const { pinned: count, open, limit } = stats;
  if (!count || open === null || count * 100 < open * fromPercent) {
    return null;
  }
  const isNearLimit = limit !== null && isMostOf(count, limit);
  const isOpenNow = connections !== null && connections.total >= count;
  return problem('MANAGED.PINNED', { pinned: count, open, limit }, isNearLimit && isOpenNow ? 'error' : 'warning');
}

function borrowWait({ borrowWaitMs, longestWaitMs }: PoolerStats, fromMs: number): Problem | null {
  const waitedMs = Math.max(borrowWaitMs ?? 0, longestWaitMs ?? 0);
  return waitedMs > 0 && waitedMs >= fromMs ? problem('MANAGED.BORROW_WAIT', { borrowWaitMs, longestWaitMs }) : null;
}

function poolProblems(evaluated: Evaluated, connections: ConnectionCounts): (Problem | null)[] {
  const { config, sample, limit, of } = evaluated;
  const direct = isDirect(sample.pooler);
  return [
    poolFull(config, sample.pooler, connections),
    nearLimit(evaluated, connections),
    direct ? aboveMax(config, connections) : null,
    direct && of === 'open' ? leakSuspected(config, connections) : null,
    idleInTransaction(connections, limit.poolSize),
  ];
}

/** Nothing is left for the next request. A pooler that does not multiplex has the queue itself. */
function poolFull(
  config: ValidatedPoolConfig,
  pooler: PoolerView | null,
  { active, total }: ConnectionCounts,
): Problem | null {
  const max = configuredMax(config);
  const isAllActive = active !== null && active >= max && active === total;
  return isAllActive && (isDirect(pooler) || multiplexes(pooler)) ? problem('POOL.FULL', { active, max }) : null;
}

function nearLimit({ limit, of, percent }: Evaluated, { total, active }: ConnectionCounts): Problem | null {
  return percent !== null && percent >= CRITICAL_PERCENT
    ? problem('POOL.NEAR_LIMIT', { ...limit, of, total, active })
    : null;
}

function aboveMax(config: ValidatedPoolConfig, { total }: ConnectionCounts): Problem | null {
  const max = configuredMax(config);
  return total > max ? problem('POOL.ABOVE_MAX', { total, max }) : null;
}

/** More sessions than `min` keeps open have been idle for far longer than `idleTimeout`: the pool would have closed them. */
function leakSuspected(config: ValidatedPoolConfig, { total, idleTooLong }: ConnectionCounts): Problem | null {
  const min = config.settings.min * config.instances;
  return idleTooLong !== null && idleTooLong > min ? problem('POOL.LEAK_SUSPECTED', { idleTooLong, total, min }) : null;
}

/** At least half of the active connections are idle in a transaction, in a pool that is full enough for a warning. */
function idleInTransaction(connections: ConnectionCounts, poolSize: number): Problem | null {
  const { active, idleInTransaction: waiting, longestTransactionMs, total } = connections;
  const fillsPool = active !== null && active > 0 && active * 100 >= poolSize * WARNING_PERCENT;
  if (!fillsPool || waiting === null || waiting * 2 < active) {
    return null;
  }
  return problem('POOL.IDLE_IN_TRANSACTION', { idleInTransaction: waiting, active, total, longestTransactionMs });
}
