import type { MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { UnexpectedAnswer } from './errors.js';

export const MINUTE_MS = 60_000;

/** Values by the end of their minute, in milliseconds since 1970. A minute without a datapoint is not in it. */
export type Series = ReadonlyMap<number, number>;

/** Milliseconds since 1970, both at the beginning of a minute; the end is not part of it. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The series that CloudWatch answered, which dates each minute by its beginning.
 *
 * @param parts the answers to one query, in the order of the pages
 * @throws UnexpectedAnswer when the query was not answered as a whole
 */
export function toSeries(parts: readonly MetricDataResult[], { start, end }: TimeRange): Series {
  if (parts.at(-1)?.StatusCode !== 'Complete') {
    throw new UnexpectedAnswer();
  }
  const values = parts.flatMap(({ Timestamps = [], Values = [] }) =>
    Timestamps.map((timestamp, index) => ({ at: timestamp.getTime(), value: Values[index] })),
  );
  return new Map(
    values.flatMap(({ at, value }) =>
      value !== undefined && at >= start && at < end ? [[at + MINUTE_MS, value] as const] : [],
    ),
  );
}

/** The newest minute that has a datapoint, or null. */
export function newest(series: Series): { readonly at: number; readonly value: number } | null {
  const [first] = [...series].sort(([a], [b]) => b - a);
  return first ? { at: first[0], value: first[1] } : null;
}
