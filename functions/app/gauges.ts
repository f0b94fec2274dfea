/** Upper bounds of the buckets in milliseconds. Prisma's removed histograms had the same, so old queries still work. */
const BOUNDS_MS = [0, 1, 5, 10, 50, 100, 500, 1_000, 5_000, 50_000] as const;

/** The state of a pool at one time, and its counters. */
export interface PoolSnapshot {
  readonly pool: string;
  /** Milliseconds since 1970. */
  readonly takenAt: number;
  /** The maximum of connections. */
  readonly size: number;
  /** Open connections: `busy` and `idle`. */
  readonly open: number;
  /** Connections in use by the application, whether or not a statement runs. */
  readonly busy: number;
  readonly idle: number;
  /** Requests that wait because all connections are in use and the pool is at its maximum. */
  readonly waiting: number;
  readonly totals: PoolTotals;
}

/** Counters since the pool was made. They never decrease. */
export interface PoolTotals {
  readonly opened: number;
  readonly closed: number;
  /** Requests that acquired a connection. */
  readonly acquires: number;
  /** Requests that timed out after `connectionTimeout`. */
  readonly acquireTimeouts: number;
  /** Requests that failed for another reason, such as a refused login. */
  readonly acquireFailures: number;
  /** Requests that had to wait for a connection in use, whatever their outcome. */
  readonly waits: number;
  /** The longest time until a request acquired a connection or failed, in milliseconds. */
  readonly longestWaitMs: number;
  /** Times until requests acquired their connection, including the time to open a new one. */
  readonly acquireTimes: HistogramSnapshot;
}

/** Distribution of times since the pool was made. */
export interface HistogramSnapshot {
  readonly count: number;
  readonly sumMs: number;
  /** Cumulative: the number of times up to `leMs` milliseconds. Times above the last bound are only in the total `count`. */
  readonly buckets: readonly { readonly leMs: number; readonly count: number }[];
}

/** The highest values since the last `takePeaks`. */
export interface Peaks {
  readonly open: number;
  readonly inUse: number;
  readonly waiting: number;
}

/** The outcome of a request for a connection. */
export type Outcome = 'acquired' | 'timeout' | 'failed';

/** A request without an outcome yet. */
export interface PendingRequest {
  /** The pool is full: the request waits for a connection in use. */
  waits(): void;
  settled(outcome: Outcome): void;
}

/** Counts the events of a pool. Peaks include what happens between two samples. */
export class Gauges {
  readonly #idle: () => number;
  readonly #now: () => number;
  readonly #acquireTimes = new Histogram();
  readonly #totals = { opened: 0, closed: 0, acquires: 0, acquireTimeouts: 0, acquireFailures: 0, waits: 0 };
  #longestWaitMs = 0;
  #inUse = 0;
  #waiting = 0;
  #peaks = { open: 0, inUse: 0, waiting: 0 };

  /**
   * @param idle returns the number of idle connections
   * @param now a monotonic clock in milliseconds
   */
  constructor(idle: () => number, now: () => number = () => performance.now()) {
    this.#idle = idle;
    this.#now = now;
  }

  get inUse(): number {
    return this.#inUse;
  }

  get open(): number {
    return this.#inUse + this.#idle();
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

  acquired(): void {
    this.#inUse += 1;
    this.#peaks.inUse = Math.max(this.#peaks.inUse, this.#inUse);
    this.#peaks.open = Math.max(this.#peaks.open, this.open);
  }

  released(): void {
    this.#inUse -= 1;
  }

  requested(): PendingRequest {
    const startedAt = this.#now();
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
        this.#settle(outcome, this.#now() - startedAt);
      },
    };
  }

  #settle(outcome: Outcome, elapsedMs: number): void {
    this.#longestWaitMs = Math.max(this.#longestWaitMs, elapsedMs);
    if (outcome === 'acquired') {
      this.#totals.acquires += 1;
      this.#acquireTimes.observe(elapsedMs);
    } else if (outcome === 'timeout') {
      this.#totals.acquireTimeouts += 1;
    } else {
      this.#totals.acquireFailures += 1;
    }
  }

  /** Whether a connection was open or a request waited since the last `takePeaks`. */
  get hasPeaks(): boolean {
    return this.#peaks.open > 0 || this.#peaks.waiting > 0;
  }

  /** Returns the peaks, and starts new ones at the current values. */
  takePeaks(): Peaks {
    const peaks = this.#peaks;
    this.#peaks = { open: this.open, inUse: this.#inUse, waiting: this.#waiting };
    return peaks;
  }

  snapshot(pool: string, size: number): PoolSnapshot {
    const idle = this.#idle();
    return {
      pool,
      takenAt: Date.now(),
      size,
      open: this.#inUse + idle,
      busy: this.#inUse,
      idle,
      waiting: this.#waiting,
      totals: { ...this.#totals, longestWaitMs: this.#longestWaitMs, acquireTimes: this.#acquireTimes.snapshot() },
    };
  }
}

class Histogram {
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
