import { type PoolSettings, SETTING_NAMES } from './pool-settings.js';
import { type PublicProblem, toPublic } from './problems.js';
import { type AppView, type DatabaseView, ordinarySlots, type PoolerView } from './sample.js';
import type { Assessment, SaturatedLayer, UtilizationStatus } from './verdict.js';

/** The JSON of `GET /health/pool`. Nothing in it names a host, a user or a query. */
export interface PoolReport {
  readonly status: 'healthy' | 'unhealthy';
  readonly metrics: {
    readonly activeConnections: number | null;
    readonly idleConnections: number | null;
    readonly waitingRequests: number | null;
    readonly totalConnections: number | null;
    readonly poolSize: number | null;
  };
  /** Values are null when there is no valid definition. */
  readonly config: { readonly [Name in keyof PoolSettings]: number | null };
  readonly utilization: { readonly percent: number | null; readonly status: UtilizationStatus };
  /** When the sample was taken, ISO 8601. */
  readonly timestamp: string;
  readonly pool: string;
  /** Null before anything is known about it. */
  readonly managedPool: ManagedPoolReport | null;
  /** Null when the database was not seen. */
  readonly database: DatabaseReport | null;
  /** Null where the application publishes no gauges. */
  readonly app: AppReport | null;
  readonly saturatedLayer: SaturatedLayer | null;
  readonly problems: readonly PublicProblem[];
  readonly ageMs: number;
  /** Only with several pools in one deployment. */
  readonly pools?: readonly PoolSummary[];
}

/** The managed pool; its numbers are null where it does not tell them. */
export interface ManagedPoolReport {
  readonly kind: PoolerView['kind'];
  /** How the kind was found out. */
  readonly source: PoolerView['source'];
  /** Connections to the server that it may open for this pool; null when unlimited too. */
  readonly size: number | null;
  readonly inUse: number | null;
  readonly waiting: number | null;
  /** How long the first of those has waited, in milliseconds. */
  readonly longestWaitMs: number | null;
  /** How long clients waited on average to be given a connection, in milliseconds. */
  readonly borrowWaitMs: number | null;
  /** Connections bound to one client until it leaves. */
  readonly pinned: number | null;
  /** Age of these figures, since those of RDS Proxy come from CloudWatch. */
  readonly ageSeconds: number | null;
}

/** The server, whoever its connections belong to. */
export interface DatabaseReport {
  /** Slots that ordinary clients can use. */
  readonly slots: number;
  /** Client backends of the whole server; null when sessions of others are hidden from the check. */
  readonly usedSlots: number | null;
  /** Connections of the pool that are idle inside a transaction. */
  readonly idleInTransaction: number | null;
  /** Age of the pool's oldest open transaction; null when there is none, or it is not known. */
  readonly longestTransactionMs: number | null;
}

/** The application's own pools, summed over its instances. */
export interface AppReport {
  /** Requests that wait for a connection inside the application. */
  readonly waiting: number;
  /** Age of this figure, which comes from CloudWatch. */
  readonly ageSeconds: number;
}

export interface PoolSummary {
  readonly pool: string;
  readonly status: 'healthy' | 'unhealthy';
  readonly percent: number | null;
}

/** @param now milliseconds since 1970, for the age of the sample */
export function poolReport({ pool, config, sample, verdict }: Assessment, now: number): PoolReport {
  return {
    status: verdict.status,
    metrics: {
      activeConnections: verdict.activeConnections,
      idleConnections: verdict.idleConnections,
      waitingRequests: verdict.waitingRequests,
      totalConnections: verdict.totalConnections,
      poolSize: verdict.poolSize,
    },
    config: Object.fromEntries(
      SETTING_NAMES.map((name) => [name, config?.settings[name] ?? null]),
    ) as PoolReport['config'],
    utilization: { percent: shown(verdict.utilization.percent), status: verdict.utilization.status },
    timestamp: new Date(sample.takenAt).toISOString(),
    pool,
    managedPool: sample.pooler && managedPoolReport(sample.pooler, now),
    database: sample.database && databaseReport(sample.database),
    app: sample.app && appReport(sample.app, now),
    saturatedLayer: verdict.saturatedLayer,
    problems: verdict.problems.map(toPublic),
    ageMs: Math.max(0, now - sample.takenAt),
  };
}

function managedPoolReport({ kind, source, stats }: PoolerView, now: number): ManagedPoolReport {
  return {
    kind,
    source,
    size: stats?.limit ?? null,
    inUse: stats?.inUse ?? null,
    waiting: stats?.waiting ?? null,
    longestWaitMs: stats?.longestWaitMs ?? null,
    borrowWaitMs: stats?.borrowWaitMs ?? null,
    pinned: stats?.pinned ?? null,
    ageSeconds: stats && ageSeconds(stats.takenAt, now),
  };
}

function databaseReport({ connections, slots }: DatabaseView): DatabaseReport {
  return {
    slots: ordinarySlots(slots),
    usedSlots: connections?.server ?? null,
    idleInTransaction: connections?.idleInTransaction ?? null,
    longestTransactionMs: connections?.longestTransactionMs ?? null,
  };
}

function appReport({ waiting, takenAt }: AppView, now: number): AppReport {
  return { waiting, ageSeconds: ageSeconds(takenAt, now) };
}

function ageSeconds(takenAt: number, now: number): number {
  return Math.max(0, Math.round((now - takenAt) / 1_000));
}

/**
 * The report of a deployment: the report of its worst pool and, with several pools, a line for each, the worst first.
 *
 * @param assessments at least one
 */
export function worstReport(assessments: readonly [Assessment, ...Assessment[]], now: number): PoolReport {
  const report = poolReport(worstOf(assessments), now);
  if (assessments.length === 1) {
    return report;
  }
  const pools = [...assessments].sort(compareByTrouble).map(({ pool, verdict }) => ({
    pool,
    status: verdict.status,
    percent: shown(verdict.utilization.percent),
  }));
  return { ...report, pools };
}

/** The first by the order of trouble. */
export function worstOf(assessments: readonly [Assessment, ...Assessment[]]): Assessment {
  return assessments.reduce((worst, next) => (compareByTrouble(next, worst) < 0 ? next : worst));
}

/** One decimal; the verdict was made before rounding. */
function shown(percent: number | null): number | null {
  return percent === null ? null : Math.round(percent * 10) / 10;
}

const UTILIZATION_RANK: Readonly<Record<UtilizationStatus, number>> = {
  normal: 0,
  warning: 1,
  unknown: 2,
  critical: 3,
};

/** The one order of trouble, worst first: status, then utilization status, then percent, then name. */
function compareByTrouble(a: Assessment, b: Assessment): number {
  return rank(b) - rank(a) || percentRank(b) - percentRank(a) || a.pool.localeCompare(b.pool, 'en', { numeric: true });
}

function rank({ verdict: { status, utilization } }: Assessment): number {
  return (status === 'unhealthy' ? 10 : 0) + UTILIZATION_RANK[utilization.status];
}

/** A full pool that cannot be seen is worse than every percentage. */
function percentRank({ verdict: { utilization } }: Assessment): number {
  return utilization.percent ?? Number.MAX_VALUE;
}
