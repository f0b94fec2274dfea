import type { History } from '../../core/history.js';
import type { PoolReport, PoolSummary } from '../../core/pool-report.js';

/** What the page knows at a moment. */
export interface Known {
  readonly report: PoolReport | null;
  /** Null with one pool only. */
  readonly pools: readonly PoolSummary[] | null;
  /** When the report came, in milliseconds since 1970. */
  readonly answeredAt: number | null;
  /** Why the last question has no answer; null when it has one. */
  readonly failure: string | null;
  readonly history: History | null;
  readonly historyFailure: string | null;
}

const EVERY_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
/** A check takes five seconds at most, and a function may have to start before it. */
const PATIENCE_MS = 15_000;

/** A question that got no answer to work with, said in words. */
class NoAnswer extends Error {
  constructor(
    readonly words: string,
    /** The status of HTTP; null where there was none. */
    readonly status: number | null,
  ) {
    super(words);
  }
}

const THROTTLED = 429;
const NOT_FOUND = 404;

/**
 * Asks every five seconds while somebody looks; less often when it is told that it asks too often. Addresses are relative,
 * so that it works under any path.
 */
export class Feed {
  readonly #selected: () => string | null;
  readonly #show: (known: Known) => void;
  #known: Known = {
    report: null,
    pools: null,
    answeredAt: null,
    failure: null,
    history: null,
    historyFailure: null,
  };
  #pauseMs = EVERY_MS;
  #timer = 0;
  #round = new AbortController();
  #historyDueAt = 0;

  /** @param selected the pool that is looked at; null for the worst of all */
  constructor(selected: () => string | null, show: (known: Known) => void) {
    this.#selected = selected;
    this.#show = show;
  }

  /** Asks now, instead of what was under way, and then goes on. */
  start(): void {
    this.stop();
    this.#round = new AbortController();
    void this.#ask(this.#round.signal);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#round.abort();
  }

  /** Another pool: nothing that is known of the one before is shown for it. */
  select(): void {
    this.#historyDueAt = 0;
    this.#tell({ report: null, answeredAt: null, failure: null, history: null, historyFailure: null });
    this.start();
  }

  async #ask(stopped: AbortSignal): Promise<void> {
    try {
      const report = await this.#report(stopped);
      if (stopped.aborted) {
        return;
      }
      this.#pauseMs = EVERY_MS;
      this.#tell({ report, answeredAt: Date.now(), failure: null });
      await this.#askHistory(report.pool, stopped);
    } catch (error) {
      if (stopped.aborted) {
        return;
      }
      if (error instanceof NoAnswer && error.status === THROTTLED) {
        this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
      }
      this.#tell({ failure: error instanceof NoAnswer ? error.words : String(error) });
    }
    if (!stopped.aborted) {
      this.#timer = window.setTimeout(() => this.start(), this.#pauseMs);
    }
  }

  /** The report of the selected pool; the list of all stands beside it, also of one that is not there. */
  async #report(stopped: AbortSignal): Promise<PoolReport> {
    const selected = this.#selected();
    const overview = get('health/pool', isReport, stopped).then((all) => {
      if (!stopped.aborted) {
        this.#tell({ pools: all.pools ?? null });
      }
      return all;
    });
    const one = selected === null ? null : get(`health/pool/${encodeURIComponent(selected)}`, isReport, stopped);
    const [all, report] = await Promise.all([overview, one]);
    return report ?? all;
  }

  async #askHistory(pool: string, stopped: AbortSignal): Promise<void> {
    const { history: before } = this.#known;
    if (before && before.pool !== pool) {
      // The worst pool is another one now.
      this.#historyDueAt = 0;
      this.#tell({ history: null });
    }
    if (Date.now() < this.#historyDueAt) {
      return;
    }
    const isKnown = () => !stopped.aborted;
    try {
      const history = await get(`health/history?pool=${encodeURIComponent(pool)}`, isHistory, stopped);
      this.#historyDueAt = Date.now() + Math.min(60, Math.max(5, history.stepSeconds)) * 1_000 - 500;
      const [problem] = history.problems;
      if (isKnown()) {
        this.#tell(problem ? { historyFailure: problem.text } : { history, historyFailure: null });
      }
    } catch (error) {
      this.#historyDueAt = Date.now() + LONGEST_PAUSE_MS / 4;
      if (isKnown()) {
        this.#tell({ historyFailure: historyFailure(error) });
      }
    }
  }

  #tell(news: Partial<Known>): void {
    this.#known = { ...this.#known, ...news };
    this.#show(this.#known);
  }
}

function isReport(body: object): body is PoolReport {
  return 'metrics' in body && 'utilization' in body;
}

function isHistory(body: object): body is History {
  return 'series' in body && 'times' in body;
}

/** An unhealthy pool is an answer too, with status 503. */
async function get<T>(
  address: string,
  isAnswer: (body: object) => body is T & object,
  stopped: AbortSignal,
): Promise<T> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(PATIENCE_MS)]);
  const response = await fetch(address, { signal, cache: 'no-store' }).catch(() => {
    throw new NoAnswer('pool-health cannot be reached', null);
  });
  const body: unknown = await response.json().catch(() => null);
  if (typeof body === 'object' && body !== null && isAnswer(body)) {
    return body;
  }
  throw new NoAnswer(
    FAILURES[response.status] ?? `pool-health answered with status ${response.status}`,
    response.status,
  );
}

const FAILURES: Readonly<Record<number, string>> = {
  [NOT_FOUND]: 'pool-health knows no such pool',
  401: 'pool-health answers signed requests only',
  403: 'pool-health answers signed requests only',
  [THROTTLED]: 'pool-health is asked too often',
};

/** A pool may be watched before it has a history: until its first check, or until the next deployment names it. */
function historyFailure(error: unknown): string {
  if (error instanceof NoAnswer) {
    return error.status === NOT_FOUND ? 'there is none of this pool yet' : error.words;
  }
  return String(error);
}
