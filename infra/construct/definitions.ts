import { Stack, Token } from 'aws-cdk-lib';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { ParameterTier, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { POOL_DIMENSION } from '../../functions/core/metrics.js';
import type { ProblemCode } from '../../functions/core/problems.js';
import { received } from '../../functions/core/validation.js';
import { CONFIG_INVALID_METRIC } from '../monitoring/metric-queries.js';
import type { CheckedPool } from './pools.js';

/**
 * A path in SSM, and what it accepts in words. SSM reserves everything that begins with `aws` or `ssm`.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
 */
export const PARAMETER_PREFIX = {
  pattern: /^(?!\/(?:aws|ssm))(?:\/[\w.-]+)+$/i,
  form: 'a path such as "/pool-health", not beginning with "/aws" or "/ssm"',
} as const;

const INVALID: ProblemCode = 'CONFIG.INVALID';

export interface DefinitionsProps {
  readonly pools: readonly CheckedPool[];
  readonly parameterPrefix: string;
  /** The scope of a pool's definition: this construct, or a construct in a nested stack. */
  readonly scopeOf: (pool: string, main: Construct) => Construct;
}

/** The definitions of the pools in SSM. They can be changed there without a deployment. */
export class Definitions extends Construct {
  readonly parameterNames: readonly string[];

  constructor(scope: Construct, id: string, { pools, parameterPrefix, scopeOf }: DefinitionsProps) {
    super(scope, id);
    if (!Token.isUnresolved(parameterPrefix) && !PARAMETER_PREFIX.pattern.test(parameterPrefix)) {
      throw new Error(`parameterPrefix must be ${PARAMETER_PREFIX.form}, received ${received(parameterPrefix)}`);
    }
    this.parameterNames = pools.map(({ name, definition }) => {
      const parameterName = `${parameterPrefix}/${name}`;
      new StringParameter(scopeOf(name, this), name, {
        parameterName,
        description: `pool-health: definition of the pool ${name}`,
        stringValue: Stack.of(this).toJsonString(definition),
        // A definition may grow beyond the 4 KB of a standard parameter.
        tier: ParameterTier.INTELLIGENT_TIERING,
      });
      return parameterName;
    });
  }
}

/**
 * Counts invalid definitions by pool, from the log of the check: every run logs each invalid definition.
 *
 * @param namespace of the metric
 */
export function countInvalidDefinitions(scope: Construct, id: string, logGroup: ILogGroup, namespace: string): void {
  new MetricFilter(scope, id, {
    logGroup,
    filterPattern: FilterPattern.stringValue('$.code', '=', INVALID),
    metricNamespace: namespace,
    metricName: CONFIG_INVALID_METRIC,
    metricValue: '1',
    dimensions: { [POOL_DIMENSION]: '$.pool' },
  });
}
