import { type AppMetricName, POOL_DIMENSION } from '../core/metrics.js';
import { DEFAULT_NAMESPACE } from '../core/namespace.js';
import type { Logger } from '../core/ports.js';
import type { AppView } from '../core/sample.js';
import { currentMoment, type Moment } from '../time/moment.js';
import { type CloudWatchReader, newest, type SeriesPoint } from './cloudwatch-reader.js';
import { SingleFlightCache } from './single-flight-cache.js';

const WAITING: AppMetricName = 'AppWaiting';
/** Instances publish every minute, and a minute is read once it has settled: older values are not current. */
const MAX_VALUE_AGE_MS = 3 * 60_000;
/** Every metric that is read costs money: an application that never published is queried only this often. */
const SILENT_APP_INTERVAL_MS = 5 * 60_000;
/** In the default namespace it is looked for less often: most that are silent have no gauges at all. */
const MISPLACED_APP_INTERVAL_MS = 60 * 60_000;

export interface AppMetricsOptions {
  /** The namespace of the deployment, where its applications should publish too. */
  readonly namespace: string;
  readonly log: Logger;
  /** @default both clocks of the process */
  readonly now?: () => Moment;
}

/** Reads the metrics that applications publish about their own pools. */
export class AppMetrics {
  readonly #reader: CloudWatchReader;
  readonly #namespace: string;
  readonly #log: Logger;
  readonly #now: () => Moment;
  readonly #publishing = new Set<string>();
  readonly #misplaced = new Set<string>();
  readonly #newest: SingleFlightCache<SeriesPoint | null>;

  /** @param reader queries each metric at most once a minute */
  constructor(reader: CloudWatchReader, { namespace, log, now = currentMoment }: AppMetricsOptions) {
    this.#reader = reader;
    this.#namespace = namespace;
    this.#log = log;
    this.#now = now;
    this.#newest = new SingleFlightCache({ now });
  }

  /**
   * The newest minute of a pool, summed over the application's instances, each of which publishes once a minute. Null when
   * none published recently. An application that starts to publish is detected within five minutes, and then read every
   * minute.
   *
   * An application that never published in the namespace of the deployment is looked for in the default one every hour: there
   * versions before `namespace` published. The log then says, once for each pool, which option to set. Once the application
   * published in the namespace of the deployment, the metrics in the default one are those of another deployment. A new process
   * does not know this before the application publishes again.
   *
   * @throws ProblemError `AWS.CLOUDWATCH` when CloudWatch cannot be read
   */
  async read(pool: string): Promise<AppView | null> {
    const own = await this.#recent(pool, this.#namespace, SILENT_APP_INTERVAL_MS);
    if (this.#namespace === DEFAULT_NAMESPACE || this.#publishing.has(keyOf(pool, this.#namespace))) {
      return own;
    }
    const misplaced = await this.#recent(pool, DEFAULT_NAMESPACE, MISPLACED_APP_INTERVAL_MS);
    if (misplaced !== null && !this.#misplaced.has(pool)) {
      this.#misplaced.add(pool);
      const option = 'Set the option namespace of createPool, or POOL_HEALTH_NAMESPACE, to that of the deployment.';
      const message = `The application publishes its metrics in the namespace ${DEFAULT_NAMESPACE}. ${option}`;
      this.#log('warning', message, { pool, namespace: this.#namespace });
    }
    return misplaced;
  }

  async #recent(pool: string, namespace: string, silentIntervalMs: number): Promise<AppView | null> {
    const key = keyOf(pool, namespace);
    const maxAgeMs = this.#publishing.has(key) ? 0 : silentIntervalMs;
    const last = await this.#newest.get(key, () => this.#query(pool, namespace), maxAgeMs);
    if (last === null) {
      return null;
    }
    this.#publishing.add(key);
    // CloudWatch's time against the wall clock: both are times of day.
    const isRecent = this.#now().wall - last.at <= MAX_VALUE_AGE_MS;
    return isRecent ? { takenAt: last.at, waiting: last.value } : null;
  }

  async #query(pool: string, namespace: string): Promise<SeriesPoint | null> {
    const dimensions = { [POOL_DIMENSION]: pool };
    return newest(await this.#reader.read({ namespace, metric: WAITING, dimensions, statistic: 'Sum' }));
  }
}

function keyOf(pool: string, namespace: string): string {
  return JSON.stringify([namespace, pool]);
}
