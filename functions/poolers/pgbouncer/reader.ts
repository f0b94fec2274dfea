import type { Login } from '../../connection/credentials.js';
import { toProblem } from '../../connection/errors.js';
import { SharedConnection } from '../../connection/shared-connection.js';
import { within } from '../../connection/timeout.js';
import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import type { DatabaseProbeResult } from '../../core/probe-results.js';
import { ProblemError } from '../../core/problems.js';
import type { PoolerStats } from '../../core/sample.js';
import type { PoolerReader } from '../probe.js';
import { isSilent } from '../silence.js';
import { CONSOLE_COMMANDS, readTables } from './console.js';
import { pgbouncerStats, type Watched } from './stats.js';

/** The admin console stands where the pool stands, as a database that only PgBouncer knows. */
const CONSOLE_DATABASE = 'pgbouncer';
/** Milliseconds. Together with the deadline of a statement they are the deadline of a check. */
const DEADLINES = { total: 2_000, connect: 2_000, query: 1_500, reusedQuery: 1_000 };
/** How long the check's own statement may take before it is known to wait, in milliseconds. */
const PATIENCE_MS = 500;

/** How to log in to the console. */
export interface ConsoleLogin extends Login {
  readonly user: string;
}

/** Asks the admin console of a PgBouncer, over one connection that is kept, for what happens at this moment. */
export class PgbouncerReader implements PoolerReader {
  readonly #watched: Watched;
  readonly #console: SharedConnection;

  constructor(config: Watched & Pick<ValidatedPoolConfig, 'endpoint' | 'port' | 'tls'>, login: ConsoleLogin) {
    const { endpoint, port, tls } = config;
    const { user, credentials, caFile } = login;
    const target = { endpoint, port, tls, database: CONSOLE_DATABASE, user };
    const console = { isPooled: false, isConsole: true, deadlines: DEADLINES };
    this.#watched = config;
    this.#console = new SharedConnection({ target, credentials, caFile, ...console });
  }

  /**
   * Answers within 2.5 s, however the console or the database behave.
   *
   * @throws ProblemError when the console does not answer, refuses the login, or says what no PgBouncer says
   */
  async read(database: Promise<DatabaseProbeResult>): Promise<PoolerStats> {
    const isAsking = this.#watched.sharedUser && (await isStillAsking(database));
    try {
      const { results } = await this.#console.query(...CONSOLE_COMMANDS);
      return pgbouncerStats(readTables(results), this.#watched, isAsking, Date.now());
    } catch (cause) {
      throw new ProblemError(toProblem(cause), { cause });
    }
  }

  close(): Promise<void> {
    return this.#console.close();
  }
}

/** In a shared pool the check's own statement has to be over, or known to wait, before the application's are counted. */
async function isStillAsking(database: Promise<DatabaseProbeResult>): Promise<boolean> {
  return await within(database.then(isSilent), PATIENCE_MS, () => new Error('not yet')).catch(() => true);
}
