import type { PoolReport } from '../../core/pool-report.js';
import type { ProblemValues } from '../../core/problems.js';
import type { PublicProblem } from '../../core/report-parts.js';

/** The result of one check, as the command line shows it. */
export interface CheckResult {
  /** The JSON of the route, unchanged. */
  readonly json: string;
  readonly report: PoolReport;
  /** The problems of the report, with their values if the check ran in this process. */
  readonly problems: readonly ShownProblem[];
}

export type ShownProblem = PublicProblem & { readonly values: ProblemValues };

/** The pool that a command checks: of a database, or behind the API of a deployment. */
export interface Source {
  /** Warnings about its settings. */
  readonly warnings: readonly string[];
  /** @throws Failure if there is no answer: the state of the pool is then unknown */
  check(): Promise<CheckResult>;
  /** Closes all connections. */
  close(): Promise<void>;
}

/** Options of every command that checks a pool. */
export interface SourceOptions {
  readonly url?: string;
  readonly api?: string;
  readonly pool?: string;
  readonly sign?: boolean;
}
