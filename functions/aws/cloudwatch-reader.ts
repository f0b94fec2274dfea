import type { CloudWatchClient, MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { ProblemError } from '../core/problems.js';
import type { TimeRange } from './clients/metric-data.js';
import { awsProblem, UnexpectedAnswer } from './errors.js';
import { SingleFlightCache } from './single-flight-cache.js';

/** A metric of CloudWatch, and the statistic that makes one number of the datapoints of a minute. */
export interface MetricQuery {
  readonly namespace: string;
  readonly metric: string;
  /** Values by name. A series with further dimensions does not match. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: 'Sum' | 'Average' | 'SampleCount' | 'Minimum' | 'Maximum';
}

/** Values by the end of their minute, in milliseconds since 1970. A minute without a datapoint is absent. */
export type Series = ReadonlyMap<number, number>;

/** One minute of a series. */
export interface SeriesPoint {
  /** End of the minute, in milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

export interface CloudWatchReaderOptions {
  /** @default a client that all readers share, created for the first query */
  readonly client?: CloudWatchClient;
  /**
   * Milliseconds that CloudWatch may take, retries and all pages included.
   *
   * @default 1500
   */
  readonly deadlineMs?: number;
  /**
   * Length of the range that is read, in milliseconds. CloudWatch has most metrics within three minutes.
   *
   * @default five minutes
   */
  readonly lookBackMs?: number;
  /**
   * Milliseconds since 1970.
   *
   * @default Date.now
   */
  readonly now?: () => number;
}

export const MINUTE_MS = 60_000;
/** Limit of one call. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MAX_QUERIES = 500;
/** Datapoints of the last second of a minute arrive shortly after its end. */
const SETTLED_AFTER_MS = 30_000;

interface PendingQuery {
  readonly query: MetricQuery;
  readonly resolve: (series: Series) => void;
  readonly reject: (error: ProblemError) => void;
}

/**
 * Reads the last minutes of metrics. Each query is sent at most once a minute, even if it fails or there are many callers:
 * CloudWatch has nothing new before the next minute has settled, and charges for every query. Queries of the same
 * tick share one call.
 */
export class CloudWatchReader {
  readonly #client: CloudWatchClient | undefined;
  readonly #deadlineMs: number;
  readonly #lookBackMs: number;
  readonly #now: () => number;
  /** The answers of one minute. The next minute starts with an empty cache. */
  #cached: { readonly end: number; readonly series: SingleFlightCache<Series> } | null = null;
  #pending: PendingQuery[] = [];

  constructor({
    client,
    deadlineMs = 1_500,
    lookBackMs = 5 * MINUTE_MS,
    now = Date.now,
  }: CloudWatchReaderOptions = {}) {
    this.#client = client;
    this.#deadlineMs = deadlineMs;
    this.#lookBackMs = lookBackMs;
    this.#now = now;
  }

  /** The minutes that a query reads now: the newest ones that have ended and settled. */
  get range(): TimeRange {
    const end = Math.floor((this.#now() - SETTLED_AFTER_MS) / MINUTE_MS) * MINUTE_MS;
    return { start: end - this.#lookBackMs, end };
  }

  /** @throws ProblemError `AWS.CLOUDWATCH` when the query failed in this minute */
  read(query: MetricQuery): Promise<Series> {
    const { end } = this.range;
    if (this.#cached?.end !== end) {
      this.#cached = { end, series: new SingleFlightCache({ retryDelayMs: Number.POSITIVE_INFINITY }) };
    }
    return this.#cached.series.get(JSON.stringify(query), () => this.#enqueue(query));
  }

  /** Adds a query to the call that is sent at the end of this tick. */
  #enqueue(query: MetricQuery): Promise<Series> {
    if (this.#pending.length === 0) {
      setImmediate(() => this.#sendPending());
    }
    return new Promise((resolve, reject) => this.#pending.push({ query, resolve, reject }));
  }

  #sendPending(): void {
    const all = this.#pending.splice(0);
    for (let from = 0; from < all.length; from += MAX_QUERIES) {
      void this.#send(all.slice(from, from + MAX_QUERIES));
    }
  }

  async #send(pending: readonly PendingQuery[]): Promise<void> {
    const { range } = this;
    try {
      const { getMetricData } = await import('./clients/metric-data.js');
      const queries = pending.map(({ query }, index) => toDataQuery(query, idOf(index)));
      const results = await getMetricData(queries, range, this.#deadlineMs, this.#client);
      for (const [index, { resolve, reject }] of pending.entries()) {
        const parts = results.filter(({ Id }) => Id === idOf(index));
        try {
          resolve(toSeries(parts, range));
        } catch (error) {
          reject(awsProblem('AWS.CLOUDWATCH', error));
        }
      }
    } catch (error) {
      const failure = awsProblem('AWS.CLOUDWATCH', error);
      for (const { reject } of pending) {
        reject(failure);
      }
    }
  }
}

/** The newest minute that has a datapoint, or null. */
export function newest(series: Series): SeriesPoint | null {
  const [first] = [...series].sort(([a], [b]) => b - a);
  return first ? { at: first[0], value: first[1] } : null;
}

function idOf(index: number): string {
  return `q${index}`;
}

function toDataQuery({ namespace, metric, dimensions, statistic }: MetricQuery, Id: string): MetricDataQuery {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: namespace, MetricName: metric, Dimensions };
  return { Id, MetricStat: { Metric, Period: MINUTE_MS / 1_000, Stat: statistic } };
}

/**
 * Converts the results of one query, in the order of the pages, to a series. CloudWatch dates a minute by its start.
 *
 * @throws UnexpectedAnswer when the results are incomplete
 */
function toSeries(parts: readonly MetricDataResult[], { start, end }: TimeRange): Series {
  if (parts.at(-1)?.StatusCode !== 'Complete') {
    throw new UnexpectedAnswer();
  }
  const values = parts.flatMap(({ Timestamps = [], Values = [] }) =>
    Timestamps.map((timestamp, index) => ({ at: timestamp.getTime(), value: Values[index] })),
  );
  return new Map(
    values.flatMap(({ at, value }) =>
      value !== undefined && at >= start && at < end ? [[at + MINUTE_MS, value] as const] : [],
    ),
  );
}
