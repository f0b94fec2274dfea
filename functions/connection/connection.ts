import net from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { CHECK_APPLICATION_NAME } from '../core/check-identity.js';
import { requestCancel } from './cancel.js';
import { completeMessages } from './complete-messages.js';
import { guard } from './protocol-guard.js';
import { type Phase, ProbeTimeout, within } from './timeout.js';

export interface ConnectionTarget {
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

export type Row = Readonly<Record<string, unknown>>;

/** The rows of each statement, and whether the backend that gave them is the one the login reached: no pooler between. */
export interface Answer {
  readonly results: readonly (readonly Row[])[];
  readonly isDirect: boolean;
}

interface Pending {
  readonly question: string;
  readonly answer: Promise<Answer>;
  readonly since: number;
}

const END_MS = 500;
/**
 * The largest id that a process can have on Linux; other systems stay below it. PgBouncer tells a random number instead.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html pid_max
 */
const LARGEST_PROCESS_ID = 4_194_304;

/**
 * One connection to PostgreSQL whose socket a deadline can destroy. Its startup packet holds only what RDS Proxy and
 * PgBouncer accept, and its statements go by the simple protocol, unprepared and outside a transaction: nothing of it
 * pins a managed connection.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
 */
export class Connection {
  readonly #client: pg.Client;
  readonly #socket = new net.Socket();
  readonly #startedAt = Date.now();
  readonly #login: Promise<unknown>;
  #phase: Phase = 'connect';
  #isOpen = true;
  #lastUsedAt = Date.now();
  #pending: Pending | null = null;

  /** Begins to connect. Nothing is thrown here: the first `ask` tells what went wrong. */
  constructor(target: ConnectionTarget, ssl: ConnectionOptions | false, password: () => Promise<string | undefined>) {
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
    // Before TLS a server says one letter, which is no message.
    guard(this.#socket, ssl ? (piece) => piece : completeMessages());
    this.#internals().connection.once('sslconnect', () =>
      guard(this.#internals().connection.stream, completeMessages()),
    );
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

  /** Whether the login told of a backend that cannot be one, so that a pooler stands between. */
  get hasMadeUpBackend(): boolean {
    const { processID } = this.#internals();
    return typeof processID === 'number' && (processID < 0 || processID > LARGEST_PROCESS_ID);
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
   * Runs statements one after the other, after the login. The first row of the first tells the backend, with its own
   * `pg_backend_pid()` as `pid`. If the same were asked before and still wait for their answer, that one is waited for
   * instead; what else waits has to be answered first. So there is never more than one statement.
   *
   * @throws ProbeTimeout after so many milliseconds; login or statement then go on waiting until `destroy`; otherwise
   *   what pg or the socket throws
   */
  async query(statements: readonly string[], limits: Limits): Promise<Answer> {
    const left = (ms: number) => Math.min(ms, limits.endsAt - Date.now());
    if (this.#phase !== 'query') {
      await within(
        this.#login,
        left(limits.connect),
        () => new ProbeTimeout(this.#phase, Date.now() - this.#startedAt),
      );
    }
    const answered = <T>(answer: Promise<T>, { since }: Pending) =>
      within(answer, left(limits.query), () => new ProbeTimeout('query', Date.now() - since));
    const question = questionOf(statements);
    if (this.#pending && this.#pending.question !== question) {
      await answered(settled(this.#pending.answer), this.#pending);
    }
    const pending = this.#pending ?? this.#begin(question, statements);
    return await answered(pending.answer, pending);
  }

  #begin(question: string, statements: readonly string[]): Pending {
    const answer = this.#run(statements).finally(() => {
      this.#pending = null;
    });
    answer.catch(() => undefined);
    this.#pending = { question, answer, since: Date.now() };
    return this.#pending;
  }

  async #run(statements: readonly string[]): Promise<Answer> {
    const results: (readonly Row[])[] = [];
    for (const statement of statements) {
      const { rows } = await this.#client.query<Record<string, unknown>>(statement);
      results.push(rows ?? []);
    }
    this.#lastUsedAt = Date.now();
    return { results, isDirect: results[0]?.[0]?.pid === this.#internals().processID };
  }

  /**
   * Asks the server to end the statement that waits, as it would otherwise go on without its client. Works only without
   * a pooler between; never throws and never waits for the outcome.
   */
  #cancel(): void {
    const { processID, secretKey } = this.#internals();
    const server = this.#reached();
    if (server && typeof processID === 'number' && typeof secretKey === 'number') {
      requestCancel(server, processID, secretKey);
    }
  }

  /**
   * Leaves a statement that is given up: it is cancelled, and the server has `ms` milliseconds to end its backend, so that
   * the next login is no second one. Never throws.
   */
  async abandon(ms: number): Promise<void> {
    const endsAt = Date.now() + ms;
    this.#cancel();
    if (this.#pending && ms > 0) {
      await within(settled(this.#pending.answer), ms, () => new ProbeTimeout('query', ms)).catch(() => undefined);
    }
    await this.end(endsAt - Date.now());
  }

  /** Cuts the connection at once. */
  destroy(): void {
    this.#isOpen = false;
    this.#socket.destroy();
  }

  /** Takes leave of the server, which frees its slot sooner than a cut connection; bounded. Cuts it when something waits. */
  async end(ms = END_MS): Promise<void> {
    this.#isOpen = false;
    await within(this.#client.end(), ms, () => new ProbeTimeout('query', ms)).catch(() => undefined);
    this.#socket.destroy();
  }

  /** The very server that was reached, of several that a name may stand for; null when it is not reached any more. */
  #reached(): net.NetConnectOpts | null {
    const { host, port } = this.#client;
    const { remoteAddress, remotePort } = this.#socket;
    if (host.startsWith('/')) {
      return { path: `${host}/.s.PGSQL.${port}` };
    }
    return remoteAddress && remotePort ? { host: remoteAddress, port: remotePort } : null;
  }

  /** What pg keeps without naming it in its types: its connection, and what `BackendKeyData` told. */
  #internals(): { readonly connection: pg.Connection; readonly processID?: unknown; readonly secretKey?: unknown } {
    return this.#client as unknown as { connection: pg.Connection; processID?: unknown; secretKey?: unknown };
  }
}

/** Tells questions apart. */
export function questionOf(statements: readonly string[]): string {
  return statements.join(';');
}

/** Resolves once there is an answer or an error, whichever. */
export async function settled(answer: Promise<unknown>): Promise<void> {
  await answer.catch(() => undefined);
}
