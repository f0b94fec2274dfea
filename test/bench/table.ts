import type { Spread } from './spread.js';

/** What a part of the benchmark shows: figures, and what they mean. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Lines below the table, such as whether an aim was met. */
  readonly notes: readonly string[];
}

/** A table in Markdown whose columns stand straight on a terminal too. */
export function toMarkdown({ title, columns, rows, notes }: Table): string {
  const widths = columns.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, index) => align(cells[index] ?? '', width, index)).join(' | ')} |`;
  const rule = `| ${widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [`**${title}**`, '', line(columns), rule, ...rows.map(line), '', ...notes.map((note) => `- ${note}`)].join(
    '\n',
  );
}

/** The first column is what the row is about; the others are figures. */
function align(text: string, width: number, index: number): string {
  return index === 0 ? text.padEnd(width) : text.padStart(width);
}

/** The median, and in parentheses where eight of ten values lie. */
export function spread({ median, p10, p90 }: Spread, show: (value: number) => string = figure): string {
  return `${show(median)} (${show(p10)} to ${show(p90)})`;
}

/** A count as it is; anything else with three digits that matter. Thousands are grouped. */
export function figure(value: number): string {
  if (Math.abs(value) >= 100 || Number.isInteger(value)) {
    return Math.round(value).toLocaleString('en-US');
  }
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** An aim and what became of it. */
export function aim(what: string, isMet: boolean): string {
  return `${what}: ${isMet ? 'met' : '**missed**'}`;
}
