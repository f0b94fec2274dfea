import { toProblem } from '../connection/errors.js';
import type { SharedConnection } from '../connection/shared-connection.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { DatabaseProbeResult } from '../core/probe-results.js';
import type { SessionGroupsResult } from '../core/session-groups.js';
import { readActivity } from './activity.js';
import { readSessionGroups, SESSION_GROUPS_STATEMENT } from './session-groups.js';
import { activityStatement } from './statement.js';

/** Looks at one pool from the database's side. Callers at the same time share one statement on one connection. */
export class PostgresProbe {
  readonly #session: SharedConnection;
  readonly #statement: string;
  readonly #sharedUser: boolean;

  constructor(config: Pick<ValidatedPoolConfig, 'count' | 'sharedUser'>, session: SharedConnection) {
    this.#session = session;
    this.#statement = activityStatement(config);
    this.#sharedUser = config.sharedUser;
  }

  /** Answers within the deadline of the session. Never throws: a failure is a problem, and `database` null. */
  async probe(): Promise<DatabaseProbeResult> {
    try {
      return readActivity(await this.#session.query(this.#statement), this.#sharedUser);
    } catch (error) {
      return { database: null, isDirect: null, problems: [toProblem(error)] };
    }
  }

  /** Who holds the connections, for details. Answers within the deadline of the session, and never throws. */
  async sessionGroups(): Promise<SessionGroupsResult> {
    try {
      const { results } = await this.#session.query(SESSION_GROUPS_STATEMENT);
      return readSessionGroups(results[0]?.[0]);
    } catch (error) {
      return { holders: null, transactions: null, problems: [toProblem(error)] };
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
