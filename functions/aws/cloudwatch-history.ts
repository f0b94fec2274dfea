import { HISTORY_METRICS, HISTORY_MINUTES, type History, type HistorySource, historySeries } from '../core/history.js';
import { METRIC_NAMESPACE, METRICS, type MetricName, POOL_DIMENSION } from '../core/metrics.js';
import { ProblemError, type PublicProblem, toPublic } from '../core/problems.js';
import { CloudWatchReader, type CloudWatchReaderOptions } from './cloudwatch-reader.js';
import { MINUTE_MS, type Series } from './series.js';

type ByMetric = ReadonlyMap<MetricName, Series>;

/**
 * The last hour as CloudWatch has it, a value a minute. All pools are asked for together, in one call for a hundred, and
 * once a minute, however many look and however it ends.
 */
export class CloudWatchHistory implements HistorySource {
  readonly pools: readonly string[];
  readonly #reader: CloudWatchReader;

  constructor(pools: readonly string[], options: Pick<CloudWatchReaderOptions, 'client' | 'now' | 'deadlineMs'> = {}) {
    this.pools = pools;
    this.#reader = new CloudWatchReader({ deadlineMs: 5_000, ...options, lookBackMs: HISTORY_MINUTES * MINUTE_MS });
  }

  async history(pool: string): Promise<History> {
    const { start, end } = this.#reader.range;
    const answers = await Promise.allSettled(this.pools.map((name) => this.#read(name)));
    const answer = answers[this.pools.indexOf(pool)];
    const values = answer?.status === 'fulfilled' ? answer.value : null;
    // A minute is dated by its end, as everywhere here.
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
      problems: answer?.status === 'rejected' ? problemsOf(answer.reason) : [],
    };
  }

  async #read(pool: string): Promise<ByMetric> {
    const entries = Object.values(HISTORY_METRICS).map(async (metric) => {
      const { statistic } = METRICS[metric];
      const dimensions = { [POOL_DIMENSION]: pool };
      return [metric, await this.#reader.read({ namespace: METRIC_NAMESPACE, metric, dimensions, statistic })] as const;
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
