import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ssmClient } from '../../functions/aws/clients/ssm.js';
import { readParameter } from '../../functions/compose/parameter.js';
import { type Answer, AwsEndpoint, awsAnswer, awsError, lambdaEnvironment } from '../support/aws-endpoint.js';

let endpoint: AwsEndpoint;

beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await endpoint.close();
});

function read(answer: Answer): Promise<string> {
  endpoint.answer('GetParameter', answer);
  return readParameter(ssmClient(), '/pool-health/orders');
}

test('a named parameter is read, decrypted', async () => {
  const text = await read((response, call) => {
    expect(call.input).toEqual({ Name: '/pool-health/orders', WithDecryption: true });
    awsAnswer({ Parameter: { Name: '/pool-health/orders', Value: '{"pool":{}}' } })(response, call);
  });
  expect(text).toBe('{"pool":{}}');
});

test.each([
  ['one that is not there', awsError(400, 'ParameterNotFound'), 'ParameterNotFound'],
  ['one that may not be read', awsError(400, 'AccessDeniedException', 'arn:aws:iam::1:user/x may not'), 'AccessDenied'],
  ['an answer without it', awsAnswer({}), 'UnexpectedAnswer'],
])('%s is one line that says what to look at, and no more', async (_, answer, name) => {
  const error = await read(answer).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  const { message } = error as Error;
  expect(message).toMatch(/^POOL_HEALTH_PARAMETER could not be read from SSM \(\w+\): check its name, AWS_REGION/);
  expect(message).toContain(name);
  expect(message).not.toMatch(/\n|arn:|orders/);
});
