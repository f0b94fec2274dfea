import * as v from 'valibot';
import type { QueryResult } from '../connection/connection.js';
import type { DatabaseProbeResult } from '../core/probe-results.js';
import { type Problem, problem } from '../core/problems.js';
import type { DatabaseView } from '../core/sample.js';

const number = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The row of `activityStatement`. */
const row = v.object({
  server_version: count,
  max_connections: count,
  superuser_reserved: count,
  reserved: count,
  rds_reserved: count,
  database_limit: v.pipe(v.number(), v.safeInteger()),
  hidden: count,
  server: count,
  database: count,
  total: count,
  active: count,
  idle_in_transaction: count,
  stateless: count,
  named: count,
  longest_transaction_ms: v.nullable(number),
  orphans: v.pipe(v.string(), v.regex(/^(\d+(,\d+)*)?$/)),
});

/**
 * What the database shows, from the row of `activityStatement`. Never throws: a row of another shape is `PROBE.QUERY`.
 *
 * @param sharedUser whether the check's user is the application's; behind a pooler the backends that the check happens
 *   to use are then the pool's, and idle but for the check
 */
export function readActivity({ results, isDirect }: QueryResult, sharedUser: boolean): DatabaseProbeResult {
  const parsed = v.safeParse(row, results[0]?.[0]);
  if (!parsed.success) {
    return { database: null, isDirect, problems: [problem('PROBE.QUERY', { reason: 'a row of another shape' })] };
  }
  const seen = parsed.output;
  const problems: Problem[] = [];
  if (seen.hidden > 0) {
    problems.push(problem('PROBE.PRIVILEGE', { reason: 'pg_monitor is not granted', hiddenSessions: seen.hidden }));
  } else if (seen.stateless > 0) {
    problems.push(
      problem('PROBE.PRIVILEGE', { reason: 'track_activities is off', sessionsWithoutState: seen.stateless }),
    );
  }
  const borrowed = sharedUser && !isDirect ? seen.named : 0;
  const hasStates = seen.stateless === 0;
  const database: DatabaseView = {
    serverVersion: seen.server_version,
    slots: {
      maxConnections: seen.max_connections,
      superuserReserved: seen.superuser_reserved,
      reserved: seen.reserved,
      rdsReserved: seen.rds_reserved,
      databaseLimit: seen.database_limit < 0 ? null : seen.database_limit,
    },
    connections:
      seen.hidden > 0
        ? null
        : {
            total: seen.total + borrowed,
            active: hasStates ? seen.active : null,
            idleInTransaction: hasStates ? seen.idle_in_transaction : null,
            longestTransactionMs: seen.longest_transaction_ms,
            server: seen.server,
            database: seen.database,
          },
    orphans: seen.orphans === '' ? [] : seen.orphans.split(',').sort((a, b) => Number(a) - Number(b)),
  };
  return { database, isDirect, problems };
}
