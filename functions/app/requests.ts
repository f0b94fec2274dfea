import type pg from 'pg';
import type { Gauges, Outcome } from './gauges.js';

/** What pg tells who asked for a connection. */
export type Callback = (error: Error | undefined, client: pg.PoolClient | undefined, release: () => void) => void;

/** A request that has no answer yet. */
export interface OpenRequest {
  /** It found no connection and no room for another. */
  waits(): void;
  readonly answer: Callback;
}

/** How pg says that `connectionTimeoutMillis` is over: for one in the queue, and for one that opens a connection. */
const TIMEOUT_MESSAGES: ReadonlySet<string> = new Set([
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
]);

/** The requests for a connection that have no answer yet. Each is counted, and answered once. */
export class Requests {
  readonly #gauges: Gauges;
  readonly #onAnswered: () => void;
  readonly #open = new Set<OpenRequest>();

  constructor(gauges: Gauges, onAnswered: () => void) {
    this.#gauges = gauges;
    this.#onAnswered = onAnswered;
  }

  get size(): number {
    return this.#open.size;
  }

  add(callback: Callback): OpenRequest {
    const counted = this.#gauges.requested();
    const request: OpenRequest = {
      waits: () => counted.waits(),
      answer: (error, client, release) => {
        if (this.#open.delete(request)) {
          counted.settled(outcomeOf(error));
          callback(error, client, release);
          this.#onAnswered();
        }
      },
    };
    this.#open.add(request);
    return request;
  }

  /** Answers all of them; what pg says to one later, such as that its time is over, nobody hears. */
  refuseAll(error: Error): void {
    for (const { answer } of this.#open) {
      answer(error, undefined, () => undefined);
    }
  }
}

function outcomeOf(error: Error | undefined): Outcome {
  if (!error) {
    return 'acquired';
  }
  return TIMEOUT_MESSAGES.has(error.message) ? 'timeout' : 'failed';
}
