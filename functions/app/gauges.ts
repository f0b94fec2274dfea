import { Histogram, type HistogramSnapshot } from './histogram.js';

/** A pool at one moment, and what it did since it was made. */
export interface PoolSnapshot {
  readonly pool: string;
  /** Milliseconds since 1970. */
  readonly takenAt: number;
  /** Connections it may open. */
  readonly size: number;
  /** Connections that are logged in: `busy` and `idle`. */
  readonly open: number;
  /** Given out to somebody, whether or not a statement runs. */
  readonly busy: number;
  readonly idle: number;
  /** Requests that wait because all connections are given out and no more may be opened. */
  readonly waiting: number;
  readonly totals: PoolTotals;
}

/** Since the pool was made; they only grow. */
export interface PoolTotals {
  readonly opened: number;
  readonly closed: number;
  /** Requests that got a connection. */
  readonly acquires: number;
  /** Requests that got none within `connectionTimeout`. */
  readonly acquireTimeouts: number;
  /** Requests that got none for another reason, such as a refused login. */
  readonly acquireFailures: number;
  /** Requests that had to wait for a connection of somebody else, whatever became of them. */
  readonly waits: number;
  /** The longest that any request took to be answered, in milliseconds. */
  readonly longestWaitMs: number;
  /** How long requests took to get their connection, the opening of new ones included. */
  readonly acquireTimes: HistogramSnapshot;
}

/** The most at the same time since the last `takePeaks`. */
export interface Peaks {
  readonly open: number;
  readonly busy: number;
  readonly waiting: number;
}

/** How a request for a connection ended. */
export type Outcome = 'acquired' | 'timeout' | 'failed';

/** A request under way. */
export interface PendingRequest {
  /** It found no connection and no room for another. */
  waits(): void;
  settled(outcome: Outcome): void;
}

/** Counts what a pool does, told of it event by event, so that nothing between two looks is lost. */
export class Gauges {
  readonly #idle: () => number;
  readonly #now: () => number;
  readonly #acquireTimes = new Histogram();
  readonly #totals = { opened: 0, closed: 0, acquires: 0, acquireTimeouts: 0, acquireFailures: 0, waits: 0 };
  #longestWaitMs = 0;
  #busy = 0;
  #waiting = 0;
  #peaks: { open: number; busy: number; waiting: number } = { open: 0, busy: 0, waiting: 0 };

  /**
   * @param idle connections that are open and not given out
   * @param now milliseconds of a clock that is never set back
   */
  constructor(idle: () => number, now: () => number = () => performance.now()) {
    this.#idle = idle;
    this.#now = now;
  }

  get busy(): number {
    return this.#busy;
  }

  get open(): number {
    return this.#busy + this.#idle();
  }

  get waiting(): number {
    return this.#waiting;
  }

  opened(): void {
    this.#totals.opened += 1;
  }

  closed(): void {
    this.#totals.closed += 1;
  }

  given(): void {
    this.#busy += 1;
    this.#peaks.busy = Math.max(this.#peaks.busy, this.#busy);
    this.#peaks.open = Math.max(this.#peaks.open, this.open);
  }

  givenBack(): void {
    this.#busy -= 1;
  }

  requested(): PendingRequest {
    const since = this.#now();
    let isWaiting = false;
    return {
      waits: () => {
        isWaiting = true;
        this.#totals.waits += 1;
        this.#waiting += 1;
        this.#peaks.waiting = Math.max(this.#peaks.waiting, this.#waiting);
      },
      settled: (outcome) => {
        this.#waiting -= isWaiting ? 1 : 0;
        this.#settle(outcome, this.#now() - since);
      },
    };
  }

  #settle(outcome: Outcome, tookMs: number): void {
    this.#longestWaitMs = Math.max(this.#longestWaitMs, tookMs);
    if (outcome === 'acquired') {
      this.#totals.acquires += 1;
      this.#acquireTimes.observe(tookMs);
    } else if (outcome === 'timeout') {
      this.#totals.acquireTimeouts += 1;
    } else {
      this.#totals.acquireFailures += 1;
    }
  }

  /** Whether anything was open or waited since the last `takePeaks`. */
  get hasPeaks(): boolean {
    return this.#peaks.open > 0 || this.#peaks.waiting > 0;
  }

  /** The peaks so far; from now on they start with what there is. */
  takePeaks(): Peaks {
    const peaks = this.#peaks;
    this.#peaks = { open: this.open, busy: this.#busy, waiting: this.#waiting };
    return peaks;
  }

  snapshot(pool: string, size: number): PoolSnapshot {
    const idle = this.#idle();
    return {
      pool,
      takenAt: Date.now(),
      size,
      open: this.#busy + idle,
      busy: this.#busy,
      idle,
      waiting: this.#waiting,
      totals: { ...this.#totals, longestWaitMs: this.#longestWaitMs, acquireTimes: this.#acquireTimes.snapshot() },
    };
  }
}
