import { type AppMetricName, METRIC_NAMESPACE, POOL_DIMENSION } from '../core/metrics.js';
import type { AppView } from '../core/sample.js';
import type { CloudWatchReader } from './cloudwatch-reader.js';
import { newest } from './series.js';

const WAITING: AppMetricName = 'AppWaiting';
/** Instances publish every minute, and a minute is read when it has settled: what is older than that says nothing of now. */
const RECENT_MS = 3 * 60_000;

/** How long an application that was never heard of is not asked for again: every metric that is read is charged. */
const ASK_AGAIN_MS = 5 * 60_000;

/** What applications say of their own pools. */
export class AppMetrics {
  readonly #reader: CloudWatchReader;
  readonly #now: () => number;
  readonly #heardOf = new Set<string>();
  readonly #askAgainAt = new Map<string, number>();

  /**
   * @param reader asks for each pool once a minute
   * @param now milliseconds since 1970
   */
  constructor(reader: CloudWatchReader, now = Date.now) {
    this.#reader = reader;
    this.#now = now;
  }

  /**
   * The newest minute of a pool, summed over the application's instances, each of which publishes once a minute. Null when
   * none did lately. An application that begins to publish is heard of within five minutes, and from then on every minute.
   *
   * @throws ProblemError `AWS.CLOUDWATCH` when CloudWatch cannot be asked
   */
  async read(pool: string): Promise<AppView | null> {
    if (this.#now() < (this.#askAgainAt.get(pool) ?? 0)) {
      return null;
    }
    const dimensions = { [POOL_DIMENSION]: pool };
    const query = { namespace: METRIC_NAMESPACE, metric: WAITING, dimensions, statistic: 'Sum' } as const;
    const last = newest(await this.#reader.read(query));
    if (last !== null) {
      this.#heardOf.add(pool);
    } else if (!this.#heardOf.has(pool)) {
      this.#askAgainAt.set(pool, this.#now() + ASK_AGAIN_MS);
    }
    const isRecent = last !== null && this.#now() - last.at <= RECENT_MS;
    return isRecent ? { takenAt: last.at, waiting: last.value } : null;
  }
}
