import { HISTORY_MINUTES, type History, type HistorySource, historySeries } from '../core/history.js';
import { type Datapoints, datapoints } from '../core/metrics.js';
import type { Assessment } from '../core/verdict.js';

const MAX_AGE_MS = HISTORY_MINUTES * 60_000;
/** Minimum time range of a history, so that the page does not stretch the first minutes to the full width. */
const MIN_RANGE_MS = 5 * 60_000;
/** Checks in a row that may be missing, for example while a computer sleeps, before the history has a gap. */
const MAX_MISSING_CHECKS = 3;

type Values = Datapoints['values'];
type Point = readonly [at: number, values: Values];

/** The last hour of `npm start`, collected from its own checks. */
export class LocalHistory implements HistorySource {
  readonly #stepMs: number;
  readonly #now: () => number;
  readonly #points = new Map<string, Point[]>();

  /**
   * @param stepMs milliseconds from check to check
   * @param now milliseconds since 1970
   */
  constructor(stepMs: number, now: () => number = Date.now) {
    this.#stepMs = stepMs;
    this.#now = now;
  }

  get pools(): readonly string[] {
    return [...this.#points.keys()];
  }

  /** Adds the metrics of a check. */
  add(assessments: readonly Assessment[]): void {
    for (const { pool, timestamp, values } of assessments.map(datapoints)) {
      const points = this.#points.get(pool) ?? [];
      points.push(...this.#missing(points.at(-1)?.[0] ?? timestamp, timestamp), [timestamp, values]);
      this.#points.set(
        pool,
        // Also without those after it, from before the clock was set back: the chart needs an order.
        points.filter(([at], index) => at >= timestamp - MAX_AGE_MS && (at < timestamp || index === points.length - 1)),
      );
    }
  }

  /** Empty points for the checks that are missing between two others. */
  #missing(before: number, timestamp: number): Point[] {
    const gapMs = timestamp - before;
    if (gapMs <= MAX_MISSING_CHECKS * this.#stepMs) {
      return [];
    }
    const steps = Math.ceil(Math.min(gapMs, MAX_AGE_MS) / this.#stepMs) - 1;
    return Array.from({ length: steps }, (_, index): Point => [timestamp - (steps - index) * this.#stepMs, {}]);
  }

  async history(pool: string): Promise<History> {
    const to = this.#now();
    const points = (this.#points.get(pool) ?? []).filter(([at]) => at >= to - MAX_AGE_MS);
    const first = points[0]?.[0] ?? to;
    const times = points.map(([at]) => at / 1_000);
    return {
      pool,
      source: 'memory',
      stepSeconds: this.#stepMs / 1_000,
      from: new Date(Math.min(first, to - MIN_RANGE_MS)).toISOString(),
      to: new Date(to).toISOString(),
      times,
      series: historySeries(times, (metric, index) => points[index]?.[1][metric]),
      problems: [],
    };
  }
}
