import { impliedProblems } from './implied-problems.js';
import type { UtilizationBasis, ValidatedPoolConfig } from './pool-config.js';
import { type Problem, problem, saturatedBy } from './problems.js';
import type { PoolSample } from './sample.js';
import {
  basisOf,
  CRITICAL_PERCENT,
  type LimitedBy,
  poolLimit,
  type UtilizationStatus,
  usedConnections,
  utilizationStatus,
} from './utilization.js';

export type SaturatedLayer = 'database' | 'managed' | 'app';

export interface Utilization {
  /** What is used: open connections, or only those in use. Null without a valid configuration. */
  readonly of: UtilizationBasis | null;
  /** Exact and not capped; null if it is unknown. */
  readonly percent: number | null;
  readonly status: UtilizationStatus;
}

export interface Verdict {
  readonly status: 'healthy' | 'unhealthy';
  /** The layer that is known to be full; of several the one closest to the database, which fills the others too. */
  readonly saturatedLayer: SaturatedLayer | null;
  readonly utilization: Utilization;
  readonly activeConnections: number | null;
  readonly idleConnections: number | null;
  readonly totalConnections: number | null;
  /** Connections that the pool can have now; null without a valid configuration. */
  readonly poolSize: number | null;
  /** The layer whose limit is `poolSize`; null with it. */
  readonly limitedBy: LimitedBy | null;
  /** Requests that wait in the pooler or in the application; null if neither counts them. */
  readonly waitingRequests: number | null;
  /** Problems of the sample, and those that follow from its numbers. At least one is an error if the pool is unhealthy. */
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
  const limit = config && poolLimit(config, sample);
  const of = config && basisOf(config, sample.pooler);
  const used = of && usedConnections(of, sample);
  const percent = used === null || !limit?.poolSize ? null : (used * 100) / limit.poolSize;
  const found = [
    ...sample.problems,
    ...(config && limit && of ? impliedProblems({ config, sample, limit, of, percent }) : []),
  ];
  const isKnown = percent !== null && idle !== null;
  const problems = isKnown || found.some(isError) ? found : [...found, unknownBecause(config, sample)];
  const full = problems.map(saturatedBy).filter((layer) => layer !== null);
  const isHealthy = isKnown && percent < CRITICAL_PERCENT && !problems.some(isError);
  return {
    status: isHealthy ? 'healthy' : 'unhealthy',
    saturatedLayer: innermost(full) ?? (isAppFull(problems, percent, active) ? 'app' : null),
    utilization: { of, percent, status: utilizationStatus(percent, full.length > 0) },
    activeConnections: active,
    idleConnections: idle,
    totalConnections: total,
    poolSize: limit?.poolSize ?? null,
    limitedBy: limit?.limitedBy ?? null,
    waitingRequests: sum([sample.pooler?.stats?.waiting ?? null, sample.app?.waiting ?? null]),
    problems,
  };
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

/** The error for values that are missing without one. The probes report theirs; this only keeps the promise that one is there. */
function unknownBecause(config: ValidatedPoolConfig | null, { database }: PoolSample): Problem {
  if (config === null) {
    return problem('CONFIG.MISSING');
  }
  return database ? problem('PROBE.PRIVILEGE') : problem('PROBE.QUERY', { reason: 'no result' });
}

function innermost(full: readonly SaturatedLayer[]): SaturatedLayer | null {
  return full.includes('database') ? 'database' : (full[0] ?? null);
}

/** All its connections are in use, requests wait inside it, or what it holds without using it fills the pool. */
function isAppFull(problems: readonly Problem[], percent: number | null, active: number | null): boolean {
  const isHeld = percent !== null && percent >= 100;
  return problems.some(
    ({ code }) =>
      code === 'POOL.FULL' ||
      code === 'APP.WAITING' ||
      (isHeld && code === 'POOL.IDLE_IN_TRANSACTION') ||
      (isHeld && code === 'POOL.LEAK_SUSPECTED' && active === 0),
  );
}

/** The sum of the known values; null if none is known. */
function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}
