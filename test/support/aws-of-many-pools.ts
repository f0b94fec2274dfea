import { AwsEndpoint, awsAnswer } from './aws-endpoint.js';

/** Parameters on a page of the answer: the most that SSM gives. */
const PAGE = 10;

/** An AWS that has what `answerForPools` says. */
export async function awsOfManyPools(count: number, definition: object, password: string): Promise<AwsEndpoint> {
  const endpoint = await AwsEndpoint.start();
  answerForPools(endpoint, count, definition, password);
  return endpoint;
}

/**
 * From now on there are so many pools with the same definition, one secret for all of them, and metrics are taken. The
 * applications publish none.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
 */
export function answerForPools(endpoint: AwsEndpoint, count: number, definition: object, password: string): void {
  const Value = JSON.stringify(definition);
  const parameters = Array.from({ length: count }, (_, index) => ({ Name: `/pool-health/pool-${index}`, Value }));
  endpoint.answer('GetParametersByPath', (response, call) => {
    const from = Number(call.input.NextToken ?? 0);
    const next = from + PAGE < count ? { NextToken: String(from + PAGE) } : {};
    awsAnswer({ Parameters: parameters.slice(from, from + PAGE), ...next })(response, call);
  });
  endpoint.answer('GetSecretValue', awsAnswer({ SecretString: password }));
  endpoint.answer('PutMetricData', awsAnswer({}));
  endpoint.answer('GetMetricData', (response, call) => {
    const queries = call.input.MetricDataQueries as readonly { readonly Id: string }[];
    const MetricDataResults = queries.map(({ Id }) => ({ Id, StatusCode: 'Complete', Timestamps: [], Values: [] }));
    awsAnswer({ MetricDataResults })(response, call);
  });
}

/** The definition of a pool of one server that a function reads, whose check logs in with a secret. */
export function secretDefinition(port: number, database: string, user: string, more: object = {}): object {
  return {
    endpoint: '127.0.0.1',
    port,
    database,
    user,
    auth: { type: 'secret', arn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:pool-health/check-AbCdEf' },
    tls: 'off',
    managed: { kind: 'none' },
    ...more,
  };
}

/** Calls by operation. */
export function callsOf({ calls }: AwsEndpoint): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { operation } of calls) {
    counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}
