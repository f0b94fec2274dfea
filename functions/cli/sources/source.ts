import type { PoolReport } from '../../core/pool-report.js';
import type { ProblemValues, PublicProblem } from '../../core/problems.js';

/** One check, as the command line shows it. */
export interface CheckResult {
  /** The JSON of the route, exactly as it answers. */
  readonly json: string;
  readonly report: PoolReport;
  /** Those of the report; with the values seen where the check ran here. */
  readonly problems: readonly ShownProblem[];
}

export type ShownProblem = PublicProblem & { readonly values: ProblemValues };

/** What is looked at: a database, or the API of a deployment. */
export interface Source {
  /** What is odd about its settings, though accepted. */
  readonly warnings: readonly string[];
  /** @throws Failure when nobody can be asked, which is no verdict about the pool */
  check(): Promise<CheckResult>;
  /** Takes leave of the other side. */
  close(): Promise<void>;
}

/** Options of every command that looks at a pool. */
export interface SourceOptions {
  readonly url?: string;
  readonly api?: string;
  readonly pool?: string;
  readonly sign?: boolean;
}
