import { promised, type ValidatedPoolConfig } from './config.js';
import { type Problem, problem, saturatedBy } from './problem.js';
import { type DatabaseView, ordinarySlots, type PoolSample } from './sample.js';

/** Percent from which on utilization is `warning`, and the pool unhealthy respectively `critical`. */
export const WARNING_PERCENT = 70;
export const CRITICAL_PERCENT = 90;

export type UtilizationStatus = 'normal' | 'warning' | 'critical' | 'unknown';

export interface Verdict {
  readonly status: 'healthy' | 'unhealthy';
  /** The layer that is known to be full. */
  readonly saturatedLayer: 'managed' | 'database' | null;
  /** `percent` is exact and not capped; null when it is not known. */
  readonly utilization: { readonly percent: number | null; readonly status: UtilizationStatus };
  readonly activeConnections: number | null;
  readonly idleConnections: number | null;
  readonly totalConnections: number | null;
  /** What the pool can really have now; null without a valid configuration. */
  readonly poolSize: number | null;
  readonly waitingRequests: number | null;
  /** Those of the sample and those the numbers imply. */
  readonly problems: readonly Problem[];
}

/**
 * Judges what was seen. Pure; never throws; never `healthy` when the utilization or any count is unknown.
 *
 * @param config null when there is no valid definition
 */
export function judge(config: ValidatedPoolConfig | null, sample: PoolSample): Verdict {
  const connections = sample.database?.connections ?? null;
  const total = connections?.total ?? null;
  const active = connections?.active ?? null;
  const idle = total === null || active === null ? null : total - active;
  const room = sample.database ? roomFor(sample.database) : null;
  const poolSize = config && smallest([promised(config), sample.managed?.limit ?? null, room]);
  const problems = [...sample.problems, ...impliedProblems(config, sample, poolSize, room)];
  const saturatedLayer = problems.map(saturatedBy).find((layer) => layer !== null) ?? null;
  const percent = total === null || !poolSize ? null : (total * 100) / poolSize;
  const isKnown = percent !== null && idle !== null;
  const isHealthy = isKnown && percent < CRITICAL_PERCENT && !problems.some(({ severity }) => severity === 'error');
  return {
    status: isHealthy ? 'healthy' : 'unhealthy',
    saturatedLayer,
    utilization: { percent, status: utilizationStatus(percent, saturatedLayer !== null) },
    activeConnections: active,
    idleConnections: idle,
    totalConnections: total,
    poolSize,
    waitingRequests: sample.managed?.waiting ?? null,
    problems,
  };
}

/**
 * Connections of this pool that the server (or a CONNECTION LIMIT of the database) leaves room for, open ones included.
 * Without the right to see other sessions it is what there would be without them.
 */
function roomFor({ slots, connections }: DatabaseView): number {
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

function impliedProblems(
  config: ValidatedPoolConfig | null,
  { database, managed }: PoolSample,
  poolSize: number | null,
  room: number | null,
): Problem[] {
  const problems: Problem[] = [];
  const slots = database ? ordinarySlots(database.slots) : null;
  const ceiling = smallest([slots, database?.slots.databaseLimit ?? null, managed?.limit ?? null]);
  if (config && ceiling !== null && promised(config) > ceiling) {
    problems.push(problem('POOL.EXCEEDS_CEILING', { promised: promised(config), ceiling }));
  }
  const connections = database?.connections;
  if (!connections || slots === null || room === null) {
    return problems;
  }
  if (connections.total >= room) {
    problems.push(problem('DATABASE.FULL', { total: connections.total, room, server: connections.server, slots }));
  } else if (connections.server * 100 > slots * CRITICAL_PERCENT) {
    problems.push(problem('DATABASE.NEAR_LIMIT', { server: connections.server, slots }));
  }
  const { active, idleInTransaction } = connections;
  const fillsPool = active !== null && poolSize !== null && active * 100 >= poolSize * WARNING_PERCENT;
  if (fillsPool && idleInTransaction !== null && idleInTransaction * 2 >= active && active > 0) {
    const { longestTransactionMs } = connections;
    problems.push(problem('POOL.IDLE_IN_TRANSACTION', { idleInTransaction, active, longestTransactionMs }));
  }
  return problems;
}

function smallest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}
