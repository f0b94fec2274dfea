import { type CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Datapoints } from '../core/datapoints.js';
import { emfLine, measured } from '../core/emf.js';
import { METRIC_NAMESPACE, POOL_DIMENSION } from '../core/metrics.js';
import { type Problem, problem } from '../core/problems.js';
import { failureName } from './errors.js';
import { toStandardOutput, type WriteLine } from './logger.js';
import { inCalls } from './metric-batches.js';

export interface CloudWatchPublisherOptions {
  readonly client: CloudWatchClient;
  /**
   * Milliseconds that publishing may take, retries included.
   *
   * @default 3000
   */
  readonly deadlineMs?: number;
  /**
   * Where metrics go that CloudWatch did not take.
   *
   * @default standard output
   */
  readonly writeLine?: WriteLine;
}

/**
 * CloudWatch as the place where metrics go. What it does not take within the deadline is written to the log in the
 * embedded metric format, with the time of the sample: no datapoint is lost.
 *
 * None is published twice either, but where CloudWatch took a call and its answer did not come back, which nobody can
 * tell from a call that was not taken. The value then stands there twice for the same time, and average, minimum and
 * maximum are still right.
 */
export class CloudWatchPublisher {
  readonly #client: CloudWatchClient;
  readonly #deadlineMs: number;
  readonly #writeLine: WriteLine;

  constructor({ client, deadlineMs = 3_000, writeLine = toStandardOutput }: CloudWatchPublisherOptions) {
    this.#client = client;
    this.#deadlineMs = deadlineMs;
    this.#writeLine = writeLine;
  }

  /**
   * Publishes metrics in as few calls as possible, all of them at once: one that fails does not stop the others. Never
   * throws.
   *
   * @returns `AWS.CLOUDWATCH` with the names of the errors when anything went to the log instead, otherwise nothing
   */
  async publish(datapoints: readonly Datapoints[]): Promise<readonly Problem[]> {
    const outcomes = await Promise.all(inCalls(datapoints).map((call) => this.#put(call)));
    const failures = outcomes.filter((failure) => failure !== null);
    if (failures.length === 0) {
      return [];
    }
    const error = [...new Set(failures)].join(', ');
    return [problem('AWS.CLOUDWATCH', { error, calls: outcomes.length, failedCalls: failures.length })];
  }

  /** The name of what went wrong, or null. */
  async #put(call: readonly Datapoints[]): Promise<string | null> {
    try {
      const command = new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData: call.flatMap(toMetricData) });
      // Ends the pauses between retries as well, and the wait for an answer whose body never comes.
      await this.#client.send(command, { abortSignal: AbortSignal.timeout(this.#deadlineMs) });
      return null;
    } catch (error) {
      for (const part of call) {
        this.#writeLine(emfLine(part));
      }
      return failureName(error);
    }
  }
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
