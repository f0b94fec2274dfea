import { type AlarmRow, AT_LEAST, MISSING_IS_GOOD } from './alarm.js';
import { functionMetric } from './metric-queries.js';

/** A function of the monitor. */
export interface MonitorFunction {
  /** First part of its alarms' names, such as `check`. */
  readonly label: string;
  readonly functionName: string;
}

/** The alarms of one function of the monitor. A function fails only if the monitor itself is broken. */
export const FUNCTION_ALARMS = [
  {
    name: 'monitor-errors',
    meaning: ({ label }) => `The ${label} function of pool-health fails.`,
    firstStep: 'Read the last errors in its log.',
    metric: ({ functionName }) => functionMetric(functionName, 'Errors'),
    comparison: AT_LEAST,
    threshold: 1,
    minutes: [2, 3],
    missingData: MISSING_IS_GOOD,
  },
  {
    name: 'monitor-throttles',
    meaning: ({ label }) =>
      `Lambda refuses to run the ${label} function of pool-health: the account has no concurrency left.`,
    firstStep: 'Check ConcurrentExecutions of the account, and reserved concurrency.',
    metric: ({ functionName }) => functionMetric(functionName, 'Throttles'),
    comparison: AT_LEAST,
    threshold: 1,
    minutes: [2, 3],
    missingData: MISSING_IS_GOOD,
  },
] as const satisfies readonly AlarmRow<MonitorFunction>[];
