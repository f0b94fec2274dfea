import { number, percent, shortTime } from '../core/format.js';
import type { History } from '../core/history.js';
import { CRITICAL_PERCENT } from '../core/verdict.js';

/** Minutes that a row of the table sums up. */
const ROW_MINUTES = 5;
/** A history that reaches back about as far as it may is called the last hour. */
const NEARLY_AN_HOUR_S = 59 * 60;

export interface TableRow {
  /** Of its beginning, such as `12:05`. */
  readonly time: string;
  readonly utilization: string;
  readonly active: string;
  readonly idle: string;
  readonly waiting: string;
}

/** What the chart is of: `Last hour`, or less where the monitor has not run that long. */
export function spanInWords({ from, to }: History): string {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1_000;
  return seconds >= NEARLY_AN_HOUR_S ? 'Last hour' : `Last ${Math.round(seconds / 60)} minutes`;
}

/** What the chart shows, in one sentence for who cannot see it. */
export function historyInWords(history: History): string {
  const { utilization, healthy } = history.series;
  const known = utilization.filter((value) => value !== null);
  const unhealthy = healthy.filter((value) => value === 0).length;
  if (known.length === 0 && unhealthy === 0) {
    return `${spanInWords(history)}: nothing is known.`;
  }
  const minutes = (count: number) => Math.round((count * history.stepSeconds) / 60);
  const lasting = (count: number) => (minutes(count) === 0 ? 'less than a minute' : `${minutes(count)} min`);
  const high = known.filter((value) => value > CRITICAL_PERCENT).length;
  const missing = utilization.length - known.length;
  const parts = [
    ...(known.length > 0 ? [`utilization from ${percent(Math.min(...known))} to ${percent(Math.max(...known))}`] : []),
    ...(high > 0 ? [`above ${CRITICAL_PERCENT} % for ${lasting(high)}`] : []),
    ...(unhealthy > 0 ? [`unhealthy for ${lasting(unhealthy)}`] : []),
    ...(missing > 0 ? [`${known.length > 0 ? '' : 'utilization '}not known for ${lasting(missing)}`] : []),
  ];
  return `${spanInWords(history)}: ${parts.join(', ')}.`;
}

/** The chart as a table: of every five minutes the highest values, newest first. */
export function historyRows({ times, series }: History): readonly TableRow[] {
  const rows = new Map<number, number[]>();
  for (const [index, time] of times.entries()) {
    // A CloudWatch minute is dated by its end.
    const at = Math.floor((time - 1) / (ROW_MINUTES * 60)) * ROW_MINUTES * 60;
    rows.set(at, [...(rows.get(at) ?? []), index]);
  }
  return [...rows].reverse().map(([at, indices]) => {
    const highest = (values: readonly (number | null)[]) => {
      const known = indices.map((index) => values[index] ?? null).filter((value) => value !== null);
      return known.length === 0 ? null : Math.max(...known);
    };
    return {
      time: shortTime(at * 1_000),
      utilization: percent(highest(series.utilization)),
      active: number(highest(series.active)),
      idle: number(highest(series.idle)),
      waiting: number(highest(series.waiting)),
    };
  });
}
