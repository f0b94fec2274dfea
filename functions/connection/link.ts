import net from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { CHECK_APPLICATION_NAME } from '../contract/check-identity.js';
import { guard } from './guard.js';
import { type Phase, ProbeTimeout, within } from './timeout.js';

export interface LinkTarget {
  /** Host name, address, or directory of a Unix socket. */
  readonly endpoint: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** Milliseconds for each part, and the moment at which the whole must have ended. */
export interface Limits {
  readonly connect: number;
  readonly query: number;
  readonly endsAt: number;
}

/** One row, and whether the backend that gave it is the one the login reached, that is: whether no pooler stands between. */
export interface Answer {
  readonly row: Readonly<Record<string, unknown>>;
  readonly isDirect: boolean;
}

/** `CancelRequest`. @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
const CANCEL_REQUEST_CODE = 80877102;
const CANCEL_CONNECT_MS = 1_000;
const END_MS = 500;

/**
 * One connection to PostgreSQL whose socket a deadline can destroy. Its startup packet holds only what RDS Proxy and
 * PgBouncer accept, and its statements go by the simple protocol, unprepared and outside a transaction: nothing of it
 * pins a managed connection.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
 */
export class Link {
  readonly #client: pg.Client;
  readonly #socket = new net.Socket();
  readonly #startedAt = Date.now();
  readonly #login: Promise<unknown>;
  #phase: Phase = 'connect';
  #isOpen = true;
  #lastUsedAt = Date.now();
  #pending: { readonly answer: Promise<Answer>; readonly since: number } | null = null;

  /** Begins to connect. Nothing is thrown here: the first `ask` tells what went wrong. */
  constructor(target: LinkTarget, ssl: ConnectionOptions | false, password: () => Promise<string | undefined>) {
    this.#client = new pg.Client({
      host: target.endpoint,
      port: target.port,
      database: target.database,
      user: target.user,
      password: password as () => Promise<string>,
      ssl,
      application_name: CHECK_APPLICATION_NAME,
      keepAlive: true,
      stream: () => this.#socket,
    });
    guard(this.#socket);
    this.#internals().connection.once('sslconnect', () => guard(this.#internals().connection.stream));
    this.#socket.once('connect', () => {
      this.#phase = 'login';
    });
    this.#client.on('error', () => this.destroy());
    this.#client.on('end', () => {
      this.#isOpen = false;
    });
    this.#login = this.#client.connect().then(() => {
      this.#phase = 'query';
      this.#lastUsedAt = Date.now();
    });
    this.#login.catch(() => this.destroy());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Milliseconds since the last answer. Counts the time a Lambda was frozen. */
  get unusedMs(): number {
    return Date.now() - this.#lastUsedAt;
  }

  /** What the connection is waiting for, and for how many milliseconds; null when for nothing. */
  get waiting(): { readonly phase: Phase; readonly ms: number } | null {
    if (this.#phase !== 'query') {
      return { phase: this.#phase, ms: Date.now() - this.#startedAt };
    }
    return this.#pending && { phase: 'query', ms: Date.now() - this.#pending.since };
  }

  /**
   * Runs a statement that gives one row with the backend's own `pg_backend_pid()` as `pid`, after the login. If an
   * earlier one still waits for its answer, that one is waited for instead, so that there is never more than one.
   *
   * @throws ProbeTimeout after so many milliseconds; login or statement then go on waiting until `destroy`; otherwise
   *   what pg or the socket throws
   */
  async ask(statement: string, limits: Limits): Promise<Answer> {
    const left = (ms: number) => Math.min(ms, limits.endsAt - Date.now());
    if (this.#phase !== 'query') {
      await within(
        this.#login,
        left(limits.connect),
        () => new ProbeTimeout(this.#phase, Date.now() - this.#startedAt),
      );
    }
    if (!this.#pending) {
      const answer = this.#run(statement).finally(() => {
        this.#pending = null;
      });
      answer.catch(() => undefined);
      this.#pending = { answer, since: Date.now() };
    }
    const { answer, since } = this.#pending;
    return await within(answer, left(limits.query), () => new ProbeTimeout('query', Date.now() - since));
  }

  async #run(statement: string): Promise<Answer> {
    const { rows } = await this.#client.query<Record<string, unknown>>(statement);
    const row = rows?.[0] ?? {};
    this.#lastUsedAt = Date.now();
    return { row, isDirect: row.pid === this.#internals().processID };
  }

  /**
   * Asks the server to end the statement that waits, as it would otherwise go on without its client. Works only without
   * a pooler between; never throws and never waits for the outcome, which the protocol does not tell.
   */
  cancel(): void {
    const { processID, secretKey } = this.#internals();
    const { remoteAddress, remotePort } = this.#socket;
    if (typeof processID !== 'number' || typeof secretKey !== 'number' || !remoteAddress || !remotePort) {
      return;
    }
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE(CANCEL_REQUEST_CODE, 4);
    request.writeInt32BE(processID, 8);
    request.writeInt32BE(secretKey, 12);
    const socket = net.connect({ host: remoteAddress, port: remotePort, timeout: CANCEL_CONNECT_MS });
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.on('timeout', () => socket.destroy());
    socket.end(request);
  }

  /** Cuts the connection at once. */
  destroy(): void {
    this.#isOpen = false;
    this.#socket.destroy();
  }

  /** Takes leave of the server, which frees its slot sooner than a cut connection; bounded. */
  async end(): Promise<void> {
    this.#isOpen = false;
    if (!this.waiting) {
      await within(this.#client.end(), END_MS, () => new ProbeTimeout('query', END_MS)).catch(() => undefined);
    }
    this.#socket.destroy();
  }

  /** What pg keeps without naming it in its types: its connection, and what `BackendKeyData` told. */
  #internals(): { readonly connection: pg.Connection; readonly processID?: unknown; readonly secretKey?: unknown } {
    return this.#client as unknown as { connection: pg.Connection; processID?: unknown; secretKey?: unknown };
  }
}
