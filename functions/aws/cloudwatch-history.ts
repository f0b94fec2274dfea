import { HISTORY_METRICS, HISTORY_MINUTES, type History, type HistorySource, historySeries } from '../core/history.js';
import { METRICS, type MetricName, POOL_DIMENSION } from '../core/metrics.js';
import { ProblemError } from '../core/problems.js';
import { type PublicProblem, toPublic } from '../core/report-parts.js';
import { CloudWatchReader, type CloudWatchReaderOptions, MINUTE_MS, type Series } from './cloudwatch-reader.js';

type ByMetric = ReadonlyMap<MetricName, Series>;

/**
 * The last hour of a pool from CloudWatch, one value a minute. Only the pool that is asked for is read, because every metric
 * that is read costs money, and at most once a minute, even if the read fails or there are many callers.
 */
export class CloudWatchHistory implements HistorySource {
  readonly pools: readonly string[];
  readonly #namespace: string;
  readonly #reader: CloudWatchReader;

  /** @param namespace of the metrics */
  constructor(
    pools: readonly string[],
    namespace: string,
    options: Pick<CloudWatchReaderOptions, 'client' | 'now' | 'deadlineMs'> = {},
  ) {
    this.pools = pools;
    this.#namespace = namespace;
    this.#reader = new CloudWatchReader({ deadlineMs: 5_000, ...options, lookBackMs: HISTORY_MINUTES * MINUTE_MS });
  }

  async history(pool: string): Promise<History> {
    const { start, end } = this.#reader.range;
    const [result] = await Promise.allSettled([this.#read(pool)]);
    const values = result.status === 'fulfilled' ? result.value : null;
    // A minute is dated by its end, as in `Series`.
    const ends = Array.from({ length: (end - start) / MINUTE_MS }, (_, index) => start + (index + 1) * MINUTE_MS);
    const times = ends.map((at) => at / 1_000);
    return {
      pool,
      source: 'cloudwatch',
      stepSeconds: MINUTE_MS / 1_000,
      from: new Date(start).toISOString(),
      to: new Date(end).toISOString(),
      times,
      series: historySeries(times, (metric, index) => values?.get(metric)?.get(ends[index] ?? 0)),
      problems: result.status === 'rejected' ? problemsOf(result.reason) : [],
    };
  }

  async #read(pool: string): Promise<ByMetric> {
    const entries = Object.values(HISTORY_METRICS).map(async (metric) => {
      const { statistic } = METRICS[metric];
      const dimensions = { [POOL_DIMENSION]: pool };
      return [metric, await this.#reader.read({ namespace: this.#namespace, metric, dimensions, statistic })] as const;
    });
    return new Map(await Promise.all(entries));
  }
}

function problemsOf(error: unknown): readonly PublicProblem[] {
  if (error instanceof ProblemError) {
    return [toPublic(error.problem)];
  }
  throw error;
}
