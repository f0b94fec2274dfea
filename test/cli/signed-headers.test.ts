import { AwsV4Signer } from 'aws4fetch';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { signedHeaders } from '../../functions/cli/sources/signed-headers.js';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cret', sessionToken: 'session' };

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', CREDENTIALS.sessionToken);
  vi.stubEnv('AWS_REGION', 'us-east-1');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The signature of the same request by another implementation. */
async function signatureOf(url: string, sent: Record<string, string>, region: string): Promise<string | null> {
  const headers = { 'x-amz-content-sha256': String(sent['x-amz-content-sha256']) };
  const datetime = String(sent['x-amz-date']);
  const signer = new AwsV4Signer({ url, headers, datetime, ...CREDENTIALS, region, service: 'execute-api' });
  return (await signer.sign()).headers.get('authorization');
}

test.each([
  [
    'the region of an API Gateway host',
    'https://id.execute-api.eu-central-1.amazonaws.com/health/pool',
    'eu-central-1',
  ],
  ['the region of a host in China', 'https://id.execute-api.cn-north-1.amazonaws.com.cn/health/pool/a.b', 'cn-north-1'],
  ['AWS_REGION for a custom domain', 'https://health.example.com/stage/health/pool', 'us-east-1'],
])('a request is signed for %s', async (_, url, region) => {
  const headers = await signedHeaders(new URL(url));
  expect(headers.authorization).toContain(`/${region}/execute-api/aws4_request`);
  expect(headers.authorization).toBe(await signatureOf(url, headers, region));
  expect(headers['x-amz-security-token']).toBe(CREDENTIALS.sessionToken);
});
