import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { DETAILS_ROUTE, PAGE_ROUTES, ROUTES } from '../core/routes.js';

/** Additional local paths: the address of `npm start` opens the page in a browser. */
const ALIASES: Readonly<Record<string, string>> = { '/': '/health' };
const ROUTE_KEYS = [...Object.values(ROUTES), DETAILS_ROUTE, ...Object.values(PAGE_ROUTES)];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const ABSOLUTE_FORM = /^https?:\/\/(?<authority>[^/?#]*)(?<rest>.*)$/is;

/** Where a request goes. */
export interface RequestTarget {
  /** Host and port, of the URL if the request has an absolute one, otherwise of the Host header; null without either. */
  readonly authority: string | null;
  readonly path: string;
  readonly query: string;
}

/**
 * Reads the target of a request: a path, or an absolute URL, whose authority then replaces the Host header.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#name-absolute-form
 */
export function targetOf({ url = '/', headers }: IncomingMessage): RequestTarget {
  const absolute = ABSOLUTE_FORM.exec(url)?.groups;
  const { authority = headers.host ?? null, rest = url } = absolute ?? {};
  const mark = rest.indexOf('?');
  const path = mark === -1 ? rest : rest.slice(0, mark);
  return { authority, path: path === '' ? '/' : path, query: mark === -1 ? '' : rest.slice(mark + 1) };
}

/**
 * The event that API Gateway (HTTP API, payload 2.0) creates from a request, without the body: no route takes one. A request
 * with another method has the key of its route too, so that the handler can answer 405.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function toEvent(request: IncomingMessage, now: Date = new Date()): APIGatewayProxyEventV2 {
  const { authority, path: rawPath, query: rawQueryString } = targetOf(request);
  const { routeKey, pathParameters } = matchRoute(rawPath);
  const { cookie, ...others } = joinedHeaders(request);
  const headers: Record<string, string> = { ...others, ...(authority !== null && { host: authority }) };
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
      domainName: authority ?? 'localhost',
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

/** Values of the same name are joined by commas. Takes time in proportion to the length of the query. */
function joinedQuery(query: string): Record<string, string> {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    const others = values.get(name);
    if (others) {
      others.push(value);
    } else {
      values.set(name, [value]);
    }
  }
  return Object.fromEntries([...values].map(([name, texts]) => [name, texts.join(',')]));
}

/** Such as `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(now: Date): string {
  const [year, , day] = now.toISOString().slice(0, 10).split('-');
  return `${day}/${MONTHS[now.getUTCMonth()]}/${year}:${now.toISOString().slice(11, 19)} +0000`;
}
