import { type Answer, type AwsCall, awsAnswer, awsError } from './aws-endpoint.js';

/** One datapoint as it was published: several of the same minute are of several publishers. */
export interface Datapoint {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

interface WireDimension {
  readonly Name: string;
  readonly Value?: string;
}

interface WireQuery {
  readonly Id: string;
  readonly MetricStat: {
    readonly Metric: { readonly Namespace: string; readonly MetricName: string; readonly Dimensions: WireDimension[] };
    readonly Period: number;
    readonly Stat: string;
  };
}

/** Holds datapoints and answers for them as CloudWatch does; moto_server 5.2 gives the same answers. */
export class MetricStore {
  readonly data: Datapoint[] = [];

  /** Answers all queries of a call at once, with its limits. */
  readonly getMetricData: Answer = (response, call) => {
    const queries = queriesOf(call);
    const isAccepted =
      queries.length > 0 && queries.length <= 500 && new Set(queries.map(({ Id }) => Id)).size === queries.length;
    const answer = isAccepted
      ? awsAnswer({ Messages: [], MetricDataResults: queries.map((query) => this.#result(query, call)) })
      : awsError(400, 'ValidationError');
    answer(response, call);
  };

  readonly listMetrics: Answer = (response, call) => {
    const { Namespace, MetricName, Dimensions } = call.input as {
      Namespace: string;
      MetricName: string;
      Dimensions: WireDimension[];
    };
    const found = this.data.filter(
      ({ namespace, metric, dimensions }) =>
        namespace === Namespace &&
        metric === MetricName &&
        Dimensions.every(({ Name, Value }) => Name in dimensions && (Value ?? dimensions[Name]) === dimensions[Name]),
    );
    const series = new Set(found.map(({ dimensions }) => JSON.stringify(toWire(dimensions))));
    const Metrics = [...series].map((each) => ({ Namespace, MetricName, Dimensions: JSON.parse(each) }));
    awsAnswer({ Metrics })(response, call);
  };

  #result({ Id, MetricStat: { Metric, Period, Stat } }: WireQuery, call: AwsCall) {
    const from = Number(call.input.StartTime);
    const to = Number(call.input.EndTime);
    const periods = new Map<number, number[]>();
    for (const { namespace, metric, dimensions, at, value } of this.data) {
      const period = Math.floor(at / 1_000 / Period) * Period;
      const isAsked =
        namespace === Metric.Namespace && metric === Metric.MetricName && isSame(dimensions, Metric.Dimensions);
      if (isAsked && period >= from && period < to) {
        periods.set(period, [...(periods.get(period) ?? []), value]);
      }
    }
    const newestFirst = [...periods].sort(([a], [b]) => b - a);
    return {
      Id,
      Label: Metric.MetricName,
      Timestamps: newestFirst.map(([period]) => period),
      Values: newestFirst.map(([, values]) => statistic(Stat, values)),
      StatusCode: 'Complete',
    };
  }
}

export function queriesOf({ input }: AwsCall): WireQuery[] {
  return input.MetricDataQueries as WireQuery[];
}

function statistic(name: string, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const statistics: Readonly<Record<string, number>> = {
    Sum: sum,
    SampleCount: values.length,
    Average: sum / values.length,
    Minimum: Math.min(...values),
    Maximum: Math.max(...values),
  };
  return statistics[name] ?? Number.NaN;
}

function isSame(dimensions: Datapoint['dimensions'], wire: readonly WireDimension[]): boolean {
  return wire.length === Object.keys(dimensions).length && wire.every(({ Name, Value }) => dimensions[Name] === Value);
}

function toWire(dimensions: Datapoint['dimensions']): WireDimension[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}
