import { type AppMetricName, METRIC_NAMESPACE, POOL_DIMENSION } from '../contract/metrics.js';
import type { AppView } from '../health/sample.js';
import type { MetricReader } from './metric-reader.js';
import { newest } from './series.js';

const WAITING: AppMetricName = 'AppWaiting';
/** Instances publish every minute, and a minute is read when it has settled: what is older than that says nothing of now. */
const RECENT_MS = 3 * 60_000;

/**
 * What the application says of its own pools: the newest minute, summed over its instances, each of which publishes once a
 * minute. Null when none did lately.
 *
 * @param reader asks for it once a minute
 * @throws ProblemError `AWS.CLOUDWATCH` when CloudWatch cannot be asked
 */
export async function appGauges(reader: MetricReader, pool: string, now = Date.now): Promise<AppView | null> {
  const dimensions = { [POOL_DIMENSION]: pool };
  const waiting = await reader.read({ namespace: METRIC_NAMESPACE, metric: WAITING, dimensions, statistic: 'Sum' });
  const last = newest(waiting);
  const isRecent = last !== null && now() - last.at <= RECENT_MS;
  return isRecent ? { takenAt: last.at, waiting: last.value } : null;
}
