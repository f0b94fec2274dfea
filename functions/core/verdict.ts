import { configuredMax, type ValidatedPoolConfig } from './pool-config.js';
import { type Problem, type ProblemCode, problem, saturatedBy } from './problems.js';
import {
  type ConnectionCounts,
  type DatabaseView,
  ordinarySlots,
  type PoolerStats,
  type PoolerView,
  type PoolSample,
} from './sample.js';

/** Utilization is `warning` from here on (percent). */
export const WARNING_PERCENT = 70;
/**
 * From here on the pool is unhealthy; above it utilization is `critical` (percent). The API promises `healthy` below 90 and
 * `critical` above 90, so at exactly 90.0 the pool is unhealthy while its utilization is still `warning`.
 */
export const CRITICAL_PERCENT = 90;

/** Failures of a probe that may mean that it got no connection. */
const NOT_SERVED: readonly ProblemCode[] = ['PROBE.TIMEOUT', 'PROBE.SLOTS_EXHAUSTED'];

export type UtilizationStatus = 'normal' | 'warning' | 'critical' | 'unknown';
export type SaturatedLayer = 'database' | 'managed' | 'app';

export interface Verdict {
  readonly status: 'healthy' | 'unhealthy';
  /** The layer that is known to be full; of several the one closest to the database, which fills the others too. */
  readonly saturatedLayer: SaturatedLayer | null;
  /** `percent` is exact and not capped; null if it is unknown. */
  readonly utilization: { readonly percent: number | null; readonly status: UtilizationStatus };
  readonly activeConnections: number | null;
  readonly idleConnections: number | null;
  readonly totalConnections: number | null;
  /** Connections that the pool can have now; null without a valid configuration. */
  readonly poolSize: number | null;
  /** Requests that wait in the pooler or in the application; null if neither counts them. */
  readonly waitingRequests: number | null;
  /** Problems of the sample, and those that follow from its numbers. */
  readonly problems: readonly Problem[];
}

/** One pool: its sample and the verdict on it. */
export interface Assessment {
  readonly pool: string;
  /** Null if there is no valid definition. */
  readonly config: ValidatedPoolConfig | null;
  readonly sample: PoolSample;
  readonly verdict: Verdict;
}

/**
 * Evaluates a sample. Pure; never throws; never `healthy` while the utilization or a count is unknown.
 *
 * @param config null if there is no valid definition
 */
export function evaluate(config: ValidatedPoolConfig | null, sample: PoolSample): Verdict {
  const connections = sample.database?.connections ?? null;
  const total = connections?.total ?? null;
  const active = connections?.active ?? null;
  const idle = total === null || active === null ? null : total - active;
  const availableSlots = sample.database ? availableSlotsOf(sample.database) : null;
  const poolSize = config && smallest([configuredMax(config), sample.pooler?.stats?.limit ?? null, availableSlots]);
  const problems = [...sample.problems, ...(config ? impliedProblems(config, sample, poolSize, availableSlots) : [])];
  const percent = total === null || !poolSize ? null : (total * 100) / poolSize;
  const full = problems.map(saturatedBy).filter((layer) => layer !== null);
  const isKnown = percent !== null && idle !== null;
  const isHealthy = isKnown && percent < CRITICAL_PERCENT && !problems.some(({ severity }) => severity === 'error');
  return {
    status: isHealthy ? 'healthy' : 'unhealthy',
    saturatedLayer: innermost(full) ?? (isAppFull(problems, percent) ? 'app' : null),
    utilization: { percent, status: utilizationStatus(percent, full.length > 0) },
    activeConnections: active,
    idleConnections: idle,
    totalConnections: total,
    poolSize,
    waitingRequests: sum([sample.pooler?.stats?.waiting ?? null, sample.app?.waiting ?? null]),
    problems,
  };
}

function innermost(full: readonly SaturatedLayer[]): SaturatedLayer | null {
  return full.includes('database') ? 'database' : (full[0] ?? null);
}

/** Requests wait inside the application, or idle transactions hold a full pool. */
function isAppFull(problems: readonly Problem[], percent: number | null): boolean {
  const isHeld = percent !== null && percent >= 100;
  return problems.some(({ code }) => code === 'APP.WAITING' || (isHeld && code === 'POOL.IDLE_IN_TRANSACTION'));
}

/**
 * How many connections this pool can have under the limits of the server and the database (CONNECTION LIMIT), open ones
 * included. Sessions of others are left out of the calculation if the check may not read them.
 */
function availableSlotsOf({ slots, connections }: DatabaseView): number {
  const others = connections ? connections.server - connections.total : 0;
  const othersHere = connections ? connections.database - connections.total : 0;
  const onServer = ordinarySlots(slots) - others;
  const inDatabase = slots.databaseLimit === null ? onServer : slots.databaseLimit - othersHere;
  return Math.max(0, Math.min(onServer, inDatabase));
}

function utilizationStatus(percent: number | null, isFull: boolean): UtilizationStatus {
  if (percent === null) {
    return isFull ? 'critical' : 'unknown';
  }
  if (percent < WARNING_PERCENT) {
    return 'normal';
  }
  return percent > CRITICAL_PERCENT ? 'critical' : 'warning';
}

function smallest(values: readonly (number | null)[]): number {
  return Math.min(...values.filter((value) => value !== null));
}

/** The sum of the known values; null if none is known. */
function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

/**
 * The problems that follow from the numbers of a sample.
 *
 * @param availableSlots null if the database could not be probed
 */
function impliedProblems(
  config: ValidatedPoolConfig,
  sample: PoolSample,
  poolSize: number | null,
  availableSlots: number | null,
): Problem[] {
  const { database, pooler, app } = sample;
  const stats = pooler?.stats ?? null;
  const connections = database?.connections ?? null;
  return [
    exceedsCeiling(config, sample),
    connections && database && availableSlots !== null
      ? databaseFull(connections, ordinarySlots(database.slots), availableSlots)
      : null,
    stats && managedFull(stats, connections, sample.problems),
    stats && pinned(stats, config.limits.pinnedPercent),
    stats && borrowWait(stats, config.limits.borrowWaitMs),
    connections && isDirect(pooler) ? aboveMax(config, connections) : null,
    connections && isDirect(pooler) ? leakSuspected(config, connections) : null,
    connections && poolSize !== null ? idleInTransaction(connections, poolSize) : null,
    app && app.waiting > 0 ? problem('APP.WAITING', { waiting: app.waiting }) : null,
  ].filter((found) => found !== null);
}

function exceedsCeiling(config: ValidatedPoolConfig, { database, pooler }: PoolSample): Problem | null {
  const ceilings = [
    database && ordinarySlots(database.slots),
    database?.slots.databaseLimit ?? null,
    pooler?.stats?.limit ?? null,
  ].filter((value) => value !== null);
  const ceiling = Math.min(...ceilings);
  return configuredMax(config) > ceiling
    ? problem('POOL.EXCEEDS_CEILING', { promised: configuredMax(config), ceiling })
    : null;
}

function databaseFull({ total, server }: ConnectionCounts, slots: number, availableSlots: number): Problem | null {
  if (total >= availableSlots) {
    return problem('DATABASE.FULL', { total, others: server - total, room: availableSlots, slots });
  }
  return server * 100 > slots * CRITICAL_PERCENT ? problem('DATABASE.NEAR_LIMIT', { server, slots }) : null;
}

/**
 * Whether the pooler is full. Live stats decide alone. Stats of CloudWatch are minutes old and need a live symptom: as many
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
  const { limit, inUse, waiting, longestWaitMs, isLive } = stats;
  const isAtLimit = limit !== null && inUse !== null && inUse >= limit;
  const isBusyNow = !isLive && limit !== null && (connections?.active ?? 0) >= limit;
  const isNotServed = problems.some(({ code }) => NOT_SERVED.includes(code));
  const isFull = (isAtLimit && (isLive || isNotServed)) || isBusyNow || (isNotServed && (waiting ?? 0) > 0);
  return isFull ? problem('MANAGED.FULL', { limit, inUse, waiting, longestWaitMs }) : null;
}

function pinned({ pinned: count, open }: PoolerStats, fromPercent: number): Problem | null {
  const isTooMuch = count !== null && count > 0 && open !== null && count * 100 >= open * fromPercent;
  return isTooMuch ? problem('MANAGED.PINNED', { pinned: count, open }) : null;
}

function borrowWait({ borrowWaitMs, longestWaitMs }: PoolerStats, fromMs: number): Problem | null {
  const waitedMs = Math.max(borrowWaitMs ?? 0, longestWaitMs ?? 0);
  return waitedMs > 0 && waitedMs >= fromMs ? problem('MANAGED.BORROW_WAIT', { borrowWaitMs, longestWaitMs }) : null;
}

/** Whether the sessions are those of the application itself. Without a sign of a pooler they are taken for that. */
function isDirect(pooler: PoolerView | null): boolean {
  return pooler === null || pooler.kind === 'none';
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
