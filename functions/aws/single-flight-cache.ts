/** Milliseconds after which what could not be had is asked for again: less than a minute, for the next scheduled check to do so. */
const ASK_AGAIN_MS = 50_000;

interface Entry<T> {
  /** Milliseconds since 1970. */
  until: number;
  answer: Promise<T>;
  lastGood: { readonly value: T } | null;
}

/**
 * Answers by key, each asked for once while it lasts, however many want it at the same time. When it cannot be renewed the
 * last good one stays, and is asked for again by the next check; where there is none, the failure lasts that long.
 */
export class SingleFlightCache<T> {
  readonly #keepMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry<T>>();

  /** @param now milliseconds since 1970 */
  constructor(keepMs: number, now: () => number) {
    this.#keepMs = keepMs;
    this.#now = now;
  }

  /** @throws what `ask` throws, when there never was a good answer */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const before = this.#entries.get(key);
    if (before && this.#now() < before.until) {
      return before.answer;
    }
    const until = this.#now() + this.#keepMs;
    const entry: Entry<T> = { until, answer: ask(), lastGood: before?.lastGood ?? null };
    entry.answer = entry.answer.then(
      (value) => {
        entry.lastGood = { value };
        return value;
      },
      (error: unknown) => {
        entry.until = this.#now() + ASK_AGAIN_MS;
        if (entry.lastGood) {
          return entry.lastGood.value;
        }
        throw error;
      },
    );
    this.#entries.set(key, entry);
    return entry.answer;
  }
}
