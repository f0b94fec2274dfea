import { type AppMetricName, METRIC_NAMESPACE, POOL_DIMENSION } from '../core/metrics.js';
import type { AppView } from '../core/sample.js';
import { currentMoment, type Moment } from '../time/moment.js';
import { type CloudWatchReader, newest, type SeriesPoint } from './cloudwatch-reader.js';
import { SingleFlightCache } from './single-flight-cache.js';

const WAITING: AppMetricName = 'AppWaiting';
/** Instances publish every minute, and a minute is read once it has settled: older values are not current. */
const MAX_VALUE_AGE_MS = 3 * 60_000;
/** Every metric that is read costs money: an application that never published is queried only this often. */
const SILENT_APP_INTERVAL_MS = 5 * 60_000;

/** Reads the metrics that applications publish about their own pools. */
export class AppMetrics {
  readonly #reader: CloudWatchReader;
  readonly #now: () => Moment;
  readonly #publishing = new Set<string>();
  readonly #newest: SingleFlightCache<SeriesPoint | null>;

  /**
   * @param reader queries each pool at most once a minute
   * @param now both clocks of the process
   */
  constructor(reader: CloudWatchReader, now = currentMoment) {
    this.#reader = reader;
    this.#now = now;
    this.#newest = new SingleFlightCache({ now });
  }

  /**
   * The newest minute of a pool, summed over the application's instances, each of which publishes once a minute. Null when
   * none published recently. An application that starts to publish is detected within five minutes, and then read every
   * minute.
   *
   * @throws ProblemError `AWS.CLOUDWATCH` when CloudWatch cannot be read
   */
  async read(pool: string): Promise<AppView | null> {
    const maxAgeMs = this.#publishing.has(pool) ? 0 : SILENT_APP_INTERVAL_MS;
    const last = await this.#newest.get(pool, () => this.#query(pool), maxAgeMs);
    // CloudWatch's time against the wall clock: both are times of day.
    const isRecent = last !== null && this.#now().wall - last.at <= MAX_VALUE_AGE_MS;
    return isRecent ? { takenAt: last.at, waiting: last.value } : null;
  }

  async #query(pool: string): Promise<SeriesPoint | null> {
    const dimensions = { [POOL_DIMENSION]: pool };
    const query = { namespace: METRIC_NAMESPACE, metric: WAITING, dimensions, statistic: 'Sum' } as const;
    const last = newest(await this.#reader.read(query));
    if (last !== null) {
      this.#publishing.add(pool);
    }
    return last;
  }
}
