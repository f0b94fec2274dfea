import { impliedProblems } from './implied-problems.js';
import { configuredMax, type ValidatedPoolConfig } from './pool-config.js';
import { type Problem, saturatedBy } from './problems.js';
import { type DatabaseView, ordinarySlots, type PoolSample } from './sample.js';

/** Percent from which on utilization is `warning`, and the pool unhealthy respectively `critical`. */
export const WARNING_PERCENT = 70;
export const CRITICAL_PERCENT = 90;

export type UtilizationStatus = 'normal' | 'warning' | 'critical' | 'unknown';
export type SaturatedLayer = 'database' | 'managed' | 'app';

export interface Verdict {
  readonly status: 'healthy' | 'unhealthy';
  /** The layer that is known to be full; the innermost of several, since it fills those before it. */
  readonly saturatedLayer: SaturatedLayer | null;
  /** `percent` is exact and not capped; null when it is not known. */
  readonly utilization: { readonly percent: number | null; readonly status: UtilizationStatus };
  readonly activeConnections: number | null;
  readonly idleConnections: number | null;
  readonly totalConnections: number | null;
  /** What the pool can really have now; null without a valid configuration. */
  readonly poolSize: number | null;
  /** In the managed pool and in the application, where they are counted. */
  readonly waitingRequests: number | null;
  /** Those of the sample and those the numbers imply. */
  readonly problems: readonly Problem[];
}

/**
 * Judges what was seen. Pure; never throws; never `healthy` when the utilization or any count is unknown.
 *
 * @param config null when there is no valid definition
 */
export function evaluate(config: ValidatedPoolConfig | null, sample: PoolSample): Verdict {
  const connections = sample.database?.connections ?? null;
  const total = connections?.total ?? null;
  const active = connections?.active ?? null;
  const idle = total === null || active === null ? null : total - active;
  const room = sample.database ? roomFor(sample.database) : null;
  const poolSize = config && smallest([configuredMax(config), sample.pooler?.stats?.limit ?? null, room]);
  const problems = [...sample.problems, ...(config ? impliedProblems(config, sample, poolSize, room) : [])];
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

/** Requests wait inside the application, or transactions that do nothing hold all there is. */
function isAppFull(problems: readonly Problem[], percent: number | null): boolean {
  const isHeld = percent !== null && percent >= 100;
  return problems.some(({ code }) => code === 'APP.WAITING' || (isHeld && code === 'POOL.IDLE_IN_TRANSACTION'));
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

function smallest(values: readonly (number | null)[]): number {
  return Math.min(...values.filter((value) => value !== null));
}

/** Of what is known; null when nothing is. */
function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}
