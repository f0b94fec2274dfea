import * as v from 'valibot';
import { POOL_REPORT, poolReport } from './pool-report.js';
import type { Problem } from './problems.js';
import {
  count,
  countOrNull,
  type DeepReadonly,
  described,
  numberOrNull,
  oneOf,
  PROBLEM,
  schema,
  withValues,
} from './report-parts.js';
import { ordinarySlots, type PoolerStats } from './sample.js';
import type { Assessment } from './verdict.js';

/** A timed round trip through an application's own kind of pool, in milliseconds. */
export interface RoundTrip {
  /** Until the pool handed out a connection; includes opening one if none was open. */
  readonly acquireMs: number | null;
  /** The statement alone, on that connection. */
  readonly queryMs: number | null;
  readonly problems: readonly Problem[];
}

const textOrNull = /* @__PURE__ */ schema(() => v.nullable(v.string()));

/** Sessions that have database, user, application and state in common. The keys are null while a session starts. */
export const SESSION_GROUP = /* @__PURE__ */ schema(() =>
  described(
    v.object({
      database: textOrNull,
      user: textOrNull,
      application: textOrNull,
      state: described(v.string(), 'As in pg_stat_activity. unknown if the session does not report it.'),
      count,
      oldestTransactionMs: described(numberOrNull, 'Age of the oldest open transaction of the group.'),
      longestQueryMs: described(numberOrNull, 'How long the longest statement of the group has been running.'),
    }),
    'Sessions that have database, user, application and state in common.',
  ),
);

export type SessionGroup = DeepReadonly<v.InferOutput<typeof SESSION_GROUP>>;

/** Which sessions hold the connections of the server. */
export interface SessionGroupsResult {
  /** The largest groups first; null when the sessions could not be read. */
  readonly holders: readonly SessionGroup[] | null;
  /** Groups that the list does not have, because it is limited; null when the sessions could not be read. */
  readonly omitted: number | null;
  /** Transactions that the watched database has ended since its statistics began. */
  readonly transactions: number | null;
  readonly problems: readonly Problem[];
}

export const SLOTS = /* @__PURE__ */ schema(() =>
  v.object({
    maxConnections: count,
    superuserReserved: count,
    reserved: count,
    rdsReserved: count,
    databaseLimit: described(countOrNull, 'CONNECTION LIMIT of the database. Null if it has none.'),
    ordinary: described(count, 'Slots for ordinary clients.'),
    used: described(countOrNull, 'Client backends of the whole server. Null if the check may not read other sessions.'),
  }),
);

/** Everything the pooler reports about itself. */
export const POOLER_STATS = /* @__PURE__ */ schema(() =>
  described(
    v.object({
      takenAt: described(v.number(), 'Milliseconds since 1970.'),
      isLive: described(v.boolean(), 'Of this moment. Figures from CloudWatch are minutes old.'),
      mode: v.optional(described(oneOf('session', 'transaction', 'statement'), 'Pool mode of a PgBouncer.')),
      limit: countOrNull,
      open: countOrNull,
      inUse: countOrNull,
      pinned: countOrNull,
      waiting: countOrNull,
      longestWaitMs: numberOrNull,
      borrowWaitMs: numberOrNull,
      clients: countOrNull,
      availabilityPercent: numberOrNull,
      fullPools: v.optional(described(count, 'Pools of single users without a connection for the next client.')),
      settings: v.optional(described(v.record(v.string(), v.nullable(v.number())), 'Settings of the pooler.')),
      waitingEstimate: described(
        numberOrNull,
        'An upper estimate of waiting clients where the pooler does not count them.',
      ),
    }),
    'Null where the pooler does not report a value.',
  ),
);

const values = /* @__PURE__ */ schema(() =>
  v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null(), v.array(v.string())])),
);

/** The JSON of `GET /health/details`: what an engineer on call asks next. */
export const DETAILS_REPORT = /* @__PURE__ */ schema(() =>
  described(
    v.object({
      status: described(v.picklist(['ok', 'error']), 'ok: the pool is healthy and no problem below is an error.'),
      connectionPool: v.object({
        activeConnections: countOrNull,
        idleConnections: countOrNull,
        totalConnections: countOrNull,
        poolSize: countOrNull,
        utilization: described(numberOrNull, 'Percent, one decimal.'),
      }),
      health: POOL_REPORT,
      holders: described(
        v.nullable(v.array(SESSION_GROUP)),
        'Which sessions hold the connections of the server, the largest groups first. Null if they could not be read.',
      ),
      holdersOmitted: described(
        countOrNull,
        'How many smaller groups the list of holders does not have, because it is limited. Null if it could not be read.',
      ),
      slots: described(v.nullable(SLOTS), 'The slots of the server, term by term. Null if they could not be read.'),
      managedPool: described(v.nullable(POOLER_STATS), 'Everything the pooler reports.'),
      problems: v.array(v.object({ ...PROBLEM.entries, values: described(values, 'The values seen.') })),
      roundTrip: described(
        v.object({
          acquireMs: described(numberOrNull, 'Until the pool handed out a connection.'),
          queryMs: described(numberOrNull, 'The statement alone.'),
        }),
        'A timed round trip through Prisma, in milliseconds.',
      ),
    }),
    'What an engineer on call asks next.',
  ),
);

export type DetailsReport = DeepReadonly<v.InferOutput<typeof DETAILS_REPORT>>;

/** What details consist of. */
export interface DetailParts {
  readonly assessment: Assessment;
  readonly holders: SessionGroupsResult;
  readonly roundTrip: RoundTrip;
  /** Transactions per second of the database; null before it was read twice. */
  readonly transactionsPerSecond: number | null;
}

/** @param now milliseconds since 1970, for ages */
export function detailsReport(
  { assessment, holders, roundTrip, transactionsPerSecond }: DetailParts,
  now: number,
): DetailsReport {
  const health = poolReport(assessment, now);
  const { activeConnections, idleConnections, totalConnections, poolSize } = health.metrics;
  const { database, pooler } = assessment.sample;
  const problems = [...assessment.verdict.problems, ...holders.problems, ...roundTrip.problems];
  const stats = pooler?.stats ?? null;
  return {
    status: health.status === 'healthy' && !problems.some(({ severity }) => severity === 'error') ? 'ok' : 'error',
    connectionPool: {
      activeConnections,
      idleConnections,
      totalConnections,
      poolSize,
      utilization: health.utilization.percent,
    },
    health,
    holders: holders.holders,
    holdersOmitted: holders.omitted,
    slots: database && {
      ...database.slots,
      ordinary: ordinarySlots(database.slots),
      used: database.connections?.server ?? null,
    },
    managedPool: stats && { ...stats, waitingEstimate: waitingEstimate(stats, transactionsPerSecond) },
    problems: problems.map(withValues),
    roundTrip: { acquireMs: roundTrip.acquireMs, queryMs: roundTrip.queryMs },
  };
}

/** An upper estimate of waiting clients where the pooler does not count them: arrivals x mean wait (Little's law). */
function waitingEstimate({ borrowWaitMs }: PoolerStats, transactionsPerSecond: number | null): number | null {
  if (borrowWaitMs === null || transactionsPerSecond === null) {
    return null;
  }
  return Math.round((transactionsPerSecond * borrowWaitMs) / 100) / 10;
}
