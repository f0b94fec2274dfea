import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { within } from '../connection/timeout.js';
import { Gauges } from './gauges.js';
import { LoginClient } from './login-client.js';
import { type Callback, Requests } from './requests.js';
import { Sockets } from './sockets.js';

/** What a `MeasuredPool` needs beside the options of pg. */
export interface MeasuredPoolParts {
  readonly name: string;
  /** How connections are protected; requests wait until it is known. Null: they are not. */
  readonly tls: Promise<ConnectionOptions | false> | null;
  /** Milliseconds that `end` waits for what is still in use. */
  readonly endWithin: number;
  readonly warn: (text: string) => void;
}

/** Time for the goodbye, for which a server that hangs is not waited. */
const CLOSE_MS = 1_000;

/** A `pg.Pool` that counts what it does, and whose end is bounded. */
export class MeasuredPool extends pg.Pool {
  protected readonly gauges = new Gauges(() => this.idleCount);
  readonly #parts: MeasuredPoolParts;
  readonly #sockets: Sockets;
  readonly #requests = new Requests(this.gauges, () => this.#lookWhetherDrained());
  #tls: Promise<unknown> | null;
  #end: Promise<void> | null = null;
  #isLossTold = false;
  #lookWhetherDrained = NOTHING;

  /** @param options but for `ssl`, `stream` and `Client`, which are the pool's own */
  constructor(options: pg.PoolConfig, parts: MeasuredPoolParts) {
    const sockets = new Sockets();
    super({ ...options, ssl: false, stream: sockets.make, Client: LoginClient });
    this.#sockets = sockets;
    this.#parts = parts;
    this.#tls = parts.tls && this.#learn(parts.tls);
    this.on('connect', (client) => {
      this.gauges.opened();
      this.#isLossTold = false;
      // A connection that breaks while it is given out fails its statement; without a listener it would end the process.
      client.on('error', NOTHING);
    });
    this.on('remove', () => this.gauges.closed());
    this.on('acquire', () => this.gauges.given());
    this.on('release', () => {
      this.gauges.givenBack();
      this.#lookWhetherDrained();
    });
    this.on('error', (error) => this.#tellLoss(error));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
    if (callback) {
      this.#request(callback);
      return undefined;
    }
    return new Promise<pg.PoolClient>((resolve, reject) => {
      this.#request((error, client) => (client ? resolve(client) : reject(error)));
    });
  }

  /**
   * Waits until all connections are given back and nobody waits for one, closes them, and takes no new requests meanwhile.
   * After `endWithin` milliseconds it refuses the requests that are left, and a second later it cuts the connections that
   * are. Never fails; may be called again.
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

  /** Called when everything is closed. */
  protected atEnd(): void {}

  #learn(tls: Promise<ConnectionOptions | false>): Promise<void> {
    const learnt = tls.then((ssl) => {
      this.options.ssl = ssl;
      this.#tls = null;
    });
    // Whoever asks for a connection is told.
    learnt.catch(NOTHING);
    return learnt;
  }

  #request(callback: Callback): void {
    if (this.#end) {
      callback(this.#ended(), undefined, NOTHING);
      return;
    }
    const request = this.#requests.add(callback);
    const ask = () => {
      const free = this.idleCount + this.options.max - this.totalCount;
      if (free <= this.waitingCount) {
        request.waits();
      }
      super.connect(request.answer);
    };
    if (this.#tls) {
      this.#tls.then(ask, (error: Error) => request.answer(error, undefined, NOTHING));
    } else {
      ask();
    }
  }

  async #drain(): Promise<void> {
    const late = () => new Error('late');
    const drained = new Promise<void>((resolve) => {
      this.#lookWhetherDrained = () => {
        if (this.gauges.busy === 0 && this.#requests.size === 0) {
          resolve();
        }
      };
    });
    this.#lookWhetherDrained();
    await within(drained, this.#parts.endWithin, late).catch(() => this.#giveUp());
    // pg does not wait until the server has said goodbye.
    const closed = Promise.all([super.end(), this.#sockets.closed()]);
    await within(closed, CLOSE_MS, late).catch(() => this.#sockets.destroy());
    this.atEnd();
  }

  #giveUp(): void {
    const { name, endWithin, warn } = this.#parts;
    warn(
      `Pool "${name}" was ended with ${this.gauges.busy} connections in use and ${this.#requests.size} requests waiting after ${endWithin} ms: they are cut`,
    );
    this.#requests.refuseAll(this.#ended());
  }

  #ended(): Error {
    return new Error(`The pool "${this.#parts.name}" has ended and gives out no more connections`);
  }

  /** Once, however many are lost together, until one is opened again. Messages of errors may name hosts and users. */
  #tellLoss(error: Error): void {
    if (!this.#isLossTold) {
      this.#isLossTold = true;
      const code = 'code' in error ? ` (${error.code})` : '';
      this.#parts.warn(
        `Pool "${this.#parts.name}" lost an idle connection${code}; it opens another when one is needed`,
      );
    }
  }
}

function NOTHING(): void {}
