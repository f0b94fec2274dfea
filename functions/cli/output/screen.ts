import { stripVTControlCharacters } from 'node:util';
import { dashOr } from '../../core/format.js';
import { limitInWords, verdictInWords } from '../../core/summary.js';
import { CRITICAL_PERCENT, WARNING_PERCENT } from '../../core/utilization.js';
import type { CheckResult } from '../sources/source.js';
import type { Paint, Style } from './paint.js';
import { percentOf, problemLines, serverSlots, styleOf } from './table.js';

export interface ScreenOptions {
  /** Width of a line in characters. */
  readonly columns: number;
  /** Utilization of the checks so far in percent, the newest last; null if unknown. */
  readonly history: readonly (number | null)[];
  /** The last line: interval and how to stop. */
  readonly footer: string;
}

const MAX_BAR_WIDTH = 72;
const LEVELS = '▁▂▃▄▅▆▇█';

/** The lines that `watch` shows for one check. Pure. */
export function screen(
  { report, problems }: CheckResult,
  { columns, history, footer }: ScreenOptions,
  paint: Paint,
): string[] {
  const { metrics, utilization } = report;
  const limit = limitInWords(report) ?? '';
  const width = Math.max(20, Math.min(MAX_BAR_WIDTH, columns));
  const verdict = paint(styleOf(report.status), report.status.toUpperCase());
  return [
    `${paint('bold', report.pool)}   ${verdict}   ${verdictInWords(report)}`,
    '',
    `${percentOf(utilization.percent)} of ${dashOr(metrics.poolSize)}   ${paint(styleOf(utilization.status), utilization.status)}${limit && `   limited by ${limit}`}`,
    bar(utilization.percent, width, paint),
    scale(width),
    `active ${dashOr(metrics.activeConnections)}   idle ${dashOr(metrics.idleConnections)}   waiting ${dashOr(metrics.waitingRequests)}   server ${serverSlots(report.database)}`,
    '',
    `history ${sparkline(history.slice(-(width - 8)))}`,
    ...(problems.length > 0 ? ['', ...problems.flatMap((problem) => problemLines(problem, paint))] : []),
    '',
    paint('dim', `${new Date(report.timestamp).toTimeString().slice(0, 8)}   ${footer}`),
  ].flatMap((line) => wrapped(line, columns));
}

/** A bar filled to the utilization, in the colours of the bands; `?` if unknown. */
export function bar(percent: number | null, width: number, paint: Paint): string {
  if (percent === null) {
    return paint('red', '?'.repeat(width));
  }
  const filled = Math.min(width, Math.round((percent * width) / 100));
  const bands: readonly (readonly [Style, number])[] = [
    ['green', cell(WARNING_PERCENT, width)],
    ['yellow', cell(CRITICAL_PERCENT, width)],
    ['red', width],
  ];
  let from = 0;
  return bands
    .map(([style, to]) => {
      const full = Math.max(0, Math.min(filled, to) - from);
      const rest = to - from - full;
      from = to;
      return `${full > 0 ? paint(style, '█'.repeat(full)) : ''}${rest > 0 ? paint('dim', '░'.repeat(rest)) : ''}`;
    })
    .join('');
}

/** The scale below the bar: where the bands begin. */
function scale(width: number): string {
  const warning = `0${' '.repeat(cell(WARNING_PERCENT, width) - 1)}${WARNING_PERCENT}`;
  return `${warning.padEnd(cell(CRITICAL_PERCENT, width))}${CRITICAL_PERCENT} %`;
}

function cell(percent: number, width: number): number {
  return Math.round((percent * width) / 100);
}

/** The utilization of the checks so far, one character each. */
export function sparkline(history: readonly (number | null)[]): string {
  return history
    .map((percent) =>
      percent === null ? '?' : LEVELS[Math.min(LEVELS.length - 1, Math.floor((percent * LEVELS.length) / 100))],
    )
    .join('');
}

/** Wraps a long line at spaces; colours have no width. */
function wrapped(line: string, columns: number): string[] {
  if (stripVTControlCharacters(line).length <= columns) {
    return [line];
  }
  const indent = /^ */.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let current = '';
  for (const word of line.trim().split(' ')) {
    const longer = current === '' ? `${indent}${word}` : `${current} ${word}`;
    if (current !== '' && stripVTControlCharacters(longer).length > columns) {
      lines.push(current);
      current = `${indent}${word}`;
    } else {
      current = longer;
    }
  }
  return [...lines, current];
}
