import { CHECK_DEADLINE_MS } from '../core/check-identity.js';
import { isRdsProxyHost } from '../core/rds-hosts.js';
import { type Answer, Connection, type ConnectionTarget, questionOf, settled } from './connection.js';
import type { Credentials } from './credentials.js';
import { sqlState, toProblem } from './errors.js';
import { ProbeTimeout } from './timeout.js';
import { tlsOptions } from './tls.js';
import { isOverdueLogin, isStale, loginLeftMs } from './wait-limits.js';

/** Milliseconds. A reused connection gets less, so that a dead one leaves time for a new one within the same check. */
export interface Deadlines {
  readonly total: number;
  readonly connect: number;
  readonly query: number;
  readonly reusedQuery: number;
}

export const DEADLINES: Deadlines = { total: CHECK_DEADLINE_MS, connect: 3_000, query: 3_000, reusedQuery: 2_000 };

/** How long a server may take to end a statement that is cancelled. One that hangs leaves time for another connection. */
const ABANDON_MS = 500;
/** Stays below a minute, so that no scheduled check is ever skipped. */
const LONGEST_BACK_OFF_MS = 20_000;

export interface SharedConnectionOptions {
  readonly target: ConnectionTarget & { readonly tls: 'verify-full' | 'off' };
  readonly caFile: string | null;
  readonly credentials: Credentials;
  /** True when the definition says that a pooler stands between; otherwise the login or the first answer tells. */
  readonly isPooled: boolean;
  /**
   * True when the other end is the console of a pooler, which answers by itself: nothing stands between.
   *
   * @default false
   */
  readonly isConsole?: boolean;
  /** @default DEADLINES */
  readonly deadlines?: Deadlines;
}

/**
 * The one connection that the check holds to a pool, reused from check to check. Whatever happens, there is one at most:
 * callers with the same question at the same time share one answer, a dead connection is replaced within the same call, and
 * what a server or a pooler leaves waiting is joined by the next call instead of being asked for once more:
 *
 * - a login that gets no answer, since the server would keep a backend for each one that was given up;
 * - a statement behind a pooler, since PgBouncer would keep each one in its queue until `query_wait_timeout`.
 *
 * A statement that gets no answer from a server reached directly is cancelled, and asked anew at growing intervals.
 */
export class SharedConnection {
  readonly #options: SharedConnectionOptions;
  readonly #deadlines: Deadlines;
  #link: Connection | null = null;
  #running: { readonly question: string; readonly answer: Promise<Answer> } | null = null;
  #isClosed = false;
  /** What the last answer told; null before the first. */
  #isDirect: boolean | null = null;
  #attempt = { timeouts: 0, startedAt: 0, lastTimeout: null as ProbeTimeout | null };

  constructor(options: SharedConnectionOptions) {
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEADLINES;
  }

  /**
   * Runs the statements, one after the other (see `Link.ask`), within the total deadline. While others are being run it
   * waits for its turn.
   *
   * @throws ProbeTimeout, ProblemError, or what pg or the socket throws; `failure.ts` makes problems of them
   */
  query(...statements: readonly string[]): Promise<Answer> {
    const question = questionOf(statements);
    const before = this.#running;
    if (before?.question === question) {
      return before.answer;
    }
    const endsAt = Date.now() + this.#deadlines.total;
    const run = () => this.#run(statements, endsAt);
    const answer = (before ? settled(before.answer).then(run) : run()).finally(() => {
      if (this.#running?.answer === answer) {
        this.#running = null;
      }
    });
    this.#running = { question, answer };
    return answer;
  }

  /** Ends the connection, and what is being asked with it. From then on nothing is connected any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const link = this.#link;
    if (link?.waiting) {
      await this.#drop(link, Date.now() + ABANDON_MS);
    } else {
      this.#link = null;
      await link?.end();
    }
  }

  async #run(statements: readonly string[], endsAt: number): Promise<Answer> {
    const link = await this.#reusable(endsAt);
    if (link) {
      const isLastWait = loginLeftMs(link) < this.#deadlines.connect;
      try {
        return await this.#askOn(link, statements, this.#deadlines.reusedQuery, endsAt);
      } catch (error) {
        if (!this.#isLost(link, error) && !(isLastWait && isOverdueLogin(error))) {
          throw error;
        }
        await this.#drop(link, endsAt);
      }
    }
    return await this.#askAnew(statements, endsAt);
  }

  /** The open connection unless it is probably dead, in which case it is let go. */
  async #reusable(endsAt: number): Promise<Connection | null> {
    const link = this.#link;
    if (!link) {
      return null;
    }
    if (link.isOpen && !isStale(link)) {
      return link;
    }
    await this.#drop(link, endsAt);
    return null;
  }

  async #askOn(link: Connection, statements: readonly string[], queryMs: number, endsAt: number): Promise<Answer> {
    const query = this.#isPooled() ? this.#deadlines.total : queryMs;
    const connect = Math.min(this.#deadlines.connect, loginLeftMs(link));
    const answer = await link.query(statements, { connect, query, endsAt });
    this.#isDirect = answer.isDirect;
    return answer;
  }

  async #askAnew(statements: readonly string[], endsAt: number): Promise<Answer> {
    const { startedAt, timeouts, lastTimeout } = this.#attempt;
    const backOff = Math.min(LONGEST_BACK_OFF_MS, this.#deadlines.total * 2 ** (timeouts - 1));
    if (lastTimeout && Date.now() < startedAt + backOff) {
      throw lastTimeout;
    }
    this.#attempt.startedAt = Date.now();
    try {
      const answer = await this.#connectAndAsk(statements, endsAt);
      this.#attempt = { startedAt, timeouts: 0, lastTimeout: null };
      return answer;
    } catch (error) {
      const isGivenUp = error instanceof ProbeTimeout && error.phase === 'query' && !this.#isPooled();
      this.#attempt.timeouts = isGivenUp ? timeouts + 1 : 0;
      this.#attempt.lastTimeout = isGivenUp ? error : null;
      if (this.#link && this.#isLost(this.#link, error)) {
        await this.#drop(this.#link, endsAt);
      }
      throw error;
    }
  }

  async #connectAndAsk(statements: readonly string[], endsAt: number): Promise<Answer> {
    const { target, credentials, caFile } = this.#options;
    const ssl = await tlsOptions(target, caFile);
    const ask = () => {
      if (this.#isClosed) {
        throw new Error('Connection terminated');
      }
      const link = new Connection(target, ssl, () => credentials.password());
      this.#link = link;
      return this.#askOn(link, statements, this.#deadlines.query, endsAt);
    };
    try {
      return await ask();
    } catch (error) {
      if (isRefusedLogin(error) && credentials.refused()) {
        return await ask();
      }
      throw error;
    }
  }

  #isPooled(): boolean {
    const { isPooled, isConsole, target } = this.#options;
    if (isConsole) {
      return false;
    }
    const isExpected = isPooled || isRdsProxyHost(target.endpoint) || this.#link?.hasMadeUpBackend === true;
    return this.#isDirect === null ? isExpected : !this.#isDirect;
  }

  /** Whether the connection is of no more use: never made, cut, ended by the server, or silent without a reason. */
  #isLost(link: Connection, error: unknown): boolean {
    if (error instanceof ProbeTimeout) {
      return error.phase === 'connect' || (error.phase === 'query' && !this.#isPooled());
    }
    const code = sqlState(error);
    return !link.isOpen || code === null || code.startsWith('57P') || code.startsWith('08');
  }

  async #drop(link: Connection, endsAt: number): Promise<void> {
    this.#link = null;
    if (link.isOpen && link.waiting?.phase === 'query' && !this.#isPooled()) {
      await link.abandon(Math.min(ABANDON_MS, endsAt - Date.now()));
    }
    link.destroy();
  }
}

function isRefusedLogin(error: unknown): boolean {
  return sqlState(error) !== null && toProblem(error).code === 'PROBE.AUTH';
}
