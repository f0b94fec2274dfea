import { ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';

/** One alarm of the contract's table. Its name is also the heading of its entry in the runbook. */
export interface AlarmRow {
  readonly name: string;
  /** What it means when it goes on. */
  readonly meaning: string;
  /** What to do first. */
  readonly firstStep: string;
  readonly metric: IMetric;
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** How many minutes of how many must break the threshold. */
  readonly minutes: readonly [breaching: number, of: number];
  readonly missingData: TreatMissingData;
}

export const AT_LEAST = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
export const ABOVE = ComparisonOperator.GREATER_THAN_THRESHOLD;
export const BELOW = ComparisonOperator.LESS_THAN_THRESHOLD;

/** The state stays: what cannot be seen has not become better. */
export const KEEP_STATE = TreatMissingData.IGNORE;
/** For what only exists while something is wrong. */
export const NO_DATA_IS_GOOD = TreatMissingData.NOT_BREACHING;
/** For what is reported continuously. */
export const NO_DATA_IS_BAD = TreatMissingData.BREACHING;
