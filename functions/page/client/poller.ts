import * as v from 'valibot';
import { HISTORY, type History } from '../../core/history.js';
import { POOL_REPORT, type PoolReport, type PoolSummary } from '../../core/pool-report.js';
import { ageMs, currentMoment, type Moment, NEVER } from '../../time/moment.js';

const POLL_INTERVAL_MS = 5_000;
const MAX_POLL_INTERVAL_MS = 60_000;
/** A check takes up to 5 seconds, and a function may have to start before it. */
const REQUEST_TIMEOUT_MS = 15_000;
const HISTORY_RETRY_MS = 15_000;

const THROTTLED = 429;
const NOT_FOUND = 404;
const FAILURES: Readonly<Record<number, string>> = {
  [NOT_FOUND]: 'There is no such pool',
  401: 'pool-health accepts only signed requests',
  403: 'pool-health accepts only signed requests',
  [THROTTLED]: 'Too many requests: the page now polls less often',
};

/** What the page shows. */
export interface PageState {
  readonly report: PoolReport | null;
  /** Null if there is only one pool. */
  readonly pools: readonly PoolSummary[] | null;
  /** When the report was received. */
  readonly receivedAt: Moment | null;
  /** Why the last request failed; null if it succeeded. */
  readonly failure: string | null;
  readonly history: History | null;
  readonly historyFailure: string | null;
}

const EMPTY_STATE: PageState = {
  report: null,
  pools: null,
  receivedAt: null,
  failure: null,
  history: null,
  historyFailure: null,
};

class RequestError extends Error {
  constructor(
    message: string,
    /** Null if there was no response. */
    readonly status: number | null,
  ) {
    super(message);
  }
}

/**
 * Polls the API every five seconds until it is stopped, and less often while the API throttles. Addresses are relative, so
 * the page works under any path.
 */
export class Poller {
  readonly #selectedPool: () => string | null;
  readonly #onChange: (state: PageState) => void;
  #state = EMPTY_STATE;
  #intervalMs = POLL_INTERVAL_MS;
  #timer = 0;
  #round = new AbortController();
  #historyReadAt = NEVER;
  #historyIntervalMs = 0;

  /** @param selectedPool returns the pool to show, or null for the worst */
  constructor(selectedPool: () => string | null, onChange: (state: PageState) => void) {
    this.#selectedPool = selectedPool;
    this.#onChange = onChange;
  }

  /** Polls now, and then at the interval. Aborts a request that is under way. */
  start(): void {
    this.stop();
    this.#round = new AbortController();
    void this.#poll(this.#round.signal);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#round.abort();
  }

  /** Call it when another pool was selected: drops the data of the previous pool. */
  restart(): void {
    this.#historyReadAt = NEVER;
    this.#update({ ...EMPTY_STATE, pools: this.#state.pools });
    this.start();
  }

  async #poll(stopped: AbortSignal): Promise<void> {
    try {
      const report = await this.#fetchReport(stopped);
      if (stopped.aborted) {
        return;
      }
      this.#intervalMs = POLL_INTERVAL_MS;
      this.#update({ report, receivedAt: currentMoment(), failure: null });
      await this.#refreshHistory(report.pool, stopped);
    } catch (error) {
      if (stopped.aborted) {
        return;
      }
      if (error instanceof RequestError && error.status === THROTTLED) {
        this.#intervalMs = Math.min(MAX_POLL_INTERVAL_MS, this.#intervalMs * 2);
      }
      this.#update({ failure: textOf(error) });
    }
    if (!stopped.aborted) {
      this.#timer = window.setTimeout(() => this.start(), this.#intervalMs);
    }
  }

  /** Fetches the report of the selected pool. Also updates the list of pools, even if the selected pool does not exist. */
  async #fetchReport(stopped: AbortSignal): Promise<PoolReport> {
    const selected = this.#selectedPool();
    const worst = fetchJson('health/pool', POOL_REPORT, stopped).then((report) => {
      if (!stopped.aborted) {
        this.#update({ pools: report.pools ?? null });
      }
      return report;
    });
    const one =
      selected === null ? null : fetchJson(`health/pool/${encodeURIComponent(selected)}`, POOL_REPORT, stopped);
    const [worstReport, oneReport] = await Promise.all([worst, one]);
    return oneReport ?? worstReport;
  }

  async #refreshHistory(pool: string, stopped: AbortSignal): Promise<void> {
    const { history: previous } = this.#state;
    if (previous && previous.pool !== pool) {
      // Another pool is the worst now.
      this.#historyReadAt = NEVER;
      this.#update({ history: null });
    }
    if (ageMs(this.#historyReadAt) < this.#historyIntervalMs) {
      return;
    }
    try {
      const history = await fetchJson(`health/history?pool=${encodeURIComponent(pool)}`, HISTORY, stopped);
      this.#historyReadAt = currentMoment();
      this.#historyIntervalMs = Math.min(60, Math.max(5, history.stepSeconds)) * 1_000 - 500;
      const [problem] = history.problems;
      if (!stopped.aborted) {
        this.#update(problem ? { historyFailure: unavailable(problem.text) } : { history, historyFailure: null });
      }
    } catch (error) {
      this.#historyReadAt = currentMoment();
      this.#historyIntervalMs = HISTORY_RETRY_MS;
      if (!stopped.aborted) {
        this.#update({ historyFailure: historyFailure(error) });
      }
    }
  }

  #update(changes: Partial<PageState>): void {
    this.#state = { ...this.#state, ...changes };
    this.#onChange(this.#state);
  }
}

/** Returns the body also for status 503, which is an unhealthy pool. @throws RequestError */
async function fetchJson<Schema extends v.GenericSchema>(
  address: string,
  schema: Schema,
  stopped: AbortSignal,
): Promise<v.InferOutput<Schema>> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  const response = await fetch(address, { signal, cache: 'no-store' }).catch(() => {
    throw new RequestError('pool-health cannot be reached', null);
  });
  const body: unknown = await response.json().catch(() => null);
  const { success, output } = v.safeParse(schema, body);
  if (success) {
    return output;
  }
  throw new RequestError(
    FAILURES[response.status] ?? `pool-health answered with status ${response.status}`,
    response.status,
  );
}

function textOf(error: unknown): string {
  return error instanceof RequestError ? error.message : String(error);
}

/** A pool has no history before its first check, or before the deployment that names it. */
function historyFailure(error: unknown): string {
  const isNotFound = error instanceof RequestError && error.status === NOT_FOUND;
  return isNotFound ? 'This pool has no history yet.' : unavailable(textOf(error));
}

function unavailable(reason: string): string {
  return `History unavailable: ${reason}`;
}
