import { number, percent, shortTime } from '../core/format.js';
import type { History } from '../core/history.js';
import { CRITICAL_PERCENT } from '../core/utilization.js';

/** Minutes in a row of the table. */
const ROW_MINUTES = 5;
/** From this span on, a history is called the last hour. */
const MIN_HOUR_SECONDS = 59 * 60;

export interface TableRow {
  /** When the row begins, such as `12:05`. */
  readonly time: string;
  readonly utilization: string;
  readonly active: string;
  readonly idle: string;
  readonly waiting: string;
}

/** The title of the charts: `Last hour`, or a shorter time if the monitor has just started. */
export function spanInWords({ from, to }: History): string {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1_000;
  return seconds >= MIN_HOUR_SECONDS ? 'Last hour' : `Last ${Math.round(seconds / 60)} minutes`;
}

/** The charts as one sentence, for screen readers. */
export function historyInWords(history: History): string {
  const { utilization, healthy } = history.series;
  const known = utilization.filter((value) => value !== null);
  const unhealthy = healthy.filter((value) => value === 0).length;
  if (known.length === 0 && unhealthy === 0) {
    return `${spanInWords(history)}: no data.`;
  }
  const minutes = (count: number) => Math.round((count * history.stepSeconds) / 60);
  const time = (count: number) => (minutes(count) === 0 ? 'less than a minute' : `${minutes(count)} min`);
  const high = known.filter((value) => value > CRITICAL_PERCENT).length;
  const missing = utilization.length - known.length;
  const parts = [
    ...(known.length > 0 ? [`utilization from ${percent(Math.min(...known))} to ${percent(Math.max(...known))}`] : []),
    ...(high > 0 ? [`above ${CRITICAL_PERCENT} % for ${time(high)}`] : []),
    ...(unhealthy > 0 ? [`unhealthy for ${time(unhealthy)}`] : []),
    ...(missing > 0 ? [`${known.length > 0 ? '' : 'utilization '}unknown for ${time(missing)}`] : []),
  ];
  return `${spanInWords(history)}: ${parts.join(', ')}.`;
}

/** The charts as a table: the highest values in every five minutes, newest first. */
export function historyRows({ times, series }: History): readonly TableRow[] {
  const rows = new Map<number, number[]>();
  for (const [index, time] of times.entries()) {
    // The time of a CloudWatch minute is its end.
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
