import { type Datapoints, METRICS, type MetricName } from '../../functions/core/metrics.js';
import { DEFAULT_NAMESPACE } from '../../functions/core/namespace.js';
import { type Answer, type AwsCall, awsAnswer, awsError } from './aws-endpoint.js';

/**
 * Datapoints as sorted texts, one a metric with pool, unit, time and value, from each place where they may be found:
 * whether any was lost or doubled is then a comparison of two lists.
 */

export function ofInput(datapoints: readonly Datapoints[]): string[] {
  return datapoints
    .flatMap(({ pool, timestamp, values }) =>
      Object.entries(values).map(([name, value]) =>
        text(DEFAULT_NAMESPACE, pool, name, METRICS[name as MetricName].unit, timestamp, value),
      ),
    )
    .sort();
}

interface Datum {
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly Timestamp: number;
  readonly Value: number;
  readonly Unit: string;
}

export function ofCalls(calls: readonly AwsCall[]): string[] {
  return calls
    .flatMap(({ input }) =>
      (input.MetricData as Datum[]).map(({ MetricName, Dimensions, Timestamp, Value, Unit }) => {
        const pool = Dimensions.map((dimension) => `${dimension.Name}=${dimension.Value}`)
          .join()
          .replace(/^Pool=([^,=]*)$/, '$1');
        // Seconds with a fraction on the wire.
        return text(`${input.Namespace}`, pool, MetricName, Unit, Math.round(Timestamp * 1000), Value);
      }),
    )
    .sort();
}

interface Emf {
  readonly [member: string]: unknown;
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

/** What CloudWatch Logs makes of lines of embedded metric format. */
export function ofEmf(lines: readonly string[]): string[] {
  return lines
    .map((line) => JSON.parse(line) as Emf)
    .flatMap((root) =>
      root._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
        Dimensions.flatMap(([dimension = '']) =>
          Metrics.map(({ Name, Unit }) =>
            text(Namespace, `${root[dimension]}`, Name, Unit, root._aws.Timestamp, root[Name] as number),
          ),
        ),
      ),
    )
    .sort();
}

function text(namespace: string, pool: string, name: string, unit: string, timestamp: number, value: number): string {
  return `${namespace} ${pool} ${name} ${value} ${unit} ${new Date(timestamp).toISOString()}`;
}

/** Takes metrics as CloudWatch does, with its limits, and remembers the calls it took. */
export function takeMetrics(taken: AwsCall[]): Answer {
  return (response, call) => {
    const isWithinLimits = (call.input.MetricData as unknown[]).length <= 1_000 && call.bytes <= 1_000_000;
    if (!isWithinLimits) {
      awsError(400, 'InvalidParameterValueException')(response, call);
      return;
    }
    taken.push(call);
    awsAnswer({})(response, call);
  };
}

/** Pools with the same number of metrics each, all values different. */
export function manyDatapoints(pools: number, metricsEach = Object.keys(METRICS).length): Datapoints[] {
  const names = (Object.keys(METRICS) as MetricName[]).slice(0, metricsEach);
  return Array.from({ length: pools }, (_, index) => ({
    pool: `pool-${index}`,
    timestamp: 1_767_355_200_000 + index * 7,
    values: Object.fromEntries(names.map((name, at) => [name, index + at / 10])),
  }));
}
