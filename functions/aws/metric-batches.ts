import type { Datapoints } from '../core/datapoints.js';

/** Limits of one `PutMetricData`. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MOST_METRICS = 1_000;
const MOST_BYTES = 1_000_000;
/** One metric on the wire without the name of its pool: 170 bytes, and room for longer names and numbers. */
const METRIC_BYTES = 240;

/**
 * Deals the metrics to as few calls as the limits of `PutMetricData` allow: none lost, none doubled. A pool whose metrics
 * do not fit into one call goes on in the next, each with its own part of the values.
 */
export function inCalls(datapoints: readonly Datapoints[]): Datapoints[][] {
  const longestName = Math.max(0, ...datapoints.map(({ pool }) => Buffer.byteLength(pool)));
  const most = Math.min(MOST_METRICS, Math.floor(MOST_BYTES / (METRIC_BYTES + longestName)));
  const calls: Datapoints[][] = [];
  let room = 0;
  for (const { pool, timestamp, values } of datapoints) {
    let rest = Object.entries(values);
    while (rest.length > 0) {
      if (room === 0) {
        calls.push([]);
        room = most;
      }
      const part = rest.slice(0, room);
      calls.at(-1)?.push({ pool, timestamp, values: Object.fromEntries(part) });
      rest = rest.slice(room);
      room -= part.length;
    }
  }
  return calls;
}
