import type { Login } from '../../connection/credentials.js';
import { toProblem } from '../../connection/errors.js';
import { SharedConnection } from '../../connection/shared-connection.js';
import { within } from '../../connection/timeout.js';
import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import type { DatabaseProbeResult } from '../../core/ports.js';
import { ProblemError } from '../../core/problems.js';
import type { PoolerStats } from '../../core/sample.js';
import { isUnanswered, type PoolerReader } from '../probe.js';
import { CONSOLE_COMMANDS, readTables } from './console.js';
import { type CountedSessions, pgbouncerStats } from './stats.js';

/** How to log in to the console. */
export interface ConsoleLogin extends Login {
  readonly user: string;
}

/** The admin console is this database at the pool's own address. Only PgBouncer has a database of this name built in. */
const CONSOLE_DATABASE = 'pgbouncer';
/** Milliseconds. Together with the deadline of a statement they are the deadline of a check. */
const TIMEOUTS = { totalMs: 2_000, connectMs: 2_000, queryMs: 1_500, reusedQueryMs: 1_000 };
/** Milliseconds after which the check's own statement counts as waiting. */
const OWN_STATEMENT_TIMEOUT_MS = 500;

/** Queries the admin console of a PgBouncer over one connection, which stays open. Its stats are live. */
export class PgbouncerReader implements PoolerReader {
  readonly #counted: CountedSessions;
  readonly #console: SharedConnection;

  constructor(config: CountedSessions & Pick<ValidatedPoolConfig, 'endpoint' | 'port' | 'tls'>, login: ConsoleLogin) {
    const { endpoint, port, tls } = config;
    const { user, credentials, caFile } = login;
    const target = { endpoint, port, tls, database: CONSOLE_DATABASE, user };
    const console = { isPooled: false, isConsole: true, timeouts: TIMEOUTS };
    this.#counted = config;
    this.#console = new SharedConnection({ target, credentials, caFile, ...console });
  }

  /**
   * Settles within 2.5 s, whatever the console and the database do.
   *
   * @throws ProblemError when the console does not answer, refuses the login, or its answer is not that of a PgBouncer
   */
  async read(database: Promise<DatabaseProbeResult>): Promise<PoolerStats> {
    const isProbing = this.#counted.sharedUser && (await isStillProbing(database));
    try {
      const { results } = await this.#console.check(...CONSOLE_COMMANDS);
      return pgbouncerStats(readTables(results), this.#counted, isProbing, Date.now());
    } catch (cause) {
      throw new ProblemError(toProblem(cause), { cause });
    }
  }

  close(): Promise<void> {
    return this.#console.close();
  }
}

/**
 * Whether the check's own statement is still running. With a shared user it must have ended, or be known to wait, before
 * connections are counted.
 */
async function isStillProbing(database: Promise<DatabaseProbeResult>): Promise<boolean> {
  const late = () => new Error('the statement has no answer yet');
  return await within(database.then(isUnanswered), OWN_STATEMENT_TIMEOUT_MS, late).catch(() => true);
}
