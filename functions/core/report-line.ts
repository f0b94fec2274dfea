import { type PoolReport, poolReport } from './pool-report.js';
import { type Problem, type ProblemValues, type PublicProblem, toPublic } from './problems.js';
import type { Assessment } from './verdict.js';

/** Codes end here, texts follow: the first sentence says what it means; what to do is in the JSON. */
const FIRST_SENTENCE = /^.*?[.:](?= )/;

/** A problem with the values seen, empty where they are not told. */
export type DescribedProblem = Pick<PublicProblem, 'code' | 'text'> & Pick<Problem, 'values'>;

/** What a line shows of a report. */
export type ReportInShort = Pick<PoolReport, 'status' | 'metrics' | 'utilization' | 'timestamp'>;

/** One check on one line, with the statements that earlier checks left on the server. */
export function line(assessment: Assessment): string {
  const { sample, verdict } = assessment;
  const problems = verdict.problems.map((problem) => ({ ...toPublic(problem), values: problem.values }));
  const orphans = sample.database?.orphans ?? [];
  const left = orphans.length > 0 ? [`left behind by earlier checks: ${orphans.join(', ')}`] : [];
  return [reportLine(poolReport(assessment, sample.takenAt), problems), ...left].join('  ');
}

/**
 * One check on one line, such as `12:00:05  healthy    normal     42.0 % of 10   active 3  idle 1  waiting -`, with its
 * problems behind. The time is the local one; `-` stands for what is not known.
 */
export function reportLine(
  { status, metrics, utilization, timestamp }: ReportInShort,
  problems: readonly DescribedProblem[],
): string {
  const { percent } = utilization;
  const used = `${percent === null ? '-' : percent.toFixed(1)} % of ${shown(metrics.poolSize)}`;
  const columns = [
    new Date(timestamp).toTimeString().slice(0, 8),
    status.padEnd(9),
    utilization.status.padEnd(8),
    used.padStart(14),
    ` active ${shown(metrics.activeConnections)}`.padEnd(10),
    `idle ${shown(metrics.idleConnections)}`.padEnd(7),
    `waiting ${shown(metrics.waitingRequests)}`,
    ...problems.map(describe),
  ];
  return columns.join('  ');
}

/** A number, or `-` for what is not known. */
export function shown(value: number | null): string {
  return value === null ? '-' : String(value);
}

function describe({ code, text, values }: DescribedProblem): string {
  const sentence = FIRST_SENTENCE.exec(text)?.[0].slice(0, -1) ?? text;
  return [code, ...pairs(values), `(${sentence})`].join(' ');
}

/** Values as `name=value`. */
export function pairs(values: ProblemValues): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join('; ') : value}`);
}
