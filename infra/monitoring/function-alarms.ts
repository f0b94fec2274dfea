import type { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmRow, AT_LEAST, MISSING_IS_GOOD } from './alarm.js';
import { type FunctionCount, functionsSum } from './metric-queries.js';

/** A function of the monitor. */
export interface MonitorFunction {
  /** Such as `check`. */
  readonly label: string;
  readonly functionName: string;
}

/** The titles of the graphs that show which function it is, by what they count. */
export const MONITOR_GRAPHS = {
  Errors: 'Monitor: errors by function',
  Throttles: 'Monitor: throttles by function',
} as const satisfies Record<FunctionCount, string>;

/** The alarms of all functions of the monitor together. A function fails only if the monitor itself is broken. */
export const FUNCTION_ALARMS = [
  {
    name: 'monitor-errors',
    meaning: (functions) => `A function of pool-health fails: ${listed(functions)}.`,
    firstStep: `Find the function in the graph "${MONITOR_GRAPHS.Errors}" of the dashboard, and read the last errors in its log.`,
    metric: (functions) => sumOf(functions, 'Errors'),
    comparison: AT_LEAST,
    threshold: 1,
    minutes: [2, 3],
    missingData: MISSING_IS_GOOD,
  },
  {
    name: 'monitor-throttles',
    meaning: (functions) =>
      `Lambda refuses to run a function of pool-health (${listed(functions)}): the account has no concurrency left.`,
    firstStep: `Find the function in the graph "${MONITOR_GRAPHS.Throttles}" of the dashboard, and check ConcurrentExecutions of the account and reserved concurrency.`,
    metric: (functions) => sumOf(functions, 'Throttles'),
    comparison: AT_LEAST,
    threshold: 1,
    minutes: [2, 3],
    missingData: MISSING_IS_GOOD,
  },
] as const satisfies readonly AlarmRow<readonly MonitorFunction[]>[];

function listed(functions: readonly MonitorFunction[]): string {
  const labels = functions.map(({ label }) => label);
  return `${labels.slice(0, -1).join(', ')} or ${labels.at(-1)}`;
}

function sumOf(functions: readonly MonitorFunction[], metricName: FunctionCount): MathExpression {
  return functionsSum(
    Object.fromEntries(functions.map(({ label, functionName }) => [label, functionName])),
    metricName,
  );
}
