import { type Datapoints, datapoints } from '../core/datapoints.js';
import { HISTORY_MINUTES, type History, type HistorySource, historySeries } from '../core/history.js';
import type { Assessment } from '../core/pool-report.js';

const KEEP_MS = HISTORY_MINUTES * 60_000;
/** What a history covers at least, so that the first minutes are not drawn as wide as an hour. */
const LEAST_MS = 5 * 60_000;
/** Checks that may be missing, as while a computer sleeps, before it shows as a gap. */
const MISSING_CHECKS = 3;

type Values = Datapoints['values'];
type Point = readonly [at: number, values: Values];

/** The last hour of `npm start`, from its own checks: nothing is asked for it. */
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

  /** Remembers what a check saw. */
  add(assessments: readonly Assessment[]): void {
    for (const { pool, timestamp, values } of assessments.map(datapoints)) {
      const points = this.#points.get(pool) ?? [];
      points.push(...this.#missing(points.at(-1)?.[0] ?? timestamp, timestamp), [timestamp, values]);
      this.#points.set(
        pool,
        points.filter(([at]) => at >= timestamp - KEEP_MS),
      );
    }
  }

  /** The checks that there should have been between two, of which nothing is known. */
  #missing(before: number, timestamp: number): Point[] {
    const gapMs = timestamp - before;
    if (gapMs <= MISSING_CHECKS * this.#stepMs) {
      return [];
    }
    const steps = Math.ceil(Math.min(gapMs, KEEP_MS) / this.#stepMs) - 1;
    return Array.from({ length: steps }, (_, index): Point => [timestamp - (steps - index) * this.#stepMs, {}]);
  }

  async history(pool: string): Promise<History> {
    const to = this.#now();
    const points = (this.#points.get(pool) ?? []).filter(([at]) => at >= to - KEEP_MS);
    const first = points[0]?.[0] ?? to;
    const times = points.map(([at]) => at / 1_000);
    return {
      pool,
      source: 'memory',
      stepSeconds: this.#stepMs / 1_000,
      from: new Date(Math.min(first, to - LEAST_MS)).toISOString(),
      to: new Date(to).toISOString(),
      times,
      series: historySeries(times, (metric, index) => points[index]?.[1][metric]),
      problems: [],
    };
  }
}
