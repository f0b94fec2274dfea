import { CHECK_DEADLINE_MS } from '../core/check-role.js';
import type { ConnectionTarget } from '../core/pool-config.js';
import { isRdsProxyHost } from '../core/rds-hosts.js';
import { ageMs, currentMoment, type Moment, monotonicMs } from '../time/moment.js';
import { Connection, type QueryResult, statementKey } from './connection.js';
import type { Credentials } from './credentials.js';
import { sqlState, toProblem } from './errors.js';
import { ProbeTimeout, settled } from './timeout.js';
import { tlsOptions } from './tls.js';

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
/** An idle connection older than this is more often dead than alive (frozen Lambda, address translation). */
const MAX_IDLE_MS = 90_000;
/**
 * How long a connection may wait before it counts as dead. A login: just longer than PostgreSQL's `authentication_timeout`
 * (60 s), so that logins never overlap; the check of the next minute waits for the rest, then connects again. A statement
 * behind a pooler: just longer than the pooler's own timeout (120 s in PgBouncer and RDS Proxy).
 */
const MAX_WAIT_MS = { connect: 0, login: 61_000, query: 125_000 } as const;

export interface SharedConnectionOptions {
  readonly target: ConnectionTarget;
  /** Path of a PEM file with the certificate authority; null for the authorities that Node.js trusts. */
  readonly caFile: string | null;
  readonly credentials: Credentials;
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

type State =
  | { readonly name: 'disconnected' }
  | { readonly name: 'connected'; readonly connection: Connection }
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
 *     disconnected --query()--> connected --statement timed out without a pooler--> backing-off
 *          ^                     |    ^                                                  |
 *          +----- dead ----------+    +------------query() after the interval------------+
 *     any state --close()--> closed (final)
 */
export class SharedConnection {
  readonly #options: SharedConnectionOptions;
  readonly #timeouts: ConnectionTimeouts;
  #state: State = DISCONNECTED;
  #running: { readonly key: string; readonly result: Promise<QueryResult> } | null = null;
  /** `isDirect` of the last result; null before the first. */
  #isDirect: boolean | null = null;

  constructor(options: SharedConnectionOptions) {
    this.#options = options;
    this.#timeouts = options.timeouts ?? DEFAULT_TIMEOUTS;
  }

  /**
   * Runs statements one after the other (see `Connection.query`) within the total timeout. Waits until other statements are
   * done.
   *
   * @throws ProbeTimeout, ProblemError, or the error of pg or the socket. `toProblem` turns each into a problem.
   */
  query(...statements: readonly string[]): Promise<QueryResult> {
    const key = statementKey(statements);
    const before = this.#running;
    if (before?.key === key) {
      return before.result;
    }
    const endsAt = monotonicMs() + this.#timeouts.totalMs;
    const run = () => this.#run(statements, endsAt);
    const result = (before ? settled(before.result).then(run) : run()).finally(() => {
      if (this.#running?.result === result) {
        this.#running = null;
      }
    });
    this.#running = { key, result };
    return result;
  }

  /** Closes the connection and fails what runs. Later calls of `query` fail, too. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#state = { name: 'closed' };
    if (connection?.state === 'idle') {
      await connection.end();
    } else if (connection) {
      await this.#discard(connection, monotonicMs() + ABANDON_TIMEOUT_MS);
    }
  }

  get #connection(): Connection | null {
    return this.#state.name === 'connected' ? this.#state.connection : null;
  }

  #enter(state: State): void {
    if (this.#state.name !== 'closed') {
      this.#state = state;
    }
  }

  async #run(statements: readonly string[], endsAt: number): Promise<QueryResult> {
    const connection = await this.#reusable(endsAt);
    if (connection) {
      const isLastWait = loginLeftMs(connection) < this.#timeouts.connectMs;
      try {
        return await this.#queryOn(connection, statements, this.#timeouts.reusedQueryMs, endsAt);
      } catch (error) {
        if (!this.#isDead(connection, error) && !(isLastWait && isLoginTimeout(error))) {
          throw error;
        }
        await this.#discard(connection, endsAt);
      }
    }
    return await this.#queryOnNew(statements, endsAt);
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
    const since = currentMoment();
    if (this.#state.name === 'backing-off' && ageMs(this.#state.since, since) < this.#state.delayMs) {
      throw this.#state.error;
    }
    const timeouts = this.#state.name === 'backing-off' ? this.#state.timeouts : 0;
    this.#enter(DISCONNECTED);
    try {
      return await this.#connectAndQuery(statements, endsAt);
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

  async #connectAndQuery(statements: readonly string[], endsAt: number): Promise<QueryResult> {
    const { target, credentials, caFile } = this.#options;
    const ssl = await tlsOptions(target, caFile);
    const attempt = () => {
      if (this.#state.name === 'closed') {
        throw new Error('Connection terminated');
      }
      const connection = new Connection(target, ssl, () => credentials.password());
      this.#state = { name: 'connected', connection };
      return this.#queryOn(connection, statements, this.#timeouts.queryMs, endsAt);
    };
    try {
      return await attempt();
    } catch (error) {
      if (isRefusedLogin(error) && credentials.refused()) {
        return await attempt();
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

/** Whether the connection has waited, or been idle, for too long. */
function isStale({ waiting, idleMs }: Connection): boolean {
  return waiting ? waiting.ms > MAX_WAIT_MS[waiting.phase] : idleMs > MAX_IDLE_MS;
}

/** How long the login may still take, in milliseconds. Infinite if the connection is not in its login. */
function loginLeftMs({ waiting }: Connection): number {
  return waiting?.phase === 'login' ? MAX_WAIT_MS.login - waiting.ms : Number.POSITIVE_INFINITY;
}

function isLoginTimeout(error: unknown): boolean {
  return error instanceof ProbeTimeout && error.phase === 'login';
}

function isRefusedLogin(error: unknown): boolean {
  return sqlState(error) !== null && toProblem(error).code === 'PROBE.AUTH';
}
