import type { MetricQuery } from './templates.js';

/**
 * Evaluates synthesized CloudWatch alarms minute by minute, as the documentation of CloudWatch says it does.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A metric alarm as CloudFormation gets it. Of metric math the forms that the alarms here have are evaluated. */
export interface EvaluatedAlarm {
  readonly MetricName?: string;
  readonly Statistic?: string;
  readonly Metrics?: readonly MetricQuery[];
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly DatapointsToAlarm: number;
  readonly EvaluationPeriods: number;
  readonly TreatMissingData: string;
}

/** What was published in one minute, by metric. */
export type Minute = Readonly<Record<string, number>>;

/** Minutes that CloudWatch looks back beyond the evaluation periods when some are missing: those of its own example. */
const EXTRA_PERIODS = 2;

/** The state after the last of these minutes. */
export function evaluate(alarm: EvaluatedAlarm, minutes: readonly Minute[], before: AlarmState): AlarmState {
  const periods = alarm.EvaluationPeriods;
  const range = minutes.slice(-(periods + EXTRA_PERIODS)).map((minute) => datapoint(alarm, minute));
  // Real datapoints count first, the newest of them; only what is then still lacking is filled.
  const real = range.filter((value) => value !== null).slice(-periods);
  const breaching = real.filter((value) => breaches(alarm, value)).length;
  const lacking = periods - real.length;
  switch (lacking > 0 ? alarm.TreatMissingData : 'none') {
    case 'breaching':
      return breaching + lacking >= alarm.DatapointsToAlarm ? 'ALARM' : 'OK';
    case 'ignore':
      return breaching < alarm.DatapointsToAlarm && breaching === real.length ? before : settled(alarm, breaching);
    case 'none':
    case 'notBreaching':
      return settled(alarm, breaching);
    default:
      throw new Error(`no alarm here should treat missing data as ${alarm.TreatMissingData}`);
  }
}

/** The states of several alarms after each minute; all begin as OK. */
export function replay(
  alarms: ReadonlyMap<string, EvaluatedAlarm>,
  minutes: readonly Minute[],
): readonly ReadonlyMap<string, AlarmState>[] {
  let states: ReadonlyMap<string, AlarmState> = new Map([...alarms.keys()].map((name) => [name, 'OK']));
  return minutes.map((_, index) => {
    const seen = minutes.slice(0, index + 1);
    states = new Map(
      [...alarms].map(([name, alarm]) => [name, evaluate(alarm, seen, states.get(name) ?? 'INSUFFICIENT_DATA')]),
    );
    return states;
  });
}

/** Whether the rule of a composite alarm holds: `ALARM("name")`, joined by OR. */
export function ruleHolds(rule: string, states: ReadonlyMap<string, AlarmState>): boolean {
  const terms = rule.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return terms.some((term) => {
    const [, name = ''] = /^ALARM\("([^"]+)"\)$/.exec(term) ?? [];
    const state = states.get(name);
    if (!state) {
      throw new Error(`the rule names ${term}, which is no alarm here`);
    }
    return state === 'ALARM';
  });
}

function settled({ DatapointsToAlarm }: EvaluatedAlarm, breaching: number): AlarmState {
  return breaching >= DatapointsToAlarm ? 'ALARM' : 'OK';
}

function datapoint({ MetricName, Statistic, Metrics }: EvaluatedAlarm, minute: Minute): number | null {
  if (MetricName === undefined) {
    return calculated(Metrics ?? [], minute);
  }
  const value = minute[MetricName];
  return value === undefined ? null : Statistic === 'SampleCount' ? 1 : value;
}

/** The value of an expression in one minute; null where a term has no datapoint or the divisor is 0. */
function calculated(queries: readonly MetricQuery[], minute: Minute): number | null {
  const expression = queries.find(({ ReturnData }) => ReturnData !== false)?.Expression ?? '';
  const [, metric] = /^SELECT AVG\((\w+)\) FROM SCHEMA\(/.exec(expression) ?? [];
  if (metric !== undefined) {
    return minute[metric] ?? null;
  }
  const [, share, whole] = /^100 \* (\w+) \/ (\w+)$/.exec(expression) ?? [];
  const [, total, idle] = /^IF\((\w+) > 0 AND (\w+) < 1, 1, 0\)$/.exec(expression) ?? [];
  const [first, second] = [share ?? total, whole ?? idle].map((id) => {
    const name = queries.find(({ Id }) => Id === id)?.MetricStat?.Metric.MetricName;
    return name === undefined ? null : (minute[name] ?? null);
  });
  if ((share ?? total) === undefined) {
    throw new Error(`the expression ${expression} is not evaluated here`);
  }
  if (first === null || first === undefined || second === null || second === undefined) {
    return null;
  }
  if (total !== undefined) {
    return first > 0 && second < 1 ? 1 : 0;
  }
  return second === 0 ? null : (100 * first) / second;
}

function breaches({ ComparisonOperator, Threshold }: EvaluatedAlarm, value: number): boolean {
  switch (ComparisonOperator) {
    case 'GreaterThanThreshold':
      return value > Threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= Threshold;
    case 'LessThanThreshold':
      return value < Threshold;
    default:
      throw new Error(`${ComparisonOperator} is not evaluated here`);
  }
}
