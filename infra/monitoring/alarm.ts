import { ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';

export const AT_LEAST = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
export const ABOVE = ComparisonOperator.GREATER_THAN_THRESHOLD;
export const BELOW = ComparisonOperator.LESS_THAN_THRESHOLD;

/** Without data the alarm keeps its state: an unknown value does not show a recovery. */
export const KEEP_STATE = TreatMissingData.IGNORE;
/** For metrics that exist only while there is a problem. */
export const MISSING_IS_GOOD = TreatMissingData.NOT_BREACHING;
/** For metrics that are published all the time. */
export const MISSING_IS_BAD = TreatMissingData.BREACHING;

/** A threshold that a deployment may set, as `thresholds.<setting>`. */
export interface SettableThreshold {
  readonly setting: string;
  readonly default: number;
  /** `percent` accepts 0 to 100, `positive` any number above 0. */
  readonly accepts: 'percent' | 'positive';
  /** What the number measures, with its unit; for the reference of the configuration. */
  readonly measures: string;
  /** Units of the metric in one unit of the setting. @default 1 */
  readonly factor?: number;
}

/**
 * One alarm: everything that its CloudWatch alarm, its threshold setting, its line in a graph and its documentation are
 * derived from.
 *
 * @typeParam Subject what the alarm is about: the name of a pool or of an RDS Proxy, or a function of the monitor
 */
export interface AlarmRow<Subject> {
  /** Last part of the alarm's name, and the heading of its runbook entry. */
  readonly name: string;
  /** What the alarm means; ends with a full stop. @param threshold in the unit of its setting */
  readonly meaning: (subject: Subject, threshold: number) => string;
  /** What to do first; ends with a full stop. */
  readonly firstStep: string;
  /** @param namespace of the deployment's metrics */
  readonly metric: (subject: Subject, namespace: string) => IMetric;
  readonly comparison: ComparisonOperator;
  /** A number that is fixed, in the metric's unit, or one that a deployment may set. */
  readonly threshold: number | SettableThreshold;
  /** How many of the last minutes must breach the threshold. */
  readonly minutes: readonly [breaching: number, of: number];
  readonly missingData: TreatMissingData;
  /** True for the alarms that the composite alarm `act-now` combines. @default false */
  readonly actNow?: true;
}

/** The threshold in force, in the unit of its setting. @param thresholds those of the deployment, by setting */
export function thresholdOf(
  { threshold }: Pick<AlarmRow<never>, 'threshold'>,
  thresholds: Readonly<Record<string, number>>,
): number {
  return typeof threshold === 'number' ? threshold : (thresholds[threshold.setting] ?? threshold.default);
}

/** The threshold in force, in the unit of the metric. */
export function metricThreshold(
  row: Pick<AlarmRow<never>, 'threshold'>,
  thresholds: Readonly<Record<string, number>>,
): number {
  const factor = typeof row.threshold === 'number' ? 1 : (row.threshold.factor ?? 1);
  return thresholdOf(row, thresholds) * factor;
}
