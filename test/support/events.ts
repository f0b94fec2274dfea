import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** What API Gateway hands over for a request: the parts of payload 2.0 that decide anything. */
export function getEvent(
  routeKey: string,
  pathParameters?: Record<string, string>,
  method = 'GET',
): APIGatewayProxyEventV2 {
  const path = '/health/pool';
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    ...(pathParameters && { pathParameters }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'test',
      domainName: 'test.invalid',
      domainPrefix: 'test',
      requestId: '1',
      routeKey,
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 1_767_225_600_000,
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
    },
  };
}
