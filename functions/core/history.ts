import * as v from 'valibot';
import type { MetricName } from './metrics.js';
import { count, type DeepReadonly, described, numberOrNull, oneOf, PROBLEM, schema, time } from './report-parts.js';

/** How far back a history reaches. */
export const HISTORY_MINUTES = 60;

/** The series of a history, each with its metric. */
export const HISTORY_METRICS = {
  utilization: 'Utilization',
  active: 'ActiveConnections',
  idle: 'IdleConnections',
  waiting: 'WaitingRequests',
  healthy: 'Healthy',
} as const satisfies Record<string, MetricName>;

type SeriesName = keyof typeof HISTORY_METRICS;

/** Values in the order of the times; null where nothing is known. */
const values = (metric: MetricName) => described(v.array(numberOrNull), `${metric}. Null where it is unknown.`);

/** The JSON of `GET /health/history`: the last hour of one pool, oldest first. */
export const HISTORY = /* @__PURE__ */ schema(() =>
  described(
    v.object({
      pool: v.string(),
      source: described(oneOf('cloudwatch', 'memory'), 'cloudwatch when deployed, memory for npm start.'),
      stepSeconds: described(count, 'Seconds between two checks.'),
      from: time,
      to: time,
      times: described(v.array(v.number()), 'Seconds since 1970, oldest first.'),
      series: described(
        v.object({
          utilization: values(HISTORY_METRICS.utilization),
          active: values(HISTORY_METRICS.active),
          idle: values(HISTORY_METRICS.idle),
          waiting: values(HISTORY_METRICS.waiting),
          healthy: values(HISTORY_METRICS.healthy),
        }),
        'Values in the order of the times.',
      ),
      problems: described(v.array(PROBLEM), 'Why nothing is known, if the source could not be read.'),
    }),
    `The last ${HISTORY_MINUTES} minutes of one pool.`,
  ),
);

export type History = DeepReadonly<v.InferOutput<typeof HISTORY>>;
export type HistorySeries = History['series'];

/** Reads histories: from CloudWatch when deployed, from memory locally. */
export interface HistorySource {
  /** The pools that have a history. */
  readonly pools: readonly string[];
  /** Never throws: if the source cannot be read, the history has a problem that says why. */
  history(pool: string): Promise<History>;
}

/** Collects the series. @param valueAt the value of a metric at the time with this index */
export function historySeries(
  times: readonly number[],
  valueAt: (metric: MetricName, index: number) => number | null | undefined,
): HistorySeries {
  const series = (name: SeriesName) => times.map((_, index) => valueAt(HISTORY_METRICS[name], index) ?? null);
  return {
    utilization: series('utilization'),
    active: series('active'),
    idle: series('idle'),
    waiting: series('waiting'),
    healthy: series('healthy'),
  };
}
