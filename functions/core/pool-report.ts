import * as v from 'valibot';
import type { ValidatedPoolConfig } from './pool-config.js';
import { type PoolSettings, SETTING_NAMES } from './pool-settings.js';
import { POOLERS, type PoolerKind } from './poolers.js';
import {
  addedLater,
  count,
  countOrNull,
  type DeepReadonly,
  described,
  number,
  numberOrNull,
  oneOf,
  PROBLEM,
  schema,
  time,
  toPublic,
} from './report-parts.js';
import { type AppView, type DatabaseView, ordinarySlots, type PoolerView } from './sample.js';
import { CRITICAL_PERCENT, poolerLimit, type UtilizationStatus, WARNING_PERCENT } from './utilization.js';
import type { Assessment } from './verdict.js';

/** One key for each setting of the pool. */
const settings = /* @__PURE__ */ schema(
  () =>
    Object.fromEntries(SETTING_NAMES.map((name) => [name, countOrNull])) as Record<
      keyof PoolSettings,
      typeof countOrNull
    >,
);
const status = /* @__PURE__ */ schema(() => v.picklist(['healthy', 'unhealthy']));
const percent = /* @__PURE__ */ schema(() =>
  described(numberOrNull, 'Used connections / poolSize x 100, one decimal, not capped at 100.'),
);
const utilizationStatus = /* @__PURE__ */ schema(() =>
  described(
    oneOf('normal', 'warning', 'critical', 'unknown'),
    `normal: below ${WARNING_PERCENT} %. warning: up to ${CRITICAL_PERCENT} %. critical: above, or a layer is known to be full.`,
  ),
);

/** The pooler. Its numbers are null where the pooler does not report them. */
export const MANAGED_POOL = /* @__PURE__ */ schema(() =>
  v.object({
    kind: described(
      oneOf(...(Object.keys(POOLERS) as PoolerKind[])),
      'unknown: a pooler of unknown kind. Another backend answers than the one that the login reached.',
    ),
    source: described(oneOf('definition', 'host name', 'console', 'backend'), 'How the kind was detected.'),
    size: described(countOrNull, 'Server connections the pooler may open for this pool. Null if unlimited or unknown.'),
    inUse: described(countOrNull, 'Server connections assigned to a client.'),
    waiting: described(countOrNull, 'Clients waiting for a connection. Null if the pooler does not count them.'),
    longestWaitMs: described(addedLater(number), 'How long the first of these clients has waited, in milliseconds.'),
    borrowWaitMs: described(addedLater(number), 'Mean wait of clients for a connection, in milliseconds.'),
    pinned: described(addedLater(count), 'Server connections bound to one client until it disconnects.'),
    ageSeconds: described(countOrNull, 'Age of these figures. Those of RDS Proxy come from CloudWatch.'),
  }),
);

/** The server with all its connections, those of other pools included. */
export const DATABASE = /* @__PURE__ */ schema(() =>
  v.object({
    slots: described(count, 'Connection slots for ordinary clients.'),
    usedSlots: described(
      countOrNull,
      'Client backends of the whole server. Null if the check may not read other sessions.',
    ),
    idleInTransaction: described(addedLater(count), 'Connections of the pool that are idle in transaction.'),
    longestTransactionMs: described(
      addedLater(number),
      'Age of the oldest open transaction of the pool. Null if none is open or if it is unknown.',
    ),
  }),
);

/** The connection pools inside the application, summed over its instances. */
export const APP = /* @__PURE__ */ schema(() =>
  v.object({
    waiting: described(count, 'Requests waiting for a connection inside the application.'),
    ageSeconds: described(count, 'Age of this figure, which comes from CloudWatch.'),
  }),
);

export const POOL_SUMMARY = /* @__PURE__ */ schema(() =>
  v.object({
    pool: v.string(),
    status,
    percent,
    utilization: described(addedLater(utilizationStatus), 'utilization.status of the pool.'),
  }),
);

/** The JSON of `GET /health/pool`. Nothing in it names a host, a user or a query. */
export const POOL_REPORT = /* @__PURE__ */ schema(() =>
  described(
    v.object({
      status: described(status, `healthy: below ${CRITICAL_PERCENT} % and no problem of severity error.`),
      metrics: v.object({
        activeConnections: described(countOrNull, 'Running a query or inside a transaction.'),
        idleConnections: described(countOrNull, 'Open and available.'),
        waitingRequests: described(
          countOrNull,
          'Requests waiting for a connection. Null if neither pooler nor application counts them.',
        ),
        totalConnections: described(countOrNull, 'Active and idle.'),
        poolSize: described(countOrNull, 'Connections that the pool can have now. Null without a valid definition.'),
      }),
      config: described(
        v.object(settings),
        'The settings in force, times in milliseconds. Null without a valid definition.',
      ),
      utilization: v.object({
        percent,
        status: utilizationStatus,
        of: described(
          addedLater(oneOf('open', 'active')),
          'Which connections are used. open: all that are open. active: those in use, the default behind a pooler that multiplexes. Null without a valid definition.',
        ),
      }),
      timestamp: described(time, 'When the sample was taken.'),
      pool: described(v.string(), 'Name of the pool.'),
      managedPool: described(v.nullable(MANAGED_POOL), 'The pooler in front of the server. Null while it is unknown.'),
      database: described(addedLater(DATABASE), 'The server. Null if the check could not read it.'),
      app: described(addedLater(APP), 'The pools inside the application. Null if it publishes no gauges.'),
      limitedBy: described(
        addedLater(oneOf('app', 'managed', 'database')),
        'The layer whose limit is poolSize. app: max x instances. managed: the limit of the pooler. database: the slots that the server, the database and the roles leave.',
      ),
      saturatedLayer: described(
        v.nullable(oneOf('database', 'managed', 'app')),
        'The full layer closest to the database, because it makes the others full too.',
      ),
      problems: v.array(PROBLEM),
      ageMs: described(count, 'Age of the sample in milliseconds.'),
      pools: v.optional(
        described(v.array(POOL_SUMMARY), 'One line for each pool, the worst first. Only if there are several pools.'),
      ),
    }),
    'One pool, or the worst of several. Unknown values are null, never 0.',
  ),
);

export type PoolReport = DeepReadonly<v.InferOutput<typeof POOL_REPORT>>;
export type PoolSummary = NonNullable<PoolReport['pools']>[number];
type ManagedPoolReport = NonNullable<PoolReport['managedPool']>;
type DatabaseReport = NonNullable<PoolReport['database']>;
type AppReport = NonNullable<PoolReport['app']>;

/** @param now milliseconds since 1970, for the age of the sample */
export function poolReport({ pool, config, sample, verdict }: Assessment, now: number): PoolReport {
  const { percent } = verdict.utilization;
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
    utilization: { percent: shown(percent), status: verdict.utilization.status, of: verdict.utilization.of },
    timestamp: new Date(sample.takenAt).toISOString(),
    pool,
    managedPool: sample.pooler && managedPoolReport(config, sample.pooler, now),
    database: sample.database && databaseReport(sample.database),
    app: sample.app && appReport(sample.app, now),
    limitedBy: verdict.limitedBy,
    saturatedLayer: verdict.saturatedLayer,
    problems: verdict.problems.map(toPublic),
    ageMs: Math.max(0, now - sample.takenAt),
  };
}

function managedPoolReport(config: ValidatedPoolConfig | null, pooler: PoolerView, now: number): ManagedPoolReport {
  const { kind, source, stats } = pooler;
  return {
    kind,
    source,
    size: config && poolerLimit(config, pooler),
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
    utilization: verdict.utilization.status,
  }));
  return { ...report, pools };
}

/** The first by the order of trouble. */
export function worstOf(assessments: readonly [Assessment, ...Assessment[]]): Assessment {
  return assessments.reduce((worst, next) => (compareByTrouble(next, worst) < 0 ? next : worst));
}

/** Rounds to one decimal. The verdict uses the exact value. */
function shown(percent: number | null): number | null {
  return percent === null ? null : Math.round(percent * 10) / 10;
}

const UTILIZATION_RANK: Readonly<Record<UtilizationStatus, number>> = {
  normal: 0,
  warning: 1,
  unknown: 2,
  critical: 3,
};

/** Sorts the worst pool first: by status, utilization status, percent, then name. */
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
