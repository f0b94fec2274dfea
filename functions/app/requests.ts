import type pg from 'pg';
import type { Gauges, Outcome } from './gauges.js';

/** The callback of pg's `Pool.connect`. */
export type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: () => void,
) => void;

/** A request for a connection that is not settled yet. */
export interface AcquireRequest {
  /** The pool is full: the request waits for a connection in use. */
  waits(): void;
  readonly settle: ConnectCallback;
}

/** pg's messages when `connectionTimeoutMillis` is over: in the queue, and while a new connection is opened. */
const TIMEOUT_MESSAGES: ReadonlySet<string> = new Set([
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
]);

/** The open requests for a connection. Each is counted, and settled once. */
export class Requests {
  readonly #gauges: Gauges;
  readonly #onSettled: () => void;
  readonly #open = new Set<AcquireRequest>();

  constructor(gauges: Gauges, onSettled: () => void) {
    this.#gauges = gauges;
    this.#onSettled = onSettled;
  }

  get size(): number {
    return this.#open.size;
  }

  add(callback: ConnectCallback): AcquireRequest {
    const counted = this.#gauges.requested();
    const request: AcquireRequest = {
      waits: () => counted.waits(),
      settle: (error, client, release) => {
        if (this.#open.delete(request)) {
          counted.settled(outcomeOf(error));
          callback(error, client, release);
          this.#onSettled();
        }
      },
    };
    this.#open.add(request);
    return request;
  }

  /** Rejects all open requests. Later results of pg, such as a timeout, are ignored. */
  rejectAll(error: Error): void {
    for (const { settle } of this.#open) {
      settle(error, undefined, () => undefined);
    }
  }
}

function outcomeOf(error: Error | undefined): Outcome {
  if (!error) {
    return 'acquired';
  }
  return TIMEOUT_MESSAGES.has(error.message) ? 'timeout' : 'failed';
}
