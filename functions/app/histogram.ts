/** Upper bounds of the buckets in milliseconds: those of Prisma's removed histograms, so that old queries still fit. */
const BOUNDS_MS = [0, 1, 5, 10, 50, 100, 500, 1_000, 5_000, 50_000] as const;

/** How times were spread, since the beginning. */
export interface HistogramSnapshot {
  readonly count: number;
  readonly sumMs: number;
  /** Cumulative: how many took at most `leMs` milliseconds. What took longer than the last bound is in `count` only. */
  readonly buckets: readonly { readonly leMs: number; readonly count: number }[];
}

/** Counts times by how long they were. */
export class Histogram {
  readonly #counts = BOUNDS_MS.map(() => 0);
  #count = 0;
  #sumMs = 0;

  observe(ms: number): void {
    this.#count += 1;
    this.#sumMs += ms;
    const index = BOUNDS_MS.findIndex((bound) => ms <= bound);
    if (index >= 0) {
      this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    }
  }

  snapshot(): HistogramSnapshot {
    let below = 0;
    const buckets = BOUNDS_MS.map((leMs, index) => {
      below += this.#counts[index] ?? 0;
      return { leMs, count: below };
    });
    return { count: this.#count, sumMs: this.#sumMs, buckets };
  }
}
