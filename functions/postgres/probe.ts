import { toProblem } from '../connection/errors.js';
import type { SharedConnection } from '../connection/shared-connection.js';
import type { SessionGroupsResult } from '../core/details-report.js';
import { type RoleConfig, roleProblem } from '../core/expected-role.js';
import type { PoolConfig } from '../core/pool-config.js';
import type { DatabaseProbeResult } from '../core/ports.js';
import { type Problem, problem } from '../core/problems.js';
import type { DatabaseView, ServerFacts, ServerRole } from '../core/sample.js';
import { ageMs, currentMoment, type Moment, monotonicMs, NEVER } from '../time/moment.js';
import { activityStatement, readActivity } from './activity.js';
import { type FactsRow, factsStatement, isNearLimit, type LastFacts, readFacts } from './server-facts.js';
import { readSessionGroups, SESSION_GROUPS_STATEMENT } from './session-groups.js';

/** How long the facts of the server are reused, and how long a failed read is not repeated. */
const MAX_FACTS_AGE_MS = 30_000;
/** How long reads of the facts may fail. Then the last facts no longer count, and each check reports the failure. */
const MAX_FACTS_FAILURE_MS = 5 * 60_000;

/** The part of a definition that the probe needs. */
export type ProbeConfig = RoleConfig &
  Pick<PoolConfig, 'count' | 'sharedUser' | 'idleLimitMs' | 'settings' | 'instances'>;

/**
 * Probes the database of one pool. Concurrent calls share each statement on one connection: the counts, and if they are due
 * the facts of the server.
 */
export class PostgresProbe {
  readonly #config: ProbeConfig;
  readonly #connection: SharedConnection;
  readonly #statement: string;
  readonly #factsStatement: string;
  /** The role of the server in the first result. */
  #firstRole: ServerRole | null = null;
  #last: LastFacts | null = null;
  #factsRequested = NEVER;
  /** When the first of the reads failed that have all failed since; null after a read that worked. */
  #factsFailedAt: Moment | null = null;
  /** The names in `count.applications` that a session has had since this process began. */
  readonly #seenApplications = new Set<string>();

  constructor(config: ProbeConfig, connection: SharedConnection) {
    this.#config = config;
    this.#connection = connection;
    this.#statement = activityStatement(config);
    this.#factsStatement = factsStatement(config);
  }

  /** Returns within the timeouts of the connection. Never throws: an error becomes a problem, with `database` null. */
  async probe(): Promise<DatabaseProbeResult> {
    const endsAt = monotonicMs() + this.#connection.totalMs;
    try {
      const result = await this.#connection.check(this.#statement);
      const activity = readActivity(result, this.#config.sharedUser);
      const database = activity.database && {
        ...activity.database,
        facts: await this.#factsFor(activity.database, endsAt),
      };
      const problems = [
        ...result.problems,
        ...activity.problems,
        ...this.#roleProblems(activity),
        ...(this.#isWithoutFacts ? [problem('PROBE.QUERY', { reason: 'facts of the server' }, 'warning')] : []),
      ];
      return { ...activity, database, problems };
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
      return { holders: null, omitted: null, transactions: null, problems: [toProblem(error)] };
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

  /** The facts of the server, read again if they are due. Those of an earlier check if they cannot be read. Never throws. */
  async #factsFor(database: DatabaseView, endsAt: number): Promise<ServerFacts | null> {
    if (this.#areFactsDue(database)) {
      this.#factsRequested = currentMoment();
      try {
        const { results } = await this.#connection.queryOptional(this.#factsStatement, endsAt);
        const row = readFacts(results[0]?.[0]);
        if (!row) {
          throw new Error('unexpected row shape');
        }
        this.#last = { facts: this.#toFacts(row), server: database.connections?.server ?? 0 };
        this.#factsFailedAt = null;
      } catch {
        // The counts are valid without the facts.
        this.#factsFailedAt ??= currentMoment();
        this.#last = this.#isWithoutFacts ? null : this.#last;
      }
    }
    return this.#last?.facts ?? null;
  }

  get #isWithoutFacts(): boolean {
    return this.#factsFailedAt !== null && ageMs(this.#factsFailedAt) >= MAX_FACTS_FAILURE_MS;
  }

  #areFactsDue(database: DatabaseView): boolean {
    const isOld = ageMs(this.#factsRequested) >= MAX_FACTS_AGE_MS;
    // A counted session has one of the applications, and none was seen before.
    const isFirstSeen = (database.connections?.total ?? 0) > 0 && (this.#last?.facts.unseenApplications ?? 0) > 0;
    return (
      isOld || (isFirstSeen && this.#seenApplications.size === 0) || isNearLimit(this.#config, database, this.#last)
    );
  }

  #toFacts({ roles, missingUsers, applications, others, pendingLogins }: FactsRow): ServerFacts {
    for (const name of applications) {
      this.#seenApplications.add(name);
    }
    const unseen = this.#config.count.applications?.filter((name) => !this.#seenApplications.has(name)) ?? [];
    const unseenApplications = others > 0 ? unseen.length : 0;
    return { takenAt: Date.now(), roles, missingUsers, unseenApplications, pendingLogins };
  }
}
