import { toProblem } from '../connection/errors.js';
import type { SharedConnection } from '../connection/shared-connection.js';
import type { SessionGroupsResult } from '../core/details-report.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { DatabaseProbeResult } from '../core/ports.js';
import { activityStatement, readActivity } from './activity.js';
import { readSessionGroups, SESSION_GROUPS_STATEMENT } from './session-groups.js';

/** Probes the database of one pool. Concurrent calls share one statement on one connection. */
export class PostgresProbe {
  readonly #connection: SharedConnection;
  readonly #statement: string;
  readonly #sharedUser: boolean;

  constructor(config: Pick<ValidatedPoolConfig, 'count' | 'sharedUser'>, connection: SharedConnection) {
    this.#connection = connection;
    this.#statement = activityStatement(config);
    this.#sharedUser = config.sharedUser;
  }

  /** Returns within the timeouts of the connection. Never throws: an error becomes a problem, with `database` null. */
  async probe(): Promise<DatabaseProbeResult> {
    try {
      return readActivity(await this.#connection.query(this.#statement), this.#sharedUser);
    } catch (error) {
      return { database: null, isDirect: null, problems: [toProblem(error)] };
    }
  }

  /** Returns the session groups of the server, within the timeouts of the connection. Never throws. */
  async sessionGroups(): Promise<SessionGroupsResult> {
    try {
      const { results } = await this.#connection.query(SESSION_GROUPS_STATEMENT);
      return readSessionGroups(results[0]?.[0]);
    } catch (error) {
      return { holders: null, transactions: null, problems: [toProblem(error)] };
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
