import { toProblem } from '../connection/errors.js';
import type { SharedConnection } from '../connection/shared-connection.js';
import type { SessionGroupsResult } from '../core/details-report.js';
import { type RoleConfig, roleProblem } from '../core/expected-role.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { DatabaseProbeResult } from '../core/ports.js';
import type { Problem } from '../core/problems.js';
import type { ServerRole } from '../core/sample.js';
import { activityStatement, readActivity } from './activity.js';
import { readSessionGroups, SESSION_GROUPS_STATEMENT } from './session-groups.js';

/** The part of a definition that the probe needs. */
export type ProbeConfig = RoleConfig & Pick<ValidatedPoolConfig, 'count' | 'sharedUser'>;

/** Probes the database of one pool. Concurrent calls share one statement on one connection. */
export class PostgresProbe {
  readonly #connection: SharedConnection;
  readonly #config: ProbeConfig;
  readonly #statement: string;
  /** The role of the server in the first result. */
  #firstRole: ServerRole | null = null;

  constructor(config: ProbeConfig, connection: SharedConnection) {
    this.#connection = connection;
    this.#statement = activityStatement(config);
    this.#config = config;
  }

  /** Returns within the timeouts of the connection. Never throws: an error becomes a problem, with `database` null. */
  async probe(): Promise<DatabaseProbeResult> {
    try {
      const result = await this.#connection.check(this.#statement);
      const activity = readActivity(result, this.#config.sharedUser);
      return { ...activity, problems: [...result.problems, ...activity.problems, ...this.#roleProblems(activity)] };
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

  #roleProblems({ database, isDirect }: DatabaseProbeResult): readonly Problem[] {
    if (!database) {
      return [];
    }
    this.#firstRole ??= database.role;
    const found = roleProblem(this.#config, database.role, this.#firstRole, isDirect === true);
    return found ? [found] : [];
  }
}
