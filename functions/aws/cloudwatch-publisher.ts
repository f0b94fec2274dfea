import { type CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { emfLine, measured } from '../core/emf.js';
import { type Datapoints, POOL_DIMENSION } from '../core/metrics.js';
import { type Problem, problem } from '../core/problems.js';
import { deadlineSignal } from '../time/deadline.js';
import { failureName } from './errors.js';
import { toStandardOutput, type WriteLine } from './logger.js';

export interface CloudWatchPublisherOptions {
  readonly client: CloudWatchClient;
  /** The namespace of the metrics. */
  readonly namespace: string;
  /**
   * Milliseconds that publishing may take, retries included.
   *
   * @default 3000
   */
  readonly deadlineMs?: number;
  /**
   * Receives the metrics that CloudWatch did not accept.
   *
   * @default standard output
   */
  readonly writeLine?: WriteLine;
}

/** Limits of one `PutMetricData`. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MAX_METRICS = 1_000;
const MAX_BYTES = 1_000_000;
/** One metric in a request without the name of its pool: 170 bytes, with a margin for longer names and numbers. */
const METRIC_BYTES = 240;

/**
 * Publishes metrics to CloudWatch. Metrics that CloudWatch does not accept within the deadline are written to the log in the
 * embedded metric format, with the time of the sample: no datapoint is lost.
 *
 * A datapoint is published twice only if CloudWatch accepted a call and its response was lost: the publisher cannot know
 * that the call was accepted. Average, minimum and maximum of two equal values are still right.
 */
export class CloudWatchPublisher {
  readonly #client: CloudWatchClient;
  readonly #namespace: string;
  readonly #deadlineMs: number;
  readonly #writeLine: WriteLine;

  constructor({ client, namespace, deadlineMs = 3_000, writeLine = toStandardOutput }: CloudWatchPublisherOptions) {
    this.#client = client;
    this.#namespace = namespace;
    this.#deadlineMs = deadlineMs;
    this.#writeLine = writeLine;
  }

  /**
   * Publishes metrics in as few calls as possible, all at the same time: a call that fails does not stop the others. Never
   * throws.
   *
   * @returns `AWS.CLOUDWATCH` with the names of the errors if any metric was written to the log instead, otherwise nothing
   */
  async publish(datapoints: readonly Datapoints[]): Promise<readonly Problem[]> {
    const outcomes = await Promise.all(toCalls(datapoints).map((call) => this.#put(call)));
    const failures = outcomes.filter((failure) => failure !== null);
    if (failures.length === 0) {
      return [];
    }
    const error = [...new Set(failures)].join(', ');
    return [problem('AWS.CLOUDWATCH', { error, calls: outcomes.length, failedCalls: failures.length })];
  }

  /** The name of the error, or null. */
  async #put(call: readonly Datapoints[]): Promise<string | null> {
    try {
      const command = new PutMetricDataCommand({ Namespace: this.#namespace, MetricData: call.flatMap(toMetricData) });
      // The deadline also ends the pauses between retries, and the wait for a response body.
      await this.#client.send(command, { abortSignal: deadlineSignal(this.#deadlineMs) });
      return null;
    } catch (error) {
      for (const part of call) {
        this.#writeLine(emfLine(part, this.#namespace));
      }
      return failureName(error);
    }
  }
}

/**
 * Distributes metrics over as few calls as the limits of `PutMetricData` allow. The metrics of one pool that do not fit into
 * one call continue in the next.
 */
function toCalls(datapoints: readonly Datapoints[]): Datapoints[][] {
  const maxNameBytes = Math.max(0, ...datapoints.map(({ pool }) => Buffer.byteLength(pool)));
  const callSize = Math.min(MAX_METRICS, Math.floor(MAX_BYTES / (METRIC_BYTES + maxNameBytes)));
  const calls: Datapoints[][] = [];
  let free = 0;
  for (const { pool, timestamp, values } of datapoints) {
    let rest = Object.entries(values);
    while (rest.length > 0) {
      if (free === 0) {
        calls.push([]);
        free = callSize;
      }
      const part = rest.slice(0, free);
      calls.at(-1)?.push({ pool, timestamp, values: Object.fromEntries(part) });
      rest = rest.slice(free);
      free -= part.length;
    }
  }
  return calls;
}

function toMetricData(datapoints: Datapoints): MetricDatum[] {
  return measured(datapoints).map(({ name, unit, value }) => ({
    MetricName: name,
    Dimensions: [{ Name: POOL_DIMENSION, Value: datapoints.pool }],
    Timestamp: new Date(datapoints.timestamp),
    Unit: unit,
    Value: value,
  }));
}
