import { type Problem, saturatedBy } from '../core/problems.js';
import { type ClusterEndpoint, clusterEndpoint } from '../core/rds-hosts.js';
import { ageMs, currentMoment, elapsedMs, type Moment } from '../time/moment.js';
import { Addresses } from './addresses.js';
import type { Connection } from './connection.js';
import { toProblem } from './errors.js';
import { MAX_WAIT_MS } from './staleness.js';
import { ProbeTimeout } from './timeout.js';

/** Why the check logs in again: its login is old (or its name does not exist), or the name leads to another address. */
export type ExchangeReason = 'old' | 'moved';

/** What failed while the open connection went on working. */
interface Failure {
  readonly problem: Problem;
  /** The first failure in a row. */
  readonly firstAt: Moment;
  readonly lastAt: Moment;
  /** Milliseconds from the last one to the next try. */
  readonly delayMs: number;
}

/** An open connection goes on working where a login is refused. So a check logs in this often at least. */
const MAX_LOGIN_AGE_MS = 5 * 60_000;
/**
 * How often a name may move within `MOVES_PERIOD_MS`: a failover, its return and one more. Some names have another address in
 * each answer; they must not cost a login in each check. After that the age of the login decides.
 */
const MAX_MOVES = 3;
const MOVES_PERIOD_MS = 15 * 60_000;
const SEVERAL_SERVERS: ReadonlySet<ClusterEndpoint | null> = new Set(['readers', 'custom']);
/** Below a minute, so that the failures of two scheduled checks in a row are reported. */
const TOLERATED_FAILURE_MS = 50_000;
/** Below a minute, so that every scheduled check makes an attempt. */
const RETRY_DELAY_MS = 20_000;

/**
 * When a check logs in again although its connection works, and what a failed login means. A failure counts only as long as
 * that connection is in use.
 *
 *     age < 5 minutes, name leads here   -> no login
 *     age >= 5 minutes, or unknown name  -> login ('old')
 *         works, or reaches the CONNECTION LIMIT of the check's role: no problem
 *         refused because a layer is full: that problem at once, tried again in each check
 *         fails in another way: the problem if it still fails 50 s later, tried again after 20 s
 *     name leads elsewhere               -> login ('moved')
 *         refused because a layer is full: that problem
 *         fails in another way: the counts are of another server, so the check fails with that error at once
 *
 * A layer that is full is no passing hiccup: the server or the pooler says so. Other failures may pass while the counts stay
 * true. The login that reaches the role's limit has reached a server that lets clients log in, as it should.
 */
export class ExchangeSchedule {
  readonly #addresses: Addresses | null;
  #connection: Connection | null = null;
  /** When a login to the server of the connection was last seen to work; null for its own. */
  #confirmedAt: Moment | null = null;
  #failure: Failure | null = null;
  #moves: readonly Moment[] = [];

  /** @param host host name, IP address, or directory of a Unix socket */
  constructor(host: string) {
    // The name of several servers has another one in each answer.
    this.#addresses = SEVERAL_SERVERS.has(clusterEndpoint(host)) ? null : new Addresses(host);
  }

  /**
   * Whether a login is due, and why. Looks the name up. Never throws.
   *
   * @param ms time for it, in milliseconds
   */
  async due(connection: Connection, ms: number): Promise<ExchangeReason | null> {
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#confirmed(null);
    }
    const addresses = (await this.#addresses?.all(ms)) ?? null;
    const { address } = connection;
    const isHere = addresses === null || address === null || addresses.includes(address);
    if (!isHere && addresses.length > 0 && this.#mayMove()) {
      return 'moved';
    }
    if (this.#failure) {
      return ageMs(this.#failure.lastAt) >= this.#failure.delayMs ? 'old' : null;
    }
    const loginMs = this.#confirmedAt ? ageMs(this.#confirmedAt) : connection.ageMs;
    return loginMs >= MAX_LOGIN_AGE_MS || addresses?.length === 0 ? 'old' : null;
  }

  /** Reports that the login replaced the connection. */
  replaced(reason: ExchangeReason): void {
    if (reason === 'moved') {
      this.#moves = [...this.#moves, currentMoment()];
    }
  }

  /**
   * Reports that the login failed.
   *
   * @returns whether the connection may stay in use
   */
  failed(reason: ExchangeReason, error: unknown): boolean {
    const problem = toProblem(error);
    const isFull = saturatedBy(problem) !== null;
    if (reason === 'moved' && !isFull) {
      return false;
    }
    if (problem.code === 'PROBE.OWN_LIMIT') {
      this.#confirmed(currentMoment());
      return true;
    }
    const lastAt = currentMoment();
    // The server keeps a backend for a login that was abandoned.
    const isInLogin = error instanceof ProbeTimeout && error.phase === 'login';
    const delayMs = isFull ? 0 : isInLogin ? MAX_WAIT_MS.login : RETRY_DELAY_MS;
    this.#failure = { problem, firstAt: this.#failure?.firstAt ?? lastAt, lastAt, delayMs };
    return true;
  }

  /** What is known against new logins while a connection is in use. */
  problems(connection: Connection | null): readonly Problem[] {
    if (!this.#failure || connection !== this.#connection) {
      return [];
    }
    const { problem, firstAt, lastAt } = this.#failure;
    return saturatedBy(problem) !== null || elapsedMs(firstAt, lastAt) >= TOLERATED_FAILURE_MS ? [problem] : [];
  }

  #confirmed(at: Moment | null): void {
    this.#confirmedAt = at;
    this.#failure = null;
  }

  #mayMove(): boolean {
    this.#moves = this.#moves.filter((at) => ageMs(at) < MOVES_PERIOD_MS);
    return this.#moves.length < MAX_MOVES;
  }
}
