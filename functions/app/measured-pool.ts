import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { within } from '../connection/timeout.js';
import { Gauges } from './gauges.js';
import { type ConnectCallback, Requests } from './requests.js';
import { IsolatedLoginClient, LoginClient, Sockets } from './sockets.js';

/** Options of a `MeasuredPool` that are not pg's. */
export interface MeasuredPoolParts {
  readonly name: string;
  /** TLS options; requests wait for them. Null for no TLS. */
  readonly tls: Promise<ConnectionOptions | false> | null;
  /** Milliseconds that `end` waits for connections in use and for waiting requests. */
  readonly endWithin: number;
  /** Whether variables of libpq, such as `PGOPTIONS`, have no effect. */
  readonly isIsolated: boolean;
  readonly warn: (text: string) => void;
}

/** Time to close the connections properly. A server that hangs would take longer. */
const CLOSE_TIMEOUT_MS = 1_000;

/** A `pg.Pool` that counts its events and ends within a limited time. */
export class MeasuredPool extends pg.Pool {
  protected readonly gauges = new Gauges(() => this.idleCount);
  readonly #parts: MeasuredPoolParts;
  readonly #sockets: Sockets;
  readonly #requests = new Requests(this.gauges, () => this.#checkDrained());
  #tls: Promise<unknown> | null;
  #end: Promise<void> | null = null;
  #isLossReported = false;
  #checkDrained = noop;

  /** @param options of pg, without `ssl`, `stream` and `Client`, which the pool sets */
  constructor(options: pg.PoolConfig, parts: MeasuredPoolParts) {
    const sockets = new Sockets();
    super({
      ...options,
      ssl: false,
      stream: sockets.make,
      Client: parts.isIsolated ? IsolatedLoginClient : LoginClient,
    });
    this.#sockets = sockets;
    this.#parts = parts;
    this.#tls = parts.tls && this.#awaitTls(parts.tls);
    this.on('connect', (client) => {
      this.gauges.opened();
      this.#isLossReported = false;
      // A connection that breaks while in use fails its statement. Without a listener the error would end the process.
      client.on('error', noop);
    });
    this.on('remove', () => this.gauges.closed());
    this.on('acquire', () => this.gauges.acquired());
    this.on('release', () => {
      this.gauges.released();
      this.#checkDrained();
    });
    this.on('error', (error) => this.#reportLoss(error));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    if (callback) {
      this.#request(callback);
      return undefined;
    }
    return new Promise<pg.PoolClient>((resolve, reject) => {
      this.#request((error, client) => (client ? resolve(client) : reject(error)));
    });
  }

  /**
   * Ends the pool. Accepts no new requests, waits until all connections are released and no request waits, then closes the
   * connections. After `endWithin` milliseconds it rejects the waiting requests, and one second later it closes the sockets of
   * the connections that are left. Never rejects; may be called again.
   */
  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | undefined {
    this.#end ??= this.#drain();
    if (!callback) {
      return this.#end;
    }
    void this.#end.then(callback);
    return undefined;
  }

  /** Called when all connections are closed. */
  protected atEnd(): void {}

  #awaitTls(tls: Promise<ConnectionOptions | false>): Promise<void> {
    const ready = tls.then((ssl) => {
      this.options.ssl = ssl;
      this.#tls = null;
    });
    // `connect` rejects with this error.
    ready.catch(noop);
    return ready;
  }

  #request(callback: ConnectCallback): void {
    if (this.#end) {
      callback(this.#endedError(), undefined, noop);
      return;
    }
    const request = this.#requests.add(callback);
    const start = () => {
      const free = this.idleCount + this.options.max - this.totalCount;
      if (free <= this.waitingCount) {
        request.waits();
      }
      super.connect(request.settle);
    };
    if (this.#tls) {
      this.#tls.then(start, (error: Error) => request.settle(error, undefined, noop));
    } else {
      start();
    }
  }

  async #drain(): Promise<void> {
    const timeoutError = () => new Error('timeout');
    const drained = new Promise<void>((resolve) => {
      this.#checkDrained = () => {
        if (this.gauges.inUse === 0 && this.#requests.size === 0) {
          resolve();
        }
      };
    });
    this.#checkDrained();
    await within(drained, this.#parts.endWithin, timeoutError).catch(() => this.#rejectRequests());
    // pg's own `end` does not wait until the sockets are closed.
    const closed = Promise.all([super.end(), this.#sockets.closed()]);
    await within(closed, CLOSE_TIMEOUT_MS, timeoutError).catch(() => this.#sockets.destroy());
    this.atEnd();
  }

  #rejectRequests(): void {
    const { name, endWithin, warn } = this.#parts;
    warn(
      `Pool "${name}" was ended with ${this.gauges.inUse} connections in use and ${this.#requests.size} requests waiting after ${endWithin} ms: both are aborted`,
    );
    this.#requests.rejectAll(this.#endedError());
  }

  #endedError(): Error {
    return new Error(`Pool "${this.#parts.name}" has ended and accepts no more requests`);
  }

  /** Warns once until the next connection is opened. Shows no error message, which may contain host and user names. */
  #reportLoss(error: Error): void {
    if (!this.#isLossReported) {
      this.#isLossReported = true;
      const code = 'code' in error ? ` (${error.code})` : '';
      this.#parts.warn(`Pool "${this.#parts.name}" lost an idle connection${code}; it opens a new one when needed`);
    }
  }
}

function noop(): void {}
