import { detailsReport, type RoundTrip } from '../core/details-report.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import { worstOf } from '../core/pool-report.js';
import { DETAILS_ROUTE } from '../core/routes.js';
import type { Monitor } from '../monitor/monitor.js';
import { ageMs, currentMoment, type Moment } from '../time/moment.js';
import { assessForGet } from './assess-for-get.js';
import { type HttpHandler, json, routeGets } from './http.js';

/** Maximum time between two counts: a rate over a longer time would not be current. */
const RATE_MAX_INTERVAL_MS = 5 * 60_000;

/** Measures a round trip to the database of a pool; nothing is measured if the config is null. Never throws. */
export type MeasureRoundTrip = (config: ValidatedPoolConfig | null) => Promise<RoundTrip>;

export interface DetailsHandlerParts {
  readonly monitor: Monitor;
  readonly measureRoundTrip: MeasureRoundTrip;
}

/**
 * `GET /health/details`: details for an engineer on call, about the pool in `?pool=<name>` or the worst pool. 200 if the
 * pool is healthy and 503 if not, with the same body.
 */
export function detailsHandler({ monitor, measureRoundTrip }: DetailsHandlerParts): HttpHandler {
  const rate = new TransactionRate();
  return routeGets({
    [DETAILS_ROUTE]: async ({ queryPool }) => {
      const [first, ...rest] = await assessForGet(monitor, queryPool);
      if (!first) {
        return json(404, { message: 'Not found: no such pool' });
      }
      const assessment = worstOf([first, ...rest]);
      const { pool, config } = assessment;
      const [holders, roundTrip] = await Promise.all([
        monitor.sessionGroups({ pool, config, problems: [] }),
        measureRoundTrip(config),
      ]);
      const now = currentMoment();
      const transactionsPerSecond = rate.next(pool, holders.transactions, now);
      const report = detailsReport({ assessment, holders, roundTrip, transactionsPerSecond }, now.wall);
      return json(report.status === 'ok' ? 200 : 503, report);
    },
  });
}

/** Transactions per second of each pool, from the counter of its database. */
export class TransactionRate {
  readonly #counts = new Map<string, { readonly transactions: number; readonly at: Moment }>();

  /**
   * The rate since the previous count of this pool; null for the first one, after a reset of the statistics and after a long
   * pause.
   *
   * @param transactions the counter; null if it is unknown
   */
  next(pool: string, transactions: number | null, at: Moment): number | null {
    const before = this.#counts.get(pool);
    if (transactions === null) {
      return null;
    }
    this.#counts.set(pool, { transactions, at });
    if (!before || transactions < before.transactions) {
      return null;
    }
    const intervalMs = ageMs(before.at, at);
    const isUsable = intervalMs > 0 && intervalMs <= RATE_MAX_INTERVAL_MS;
    return isUsable ? ((transactions - before.transactions) * 1_000) / intervalMs : null;
  }
}
