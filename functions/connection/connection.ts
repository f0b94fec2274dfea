import net from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import { CHECK_APPLICATION_NAME } from '../core/check-role.js';
import type { ConnectionTarget } from '../core/pool-config.js';
import { ageMs, currentMoment, elapsedMs, type Moment, monotonicMs } from '../time/moment.js';
import { withoutZone } from './addresses.js';
import { requestCancel } from './cancel.js';
import { IsolatedClient } from './isolated-client.js';
import { completeMessages, guardStream } from './protocol-guard.js';
import { type Phase, ProbeTimeout, settled, within } from './timeout.js';

/** Timeouts of one call of `query`, in milliseconds, and the time (`monotonicMs()`) at which the call has to end. */
export interface QueryLimits {
  /** TCP connect and login together. */
  readonly connectMs: number;
  readonly queryMs: number;
  readonly endsAt: number;
}

export type Row = Readonly<Record<string, unknown>>;

export interface QueryResult {
  /** The rows of each statement. */
  readonly results: readonly (readonly Row[])[];
  /** Whether the backend that ran the first statement is the backend of the login. A pooler may use another one. */
  readonly isDirect: boolean;
}

export type ConnectionState = 'connecting' | 'authenticating' | 'idle' | 'querying' | 'closed';

/** Statements that run now. */
interface RunningQuery {
  readonly key: string;
  readonly result: Promise<QueryResult>;
  readonly startedAt: Moment;
}

const END_TIMEOUT_MS = 500;
/**
 * The largest process id on Linux; other systems stay below it. PgBouncer reports a random number instead.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html pid_max
 */
const MAX_PROCESS_ID = 4_194_304;
/** What each state waits for. The other states wait for nothing. */
const WAITING_FOR: Readonly<Partial<Record<ConnectionState, Phase>>> = {
  connecting: 'connect',
  authenticating: 'login',
  querying: 'query',
};

/**
 * One connection to PostgreSQL whose socket can be destroyed at any time. RDS Proxy and PgBouncer accept its startup packet,
 * and it sends statements by the simple protocol, unprepared and outside a transaction, so that RDS Proxy never pins it.
 *
 *     connecting --TCP connect--> authenticating --login--> idle --query()--> querying
 *                                                            ^                   |
 *                                                            +--result or error--+
 *     any state --end(), destroy(), failed login, or the server closes the socket--> closed (final)
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
 */
export class Connection {
  readonly #client: pg.Client;
  readonly #socket = new net.Socket();
  readonly #startedAt = currentMoment();
  readonly #login: Promise<unknown>;
  #loggedInAt = currentMoment();
  #state: ConnectionState = 'connecting';
  #lastUsedAt = currentMoment();
  #running: RunningQuery | null = null;

  /** Starts to connect. Never throws: the first `query` rejects with the error of a failed login. */
  constructor(target: ConnectionTarget, ssl: ConnectionOptions | false, password: () => Promise<string | undefined>) {
    this.#client = new IsolatedClient({
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
    // Before TLS the server sends a single byte, which is not a message.
    guardStream(this.#socket, ssl ? (chunk) => chunk : completeMessages());
    this.#internals().connection.once('sslconnect', () =>
      guardStream(this.#internals().connection.stream, completeMessages()),
    );
    this.#socket.once('connect', () => this.#enter('authenticating'));
    this.#client.on('error', () => this.destroy());
    this.#client.on('end', () => this.#enter('closed'));
    this.#login = this.#client.connect().then(() => {
      this.#enter('idle');
      this.#loggedInAt = currentMoment();
      this.#lastUsedAt = currentMoment();
    });
    this.#login.catch(() => this.destroy());
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state !== 'closed';
  }

  /** Whether the login reported a process id that no server process can have: a pooler is in between. */
  get hasImpossibleProcessId(): boolean {
    const { processID } = this.#internals();
    return typeof processID === 'number' && (processID < 0 || processID > MAX_PROCESS_ID);
  }

  /** Milliseconds since the login or the last result or error. Includes the time that a Lambda was frozen. */
  get idleMs(): number {
    return ageMs(this.#lastUsedAt);
  }

  /** Milliseconds since the login; before it, since the connection was started. */
  get ageMs(): number {
    return ageMs(this.#loggedInAt);
  }

  /** The IP address of the connected server or pooler, without the zone of a link-local one; null for a Unix socket or if closed. */
  get address(): string | null {
    const { remoteAddress } = this.#socket;
    return remoteAddress ? withoutZone(remoteAddress) : null;
  }

  /** What the connection waits for, and for how many milliseconds so far; null if for nothing. */
  get waiting(): { readonly phase: Phase; readonly ms: number } | null {
    const phase = WAITING_FOR[this.#state];
    if (!phase) {
      return null;
    }
    return { phase, ms: ageMs(this.#running?.startedAt ?? this.#startedAt) };
  }

  /**
   * Waits for the login.
   *
   * @param ms timeout in milliseconds
   * @throws ProbeTimeout after it; the login then goes on until `destroy`. Otherwise the error of pg or of the socket.
   */
  async logIn(ms: number): Promise<void> {
    await within(this.#login, ms, () => {
      return new ProbeTimeout(WAITING_FOR[this.#state] ?? 'query', elapsedMs(this.#startedAt));
    });
  }

  /**
   * Runs statements one after the other, after the login. The first row of the first statement must hold
   * `pg_backend_pid()` as `pid`. If the same statements run already, this call shares their result; if others run, it waits
   * for them first. There is never more than one statement at a time.
   *
   * @throws ProbeTimeout at a limit; the login or the statements then run on until `abandon` or `destroy`. Otherwise
   *   the error of pg or of the socket.
   */
  async query(statements: readonly string[], limits: QueryLimits): Promise<QueryResult> {
    const bounded = (ms: number) => Math.min(ms, limits.endsAt - monotonicMs());
    if (this.#state !== 'idle' && this.#state !== 'querying') {
      await this.logIn(bounded(limits.connectMs));
    }
    const resultOf = <T>(result: Promise<T>, { startedAt }: RunningQuery) =>
      within(result, bounded(limits.queryMs), () => new ProbeTimeout('query', elapsedMs(startedAt)));
    const key = statementKey(statements);
    if (this.#running && this.#running.key !== key) {
      await resultOf(settled(this.#running.result), this.#running);
    }
    const running = this.#running ?? this.#start(key, statements);
    return await resultOf(running.result, running);
  }

  /**
   * Cancels the running statement and gives the server time to end its backend, so that it never serves two of this check.
   * Then closes the connection. The cancel request works only without a pooler in between. Never throws.
   *
   * @param ms time for all of it in milliseconds
   */
  async abandon(ms: number): Promise<void> {
    const endsAt = monotonicMs() + ms;
    await this.cancel(ms);
    await this.end(endsAt - monotonicMs());
  }

  /**
   * Cancels the running statement and waits for its end. Works only without a pooler in between. Never throws.
   *
   * @param ms time for it in milliseconds
   * @returns whether the connection can run the next statement
   */
  async cancel(ms: number): Promise<boolean> {
    this.#cancel();
    if (this.#running && ms > 0) {
      await within(settled(this.#running.result), ms, () => new ProbeTimeout('query', ms)).catch(() => undefined);
    }
    return this.#state === 'idle';
  }

  /** Closes the socket at once. */
  destroy(): void {
    this.#enter('closed');
    this.#socket.destroy();
  }

  /**
   * Closes the connection with PostgreSQL's `Terminate` message, which frees the slot sooner than a closed socket does. Closes
   * the socket at once if a statement runs. Never throws.
   *
   * @param ms time for it in milliseconds
   */
  async end(ms = END_TIMEOUT_MS): Promise<void> {
    this.#enter('closed');
    await within(this.#client.end(), ms, () => new ProbeTimeout('query', ms)).catch(() => undefined);
    this.#socket.destroy();
  }

  #enter(state: ConnectionState): void {
    if (this.#state !== 'closed') {
      this.#state = state;
    }
  }

  #start(key: string, statements: readonly string[]): RunningQuery {
    const result = this.#run(statements).finally(() => {
      this.#running = null;
      this.#lastUsedAt = currentMoment();
      this.#enter('idle');
    });
    result.catch(() => undefined);
    this.#running = { key, result, startedAt: currentMoment() };
    this.#enter('querying');
    return this.#running;
  }

  async #run(statements: readonly string[]): Promise<QueryResult> {
    const results: (readonly Row[])[] = [];
    for (const statement of statements) {
      const { rows } = await this.#client.query<Record<string, unknown>>(statement);
      results.push(rows ?? []);
    }
    return { results, isDirect: results[0]?.[0]?.pid === this.#internals().processID };
  }

  #cancel(): void {
    const { processID, secretKey } = this.#internals();
    const server = this.#connectedServer();
    if (server && typeof processID === 'number' && typeof secretKey === 'number') {
      requestCancel(server, processID, secretKey);
    }
  }

  /** The address of the connected server, since a host name may resolve to several; null if the socket is closed. */
  #connectedServer(): net.NetConnectOpts | null {
    const { host, port } = this.#client;
    const { remoteAddress, remotePort } = this.#socket;
    if (host.startsWith('/')) {
      return { path: `${host}/.s.PGSQL.${port}` };
    }
    return remoteAddress && remotePort ? { host: remoteAddress, port: remotePort } : null;
  }

  /** Members of pg's client that its types omit. The id and the key are those of the `BackendKeyData` message. */
  #internals(): { readonly connection: pg.Connection; readonly processID?: unknown; readonly secretKey?: unknown } {
    return this.#client as unknown as { connection: pg.Connection; processID?: unknown; secretKey?: unknown };
  }
}

/** Equal for equal statements. */
export function statementKey(statements: readonly string[]): string {
  return statements.join(';');
}
