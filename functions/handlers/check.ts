import { type Datapoints, datapoints } from '../core/metrics.js';
import type { Logger, Publish } from '../core/ports.js';
import { type Problem, textOf } from '../core/problems.js';
import type { Assessment } from '../core/verdict.js';
import type { Monitor } from '../monitor/monitor.js';
import { monotonicMs } from '../time/moment.js';

/** Milliseconds for all pools. The function has 30 seconds; publishing needs some of the rest. */
const RUN_TIMEOUT_MS = 20_000;
/** How long results wait for others, so that one call publishes them together. */
const BATCH_MS = 2_000;
/** The log entry also has the process ids of the statements. */
const ORPHANED_STATEMENTS =
  'Statements of earlier checks still run on the server. Give the role of the check a statement_timeout and, from PostgreSQL 14 on, a client_connection_check_interval.';

export interface CheckHandlerParts {
  readonly monitor: Monitor;
  readonly publish: Publish;
  readonly log: Logger;
}

/**
 * The scheduled check: assesses every pool of the deployment, publishes the metrics and logs the problems. The metrics of
 * pools that answer are not late because others hang.
 *
 * @throws ProblemError only if the monitor itself is broken: the definitions cannot be read and none is known
 */
export function checkHandler({ monitor, publish, log }: CheckHandlerParts) {
  return async (): Promise<readonly Assessment[]> => {
    const endsAt = monotonicMs() + RUN_TIMEOUT_MS;
    const batches = new Batches(publish);
    const onAssessed = (assessment: Assessment) => batches.add(datapoints(assessment));
    const assessments = await monitor.assessAll(await monitor.pools(0), { maxAgeMs: 0, endsAt, onAssessed });
    const failures = await batches.end();
    for (const { pool, sample, verdict } of assessments) {
      logProblems(verdict.problems, { pool }, log);
      const orphans = sample.database?.orphans ?? [];
      if (orphans.length > 0) {
        log('warning', ORPHANED_STATEMENTS, { pool, orphans });
      }
    }
    logProblems(failures, {}, log);
    return assessments;
  };
}

/** Publishes metrics as they come, in batches: the first metrics of a batch wait two seconds at most for the others. */
class Batches {
  readonly #publish: Publish;
  readonly #published: Promise<readonly Problem[]>[] = [];
  #waiting: Datapoints[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  add(metrics: Datapoints): void {
    if (this.#waiting.push(metrics) === 1) {
      this.#timer = setTimeout(() => this.#flush(), BATCH_MS);
    }
  }

  /** Publishes the rest. Resolves to the problems of all batches. */
  async end(): Promise<readonly Problem[]> {
    this.#flush();
    return (await Promise.all(this.#published)).flat();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    const metrics = this.#waiting.splice(0);
    if (metrics.length > 0) {
      this.#published.push(this.#publish(metrics));
    }
  }
}

function logProblems(problems: readonly Problem[], of: { readonly pool?: string }, log: Logger): void {
  for (const problem of problems) {
    const { code, severity, values } = problem;
    log(severity, textOf(problem), { ...of, code, severity, ...values });
  }
}
