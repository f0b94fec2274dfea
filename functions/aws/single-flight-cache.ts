import { ageMs, currentMoment, type Moment } from '../time/moment.js';

export interface SingleFlightCacheOptions {
  /**
   * Milliseconds for which a value is valid, counted from the start of its read. `get` can require a younger one.
   *
   * @default a value never expires
   */
  readonly maxAgeMs?: number;
  /**
   * Milliseconds after a failed read in which the key is not read again, counted from the failure.
   *
   * @default 0, the next `get` reads again
   */
  readonly retryDelayMs?: number;
  /**
   * Whether a failed read returns the last good value, of whatever age, instead of the error.
   *
   * @default false
   */
  readonly keepLastGood?: boolean;
  /** @default both clocks of the process */
  readonly now?: () => Moment;
}

/** The state of a key, when it began, and what `get` returns. A failed entry returns its error, or the last good value. */
interface Entry<T> {
  state: 'reading' | 'read' | 'failed';
  since: Moment;
  answer: Promise<T>;
  /** The last value that was read, until a newer one is. */
  before: Entry<T> | null;
}

/**
 * Values by key, each read once while it is valid.
 *
 *     (absent) -- get --> reading -- success --> read    -- older than maxAgeMs, get ------> reading
 *                         reading -- failure --> failed  -- older than retryDelayMs, get --> reading
 *                                                read, failed -- invalidate --> (absent)
 *
 * - Single flight: while a key is being read, every `get` of the key waits for that read and starts no second one. A read
 *   therefore needs a deadline of its own.
 * - Age: `maxAgeMs` is the maximum age of a value. Each call of `get` can set its own. A read for a caller that needs a younger
 *   value takes nothing from the others, whether it hangs or fails: the value before stays valid for them.
 * - Failure: without `retryDelayMs` a failure is not cached. With it, callers get the same failure until the delay is over.
 * - Last good value: with `keepLastGood`, a key that was read once never fails again until it is invalidated.
 */
export class SingleFlightCache<T> {
  readonly #maxAgeMs: number;
  readonly #retryDelayMs: number;
  readonly #keepLastGood: boolean;
  readonly #now: () => Moment;
  readonly #entries = new Map<string, Entry<T>>();

  constructor({
    maxAgeMs = Number.POSITIVE_INFINITY,
    retryDelayMs = 0,
    keepLastGood = false,
    now = currentMoment,
  }: SingleFlightCacheOptions = {}) {
    this.#maxAgeMs = maxAgeMs;
    this.#retryDelayMs = retryDelayMs;
    this.#keepLastGood = keepLastGood;
    this.#now = now;
  }

  /**
   * The cached value of a key, or the value that `read` returns.
   *
   * @param maxAgeMs milliseconds; a cached value has to be younger, so 0 accepts only a value that is being read now
   * @throws what `read` throws, now or within the retry delay, unless the last good value is returned instead
   */
  get(key: string, read: () => Promise<T>, maxAgeMs = this.#maxAgeMs): Promise<T> {
    const cached = this.#entries.get(key) ?? null;
    for (const entry of [cached?.before, cached]) {
      if (entry && this.#isValid(entry, maxAgeMs)) {
        return entry.answer;
      }
    }
    const before = cached?.state === 'read' ? cached : (cached?.before ?? null);
    const entry: Entry<T> = { state: 'reading', since: this.#now(), answer: read(), before };
    entry.answer = entry.answer.then(
      (value) => {
        entry.state = 'read';
        entry.before = null;
        return value;
      },
      (error: unknown) => {
        entry.state = 'failed';
        entry.since = this.#now();
        if (this.#keepLastGood && entry.before) {
          return entry.before.answer;
        }
        throw error;
      },
    );
    this.#entries.set(key, entry);
    return entry.answer;
  }

  /** Removes the value of a key and its last good value. A running read continues, because its value is newer. */
  invalidate(key: string): void {
    if (this.#entries.get(key)?.state !== 'reading') {
      this.#entries.delete(key);
    }
  }

  #isValid({ state, since }: Entry<T>, maxAgeMs: number): boolean {
    const isYounger = (ms: number) => ms === Number.POSITIVE_INFINITY || ageMs(since, this.#now()) < ms;
    switch (state) {
      case 'reading':
        return true;
      case 'read':
        return isYounger(maxAgeMs);
      case 'failed':
        return isYounger(this.#retryDelayMs);
    }
  }
}
