import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { DETAILS_ROUTE, PAGE_ROUTES, ROUTES } from '../core/routes.js';

/** Additional local paths: the address of `npm start` opens the page in a browser. */
const ALIASES: Readonly<Record<string, string>> = { '/': '/health' };
const ROUTE_KEYS = [...Object.values(ROUTES), DETAILS_ROUTE, ...Object.values(PAGE_ROUTES)];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * The event that API Gateway (HTTP API, payload 2.0) creates from a request, without the body: no route takes one. A request
 * with another method has the key of its route too, so that the handler can answer 405.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function toEvent(request: IncomingMessage, now: Date = new Date()): APIGatewayProxyEventV2 {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const rawPath = mark === -1 ? target : target.slice(0, mark);
  const rawQueryString = mark === -1 ? '' : target.slice(mark + 1);
  const { routeKey, pathParameters } = matchRoute(rawPath);
  const { cookie, ...headers } = joinedHeaders(request);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers,
    ...(rawQueryString !== '' && { queryStringParameters: joinedQuery(rawQueryString) }),
    ...(pathParameters && { pathParameters }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: headers.host ?? 'localhost',
      domainPrefix: 'localhost',
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    isBase64Encoded: false,
  };
}

interface Match {
  readonly routeKey: string;
  readonly pathParameters: Record<string, string> | null;
}

/** The route whose pattern matches the path, for any method; `$default` if none does or the path is badly encoded. */
function matchRoute(requested: string): Match {
  const path = ALIASES[requested] ?? requested;
  for (const routeKey of ROUTE_KEYS) {
    const [, pattern = ''] = routeKey.split(' ');
    const values = new RegExp(`^${pattern.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(path);
    const pathParameters = values && decoded(values.groups ?? {});
    if (pathParameters) {
      return { routeKey, pathParameters: values.groups ? pathParameters : null };
    }
  }
  return { routeKey: '$default', pathParameters: null };
}

function decoded(values: Readonly<Record<string, string>>): Record<string, string> | null {
  try {
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    return null;
  }
}

/** Names in lower case. Values of the same name are joined by commas, cookies by semicolons. */
function joinedHeaders({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [name, values.join(name === 'cookie' ? '; ' : ',')]),
  );
}

function joinedQuery(query: string): Record<string, string> {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries([...parameters.keys()].map((name) => [name, parameters.getAll(name).join(',')]));
}

/** Such as `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(now: Date): string {
  const [year, , day] = now.toISOString().slice(0, 10).split('-');
  return `${day}/${MONTHS[now.getUTCMonth()]}/${year}:${now.toISOString().slice(11, 19)} +0000`;
}
