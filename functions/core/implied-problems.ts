import { configuredMax, type ValidatedPoolConfig } from './pool-config.js';
import { type Problem, type ProblemCode, problem } from './problems.js';
import { type ConnectionCounts, ordinarySlots, type PoolerStats, type PoolSample } from './sample.js';

/**
 * The problems that the numbers of a sample imply. Pure; never throws.
 *
 * @param poolSize what the pool can have now
 * @param room what the server leaves for it; null when the database was not seen
 */
export function impliedProblems(
  config: ValidatedPoolConfig,
  sample: PoolSample,
  poolSize: number | null,
  room: number | null,
): Problem[] {
  const { database, pooler, app } = sample;
  const figures = pooler?.stats ?? null;
  const connections = database?.connections ?? null;
  return [
    exceedsCeiling(config, sample),
    connections && database && room !== null ? databaseFull(connections, ordinarySlots(database.slots), room) : null,
    figures && managedFull(figures, connections, sample.problems),
    figures && pinned(figures, config.limits.pinnedPercent),
    figures && borrowWait(figures, config.limits.borrowWaitMs),
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

function databaseFull({ total, server }: ConnectionCounts, slots: number, room: number): Problem | null {
  if (total >= room) {
    return problem('DATABASE.FULL', { total, others: server - total, room, slots });
  }
  return server * 100 > slots * NEAR_LIMIT_PERCENT ? problem('DATABASE.NEAR_LIMIT', { server, slots }) : null;
}

const NEAR_LIMIT_PERCENT = 90;

/** Ways in which a probe fails because it was given no connection. */
const NOT_SERVED: readonly ProblemCode[] = ['PROBE.TIMEOUT', 'PROBE.SLOTS_EXHAUSTED'];

/**
 * Whether the managed pool is full. Figures of the moment tell by themselves. Those of CloudWatch are minutes old and need
 * a live witness: so many sessions busy at the server now, or a probe that is not served.
 */
function managedFull(
  figures: PoolerStats,
  connections: ConnectionCounts | null,
  problems: readonly Problem[],
): Problem | null {
  if (problems.some(({ code }) => code === 'MANAGED.FULL')) {
    return null;
  }
  const { limit, inUse, waiting, longestWaitMs, isLive } = figures;
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

/** Most of what is busy, in a pool that is at least in its warning band, waits inside a transaction. */
function idleInTransaction(connections: ConnectionCounts, poolSize: number): Problem | null {
  const { active, idleInTransaction: waiting, longestTransactionMs, total } = connections;
  const fillsPool = active !== null && active > 0 && active * 100 >= poolSize * FILLED_PERCENT;
  if (!fillsPool || waiting === null || waiting * 2 < active) {
    return null;
  }
  return problem('POOL.IDLE_IN_TRANSACTION', { idleInTransaction: waiting, active, total, longestTransactionMs });
}

const FILLED_PERCENT = 70;
