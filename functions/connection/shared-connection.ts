import { CHECK_DEADLINE_MS } from '../core/check-role.js';
import type { ConnectionTarget } from '../core/pool-config.js';
import { isBorrowTimeout, type Problem } from '../core/problems.js';
import { isRdsProxyHost } from '../core/rds-hosts.js';
import { ageMs, currentMoment, type Moment, monotonicMs } from '../time/moment.js';
import { type Connection, type QueryResult, statementKey } from './connection.js';
import type { Login } from './credentials.js';
import { sqlState, toProblem } from './errors.js';
import { type ExchangeReason, ExchangeSchedule } from './exchange-schedule.js';
import { Logins } from './logins.js';
import { isStale, loginLeftMs } from './staleness.js';
import { ProbeTimeout, settled } from './timeout.js';

/** Milliseconds. A reused connection gets less: if it is dead, the same check still has time for a new one. */
export interface ConnectionTimeouts {
  readonly totalMs: number;
  readonly connectMs: number;
  readonly queryMs: number;
  readonly reusedQueryMs: number;
}

export const DEFAULT_TIMEOUTS: ConnectionTimeouts = {
  totalMs: CHECK_DEADLINE_MS,
  connectMs: 3_000,
  queryMs: 3_000,
  reusedQueryMs: 2_000,
};

/** Time for a server to end a cancelled statement. The rest of the check is for a new connection. */
const ABANDON_TIMEOUT_MS = 500;
/** Below a minute, so that every scheduled check makes an attempt. */
const MAX_BACK_OFF_MS = 20_000;

export interface SharedConnectionOptions extends Login {
  readonly target: ConnectionTarget;
  /** True if the definition names a pooler. Otherwise the login or the first result shows whether there is one. */
  readonly isPooled: boolean;
  /**
   * True if the target is the admin console of a pooler, which never passes statements on.
   *
   * @default false
   */
  readonly isConsole?: boolean;
  /** @default DEFAULT_TIMEOUTS */
  readonly timeouts?: ConnectionTimeouts;
}

export interface CheckResult extends QueryResult {
  /** What is known against new logins: the result is of a connection that could not be exchanged. */
  readonly problems: readonly Problem[];
}

type State =
  | { readonly name: 'disconnected' }
  | { readonly name: 'connected'; readonly connection: Connection }
  | { readonly name: 'exchanging'; readonly connection: Connection; readonly candidate: Connection }
  | {
      readonly name: 'backing-off';
      readonly timeouts: number;
      readonly since: Moment;
      readonly delayMs: number;
      readonly error: ProbeTimeout;
    }
  | { readonly name: 'closed' };

const DISCONNECTED: State = { name: 'disconnected' };

/**
 * The only connection of the check to a pool, reused from check to check. Concurrent calls with the same statements share
 * one result, and a call replaces a dead connection and tries again.
 *
 * After a timeout, two things are not abandoned, because they would pile up on the server or pooler. The next call waits
 * for the same response:
 *
 * - a login, since the server keeps a backend for each abandoned login;
 * - a statement behind a pooler, since PgBouncer keeps it in its queue until `query_wait_timeout`.
 *
 * Without a pooler, a statement that times out is cancelled and tried again at growing intervals.
 *
 * An open connection goes on working while logins are refused, or after its host name has moved. So `check` logs in again
 * when `ExchangeSchedule` says so: first the login of a second connection, then the end of the first, then the statements,
 * so that the second one does not count the first. Without a working login the first one stays. It does so behind poolers
 * and at their consoles too: a login takes no slot of the server there, but clients need it, and names move there as well.
 *
 *     disconnected --query()--> connected --statement timed out without a pooler--> backing-off
 *          ^                     |  |  ^                                                 |
 *          +----- dead ----------+  |  +-----------query() after the interval------------+
 *                                   |
 *     connected --login due--> exchanging --login works--> connected (with the second; the first has ended)
 *                                   +-----login fails----> connected (with the first; the second has ended)
 *                                   +-----login fails at the address to which the name moved--> as a first login that fails
 *     any state --close()--> closed (final)
 */
export class SharedConnection {
  readonly #options: SharedConnectionOptions;
  readonly #timeouts: ConnectionTimeouts;
  readonly #logins: Logins;
  readonly #exchanges: ExchangeSchedule;
  #state: State = DISCONNECTED;
  #running: { readonly key: string; readonly result: Promise<CheckResult> } | null = null;
  /** `isDirect` of the last result; null before the first. */
  #isDirect: boolean | null = null;

  constructor(options: SharedConnectionOptions) {
    this.#options = options;
    this.#timeouts = options.timeouts ?? DEFAULT_TIMEOUTS;
    this.#logins = new Logins(options.target, options);
    this.#exchanges = new ExchangeSchedule(options.target.endpoint);
  }

  /**
   * Runs statements one after the other (see `Connection.query`) within the total timeout. Waits until other statements are
   * done.
   *
   * @throws ProbeTimeout, ProblemError, or the error of pg or the socket. `toProblem` turns each into a problem.
   */
  query(...statements: readonly string[]): Promise<QueryResult> {
    const endsAt = monotonicMs() + this.totalMs;
    return this.#queue(statements, () => this.#run(statements, endsAt, false));
  }

  /** Runs the statements of a check: as `query`, after another login if one is due. */
  check(...statements: readonly string[]): Promise<CheckResult> {
    const endsAt = monotonicMs() + this.totalMs;
    return this.#queue(statements, () => this.#run(statements, endsAt, true));
  }

  /**
   * Runs a statement that a check can do without: once, and only on the open connection. After a timeout it is cancelled,
   * and the connection stays open if the server then ends it. No later call has to wait or backs off for it, except behind a
   * pooler, where it waits for the same response.
   *
   * @param endsAt time (`monotonicMs()`) at which the call has to end
   * @throws as `query`, and an Error if no connection is open or no time is left
   */
  queryOptional(statement: string, endsAt: number): Promise<QueryResult> {
    return this.#queue([statement], () => this.#runOptional(statement, endsAt));
  }

  /** The time within which `query` ends, in milliseconds. */
  get totalMs(): number {
    return this.#timeouts.totalMs;
  }

  /** Closes the connection and fails what runs. Later calls of `query` fail, too. */
  async close(): Promise<void> {
    const connection = this.#connection;
    if (this.#state.name === 'exchanging') {
      this.#state.candidate.destroy();
    }
    this.#state = { name: 'closed' };
    if (connection?.state === 'idle') {
      await connection.end();
    } else if (connection) {
      await this.#discard(connection, monotonicMs() + ABANDON_TIMEOUT_MS);
    }
  }

  get #connection(): Connection | null {
    return 'connection' in this.#state ? this.#state.connection : null;
  }

  #queue(statements: readonly string[], work: () => Promise<QueryResult>): Promise<CheckResult> {
    const key = statementKey(statements);
    const before = this.#running;
    if (before?.key === key) {
      return before.result;
    }
    const run = async () => ({ ...(await work()), problems: this.#exchanges.problems(this.#connection) });
    const result = (before ? settled(before.result).then(run) : run()).finally(() => {
      if (this.#running?.result === result) {
        this.#running = null;
      }
    });
    this.#running = { key, result };
    return result;
  }

  #enter(state: State): void {
    if (this.#state.name !== 'closed') {
      this.#state = state;
    }
  }

  /** @throws Error after `close`: then the connection that was just started is closed again */
  #adopt(connection: Connection, state: State): void {
    this.#enter(state);
    if (this.#state.name === 'closed') {
      connection.destroy();
      throw new Error('Connection terminated');
    }
  }

  async #run(statements: readonly string[], endsAt: number, isCheck: boolean): Promise<QueryResult> {
    const open = await this.#reusable(endsAt);
    const connection = open && isCheck ? await this.#current(open, endsAt) : open;
    if (!connection) {
      return await this.#queryOnNew(statements, endsAt);
    }
    if (connection !== open) {
      return await this.#cleaningUp(
        () => this.#queryOn(connection, statements, this.#timeouts.queryMs, endsAt),
        endsAt,
      );
    }
    const isLastWait = loginLeftMs(connection) < this.#timeouts.connectMs;
    try {
      return await this.#queryOn(connection, statements, this.#timeouts.reusedQueryMs, endsAt);
    } catch (error) {
      if (!this.#isDead(connection, error) && !(isLastWait && isLoginTimeout(error))) {
        throw error;
      }
      await this.#discard(connection, endsAt);
    }
    return await this.#queryOnNew(statements, endsAt);
  }

  async #runOptional(statement: string, endsAt: number): Promise<QueryResult> {
    const connection = this.#connection;
    const queryMs = Math.min(this.#timeouts.reusedQueryMs, endsAt - monotonicMs() - ABANDON_TIMEOUT_MS);
    if (connection?.state !== 'idle' || queryMs <= 0) {
      throw new Error('no open connection, or no time');
    }
    try {
      return await connection.query([statement], { connectMs: 0, queryMs, endsAt });
    } catch (error) {
      const isLeft = this.#isDead(connection, error) && !(await connection.cancel(endsAt - monotonicMs()));
      if (isLeft) {
        this.#enter(DISCONNECTED);
        connection.destroy();
      }
      throw error;
    }
  }

  /** The connection for a check: the open one, or its replacement. Null if the check has to log in as without one. */
  async #current(open: Connection, endsAt: number): Promise<Connection | null> {
    const latest = endsAt - this.#timeouts.reusedQueryMs;
    if (open.state !== 'idle' || monotonicMs() >= latest) {
      return open;
    }
    const reason = await this.#exchanges.due(open, latest - monotonicMs());
    if (!reason || !open.isOpen) {
      return open;
    }
    const exchange = () => this.#exchange(open, reason, reason === 'moved' ? endsAt : latest);
    return await this.#cleaningUp(exchange, endsAt);
  }

  /**
   * Logs in on a second connection and ends the first. Keeps the first if the login fails and its counts are still valid.
   *
   * @throws the error of the login if the counts of the first one are of another server
   */
  async #exchange(open: Connection, reason: ExchangeReason, endsAt: number): Promise<Connection | null> {
    const leftMs = () => Math.min(this.#timeouts.connectMs, endsAt - monotonicMs());
    try {
      const candidate = await this.#logins.attempt(async (candidate) => {
        this.#adopt(candidate, { name: 'exchanging', connection: open, candidate });
        await candidate.logIn(leftMs());
        return candidate;
      });
      this.#exchanges.replaced(reason);
      this.#enter({ name: 'connected', connection: candidate });
      // Waits until the server has ended the backend, which the statement would count.
      await open.end();
      return candidate;
    } catch (error) {
      const candidate = this.#state.name === 'exchanging' ? this.#state.candidate : null;
      if (this.#exchanges.failed(reason, error)) {
        candidate?.destroy();
        this.#enter({ name: 'connected', connection: open });
        return open;
      }
      await open.end();
      // A login that goes on is the one that the next check waits for.
      this.#enter(candidate ? { name: 'connected', connection: candidate } : DISCONNECTED);
      if (toProblem(error).code === 'PROBE.OWN_LIMIT') {
        // Without the first connection the role may have room for the second.
        return null;
      }
      throw error;
    }
  }

  /** The open connection. Discards it and returns null if it is probably dead. */
  async #reusable(endsAt: number): Promise<Connection | null> {
    const connection = this.#connection;
    if (!connection) {
      return null;
    }
    if (connection.isOpen && !isStale(connection)) {
      return connection;
    }
    await this.#discard(connection, endsAt);
    return null;
  }

  async #queryOn(
    connection: Connection,
    statements: readonly string[],
    timeoutMs: number,
    endsAt: number,
  ): Promise<QueryResult> {
    const queryMs = this.#isPooled() ? this.#timeouts.totalMs : timeoutMs;
    const connectMs = Math.min(this.#timeouts.connectMs, loginLeftMs(connection));
    const result = await connection.query(statements, { connectMs, queryMs, endsAt });
    this.#isDirect = result.isDirect;
    return result;
  }

  async #queryOnNew(statements: readonly string[], endsAt: number): Promise<QueryResult> {
    if (this.#state.name === 'backing-off' && ageMs(this.#state.since) < this.#state.delayMs) {
      throw this.#state.error;
    }
    const timeouts = this.#state.name === 'backing-off' ? this.#state.timeouts : 0;
    this.#enter(DISCONNECTED);
    const connectAndQuery = () =>
      this.#logins.attempt((connection) => {
        this.#adopt(connection, { name: 'connected', connection });
        return this.#queryOn(connection, statements, this.#timeouts.queryMs, endsAt);
      });
    return await this.#cleaningUp(connectAndQuery, endsAt, timeouts);
  }

  /** Discards the connection if it is of no further use after a failure, and backs off after a statement that timed out. */
  async #cleaningUp<T>(work: () => Promise<T>, endsAt: number, timeouts = 0): Promise<T> {
    const since = currentMoment();
    try {
      return await work();
    } catch (error) {
      const connection = this.#connection;
      if (error instanceof ProbeTimeout && error.phase === 'query' && !this.#isPooled()) {
        const delayMs = Math.min(MAX_BACK_OFF_MS, this.#timeouts.totalMs * 2 ** timeouts);
        const next: State = { name: 'backing-off', timeouts: timeouts + 1, since, delayMs, error };
        await this.#discard(connection, endsAt, next);
      } else if (connection && this.#isDead(connection, error)) {
        await this.#discard(connection, endsAt);
      }
      throw error;
    }
  }

  #isPooled(): boolean {
    const { isPooled, isConsole, target } = this.#options;
    if (isConsole) {
      return false;
    }
    if (this.#isDirect !== null) {
      return !this.#isDirect;
    }
    return isPooled || isRdsProxyHost(target.endpoint) || this.#connection?.hasImpossibleProcessId === true;
  }

  /** Whether the connection is of no further use: never established, reset, closed by the server, or silent without a pooler. */
  #isDead(connection: Connection, error: unknown): boolean {
    if (error instanceof ProbeTimeout) {
      return error.phase === 'connect' || (error.phase === 'query' && !this.#isPooled());
    }
    if (isBorrowTimeout(toProblem(error))) {
      // The client can ask again, and another login would wait as long.
      return !connection.isOpen;
    }
    const code = sqlState(error);
    return !connection.isOpen || code === null || code.startsWith('57P') || code.startsWith('08');
  }

  async #discard(connection: Connection | null, endsAt: number, next: State = DISCONNECTED): Promise<void> {
    this.#enter(next);
    if (connection?.state === 'querying' && !this.#isPooled()) {
      await connection.abandon(Math.min(ABANDON_TIMEOUT_MS, endsAt - monotonicMs()));
    }
    connection?.destroy();
  }
}

function isLoginTimeout(error: unknown): boolean {
  return error instanceof ProbeTimeout && error.phase === 'login';
}
