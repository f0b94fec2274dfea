import { datapoints } from '../core/metrics.js';
import type { Logger, Publish } from '../core/ports.js';
import { PROBLEMS, type Problem } from '../core/problems.js';
import type { Assessment } from '../core/verdict.js';
import { assessAll, type Monitor } from '../monitor/monitor.js';

/** The log entry also has the process ids of the statements. */
const ORPHANED_STATEMENTS =
  'Statements of earlier checks still run on the server. Give the role of the check a statement_timeout and, from PostgreSQL 14 on, a client_connection_check_interval.';

export interface CheckHandlerParts {
  readonly monitor: Monitor;
  readonly publish: Publish;
  readonly log: Logger;
}

/**
 * The scheduled check: assesses every pool of the deployment, logs the problems and publishes the metrics.
 *
 * @throws ProblemError only if the monitor itself is broken: the definitions cannot be read and none is known
 */
export function checkHandler({ monitor, publish, log }: CheckHandlerParts) {
  return async (): Promise<readonly Assessment[]> => {
    const assessments = await assessAll(monitor, await monitor.pools(0), 0);
    for (const { pool, sample, verdict } of assessments) {
      logProblems(verdict.problems, { pool }, log);
      const orphans = sample.database?.orphans ?? [];
      if (orphans.length > 0) {
        log('warning', ORPHANED_STATEMENTS, { pool, orphans });
      }
    }
    logProblems(await publish(assessments.map(datapoints)), {}, log);
    return assessments;
  };
}

function logProblems(problems: readonly Problem[], of: { readonly pool?: string }, log: Logger): void {
  for (const { code, severity, values } of problems) {
    log(severity, PROBLEMS[code].text, { ...of, code, severity, ...values });
  }
}
