import { type PoolReport, poolReport } from './pool-report.js';
import { PROBLEMS, type Problem, type PublicProblem } from './problems.js';
import { ordinarySlots, type PoolerStats, type ServerSlots } from './sample.js';
import type { SessionGroup, SessionGroupsResult } from './session-groups.js';
import type { Assessment } from './verdict.js';

/** A timed round trip through an application's own kind of pool, in milliseconds. */
export interface RoundTrip {
  /** Until the pool gave a connection, which opens one if there is none. */
  readonly acquireMs: number | null;
  /** The statement alone, over the connection that was given. */
  readonly queryMs: number | null;
  readonly problems: readonly Problem[];
}

/** The JSON of `GET /health/details`: what an engineer on call asks next. */
export interface DetailsReport {
  readonly status: 'ok' | 'error';
  readonly connectionPool: {
    readonly activeConnections: number | null;
    readonly idleConnections: number | null;
    readonly totalConnections: number | null;
    readonly poolSize: number | null;
    /** Percent, one decimal. */
    readonly utilization: number | null;
  };
  /** The same as `GET /health/pool` answers. */
  readonly health: PoolReport;
  /** Who holds the connections of the server; null when it could not be seen. */
  readonly holders: readonly SessionGroup[] | null;
  /** The server's slots, term by term; null when the database was not seen. */
  readonly slots: SlotTerms | null;
  /** Everything the managed pool tells. */
  readonly managedPool: (PoolerStats & { readonly waitingEstimate: number | null }) | null;
  /** With the values seen. */
  readonly problems: readonly (PublicProblem & Pick<Problem, 'values'>)[];
  readonly roundTrip: { readonly acquireMs: number | null; readonly queryMs: number | null };
}

export type SlotTerms = ServerSlots & {
  /** What is left of `maxConnections` for ordinary clients. */
  readonly ordinary: number;
  /** Client backends of the whole server; null when sessions of others are hidden. */
  readonly used: number | null;
};

/** What is seen for details only, beside the assessment. */
export interface DetailParts {
  readonly assessment: Assessment;
  readonly holders: SessionGroupsResult;
  readonly roundTrip: RoundTrip;
  /** Transactions per second of the database; null when it was not seen twice. */
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
  const figures = pooler?.stats ?? null;
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
    slots: database && {
      ...database.slots,
      ordinary: ordinarySlots(database.slots),
      used: database.connections?.server ?? null,
    },
    managedPool: figures && { ...figures, waitingEstimate: waitingEstimate(figures, transactionsPerSecond) },
    problems: problems.map(({ code, severity, values }) => ({
      code,
      severity,
      layer: PROBLEMS[code].layer,
      text: PROBLEMS[code].text,
      values,
    })),
    roundTrip: { acquireMs: roundTrip.acquireMs, queryMs: roundTrip.queryMs },
  };
}

/** An upper estimate of what waits in a managed pool that does not count it: arrivals by mean wait (Little's law). */
function waitingEstimate({ borrowWaitMs }: PoolerStats, transactionsPerSecond: number | null): number | null {
  if (borrowWaitMs === null || transactionsPerSecond === null) {
    return null;
  }
  return Math.round((transactionsPerSecond * borrowWaitMs) / 100) / 10;
}
