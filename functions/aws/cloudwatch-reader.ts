import type { CloudWatchClient, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { ProblemError, problem } from '../core/problems.js';
import { failureName } from './errors.js';
import { MINUTE_MS, type Series, type TimeRange, toSeries } from './series.js';

/** A metric of CloudWatch, and how the datapoints of a minute become one number. */
export interface MetricQuery {
  readonly namespace: string;
  readonly metric: string;
  /** Values by name; these and no others. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: 'Sum' | 'Average' | 'SampleCount' | 'Minimum' | 'Maximum';
}

export interface CloudWatchReaderOptions {
  /** @default one that all share, made when the first metric is read */
  readonly client?: CloudWatchClient;
  /**
   * Milliseconds that CloudWatch may take, retries and all pages included.
   *
   * @default 1500
   */
  readonly deadlineMs?: number;
  /**
   * How far back a minute may lie, in milliseconds: CloudWatch has most metrics within three minutes.
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

/** Limit of one call. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MOST_QUERIES = 500;
/** A minute that has just ended still gets datapoints: what was measured in its last second has to arrive. */
const SETTLED_MS = 30_000;

interface Waiting {
  readonly query: MetricQuery;
  readonly resolve: (series: Series) => void;
  readonly reject: (error: ProblemError) => void;
}

/**
 * Reads the last minutes of metrics. Each is asked for once a minute, however many want it and however it ends: before the
 * next minute has settled there is nothing new, and every metric that is asked for is charged. What is wanted at the
 * same time is asked for in one call.
 */
export class CloudWatchReader {
  readonly #client: CloudWatchClient | undefined;
  readonly #deadlineMs: number;
  readonly #lookBackMs: number;
  readonly #now: () => number;
  #settledAt = Number.NaN;
  readonly #asked = new Map<string, Promise<Series>>();
  #waiting: Waiting[] = [];

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

  /** The minutes that are read now: the newest that have ended and settled. */
  get range(): TimeRange {
    const end = Math.floor((this.#now() - SETTLED_MS) / MINUTE_MS) * MINUTE_MS;
    return { start: end - this.#lookBackMs, end };
  }

  /** @throws ProblemError `AWS.CLOUDWATCH` when it could not be read in this minute */
  read(query: MetricQuery): Promise<Series> {
    const { end } = this.range;
    if (end !== this.#settledAt) {
      this.#settledAt = end;
      this.#asked.clear();
    }
    const key = JSON.stringify(query);
    const series = this.#asked.get(key) ?? this.#withOthers(query);
    this.#asked.set(key, series);
    return series;
  }

  /** Waits for whoever else reads now. */
  #withOthers(query: MetricQuery): Promise<Series> {
    if (this.#waiting.length === 0) {
      setImmediate(() => this.#send());
    }
    return new Promise((resolve, reject) => this.#waiting.push({ query, resolve, reject }));
  }

  #send(): void {
    const all = this.#waiting.splice(0);
    for (let from = 0; from < all.length; from += MOST_QUERIES) {
      void this.#ask(all.slice(from, from + MOST_QUERIES));
    }
  }

  async #ask(waiting: readonly Waiting[]): Promise<void> {
    const { range } = this;
    try {
      const { getMetricData } = await import('./clients/metric-data.js');
      const queries = waiting.map(({ query }, index) => toDataQuery(query, idOf(index)));
      const results = await getMetricData(queries, range, this.#deadlineMs, this.#client);
      for (const [index, { resolve, reject }] of waiting.entries()) {
        const parts = results.filter(({ Id }) => Id === idOf(index));
        try {
          resolve(toSeries(parts, range));
        } catch (error) {
          reject(toProblem(error));
        }
      }
    } catch (error) {
      const failure = toProblem(error);
      for (const { reject } of waiting) {
        reject(failure);
      }
    }
  }
}

function idOf(index: number): string {
  return `q${index}`;
}

function toDataQuery({ namespace, metric, dimensions, statistic }: MetricQuery, Id: string): MetricDataQuery {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: namespace, MetricName: metric, Dimensions };
  return { Id, MetricStat: { Metric, Period: MINUTE_MS / 1_000, Stat: statistic } };
}

function toProblem(error: unknown): ProblemError {
  return new ProblemError(problem('AWS.CLOUDWATCH', { error: failureName(error) }));
}
