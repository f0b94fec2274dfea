import { PROBLEMS, type Problem, type ProblemValues } from '../health/problem.js';
import type { Assessment } from '../health/report.js';

/** Codes end here, texts follow: the first sentence says what it means; what to do is in the JSON. */
const FIRST_SENTENCE = /^.*?[.:](?= )/;

/**
 * One check on one line, such as `12:00:05  healthy    normal     42.0 % of 10   active 3  idle 1  waiting -`, with its
 * problems behind. The time is the local one; `-` stands for what is not known.
 */
export function line({ sample, verdict }: Assessment): string {
  const { percent, status } = verdict.utilization;
  const utilization = `${percent === null ? '-' : percent.toFixed(1)} % of ${shown(verdict.poolSize)}`;
  const columns = [
    new Date(sample.takenAt).toTimeString().slice(0, 8),
    verdict.status.padEnd(9),
    status.padEnd(8),
    utilization.padStart(14),
    ` active ${shown(verdict.activeConnections)}`.padEnd(10),
    `idle ${shown(verdict.idleConnections)}`.padEnd(7),
    `waiting ${shown(verdict.waitingRequests)}`,
    ...verdict.problems.map(describe),
  ];
  const orphans = sample.database?.orphans ?? [];
  if (orphans.length > 0) {
    columns.push(`left behind by earlier checks: ${orphans.join(', ')}`);
  }
  return columns.join('  ');
}

function shown(value: number | null): string {
  return value === null ? '-' : String(value);
}

function describe({ code, values }: Problem): string {
  const { text } = PROBLEMS[code];
  const sentence = FIRST_SENTENCE.exec(text)?.[0].slice(0, -1) ?? text;
  return [code, ...pairs(values), `(${sentence})`].join(' ');
}

function pairs(values: ProblemValues): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join('; ') : value}`);
}
