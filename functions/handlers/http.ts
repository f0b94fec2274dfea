import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as v from 'valibot';
import { escapeControlCharacters } from '../core/control-characters.js';

const text = v.fallback(v.string(), '');
const texts = v.fallback(v.record(v.string(), v.unknown()), {});
const event = v.fallback(
  v.object({
    routeKey: text,
    pathParameters: texts,
    queryStringParameters: texts,
    requestContext: v.fallback(v.object({ http: v.fallback(v.object({ method: text }), { method: '' }) }), {
      http: { method: '' },
    }),
  }),
  { routeKey: '', pathParameters: {}, queryStringParameters: {}, requestContext: { http: { method: '' } } },
);

/** Answers an event of API Gateway (HTTP API, payload 2.0). */
export type HttpHandler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** The methods that every route answers. */
const METHODS: readonly string[] = ['GET', 'HEAD'];

/** The parameters of a GET that a route answers. */
export interface HealthRequest {
  /** `{pool}` of the path; null if the route has no such parameter. */
  readonly pathPool: string | null;
  /** `?pool=`; null if it is absent. */
  readonly queryPool: string | null;
}

/** The function that answers each route, by its key, such as `GET /health/pool`. */
export type Routes = Readonly<Record<string, (request: HealthRequest) => Promise<APIGatewayProxyStructuredResultV2>>>;

/**
 * A handler of GETs: 405 for any other method but HEAD, and 404 for a route that is not in the table. The answer to HEAD is
 * that to GET, without its body. An event of any shape is answered, because any client with permission to invoke the function can send anything.
 */
export function routeGets(routes: Routes): HttpHandler {
  const answers = new Map(Object.entries(routes));
  const paths = [...answers.keys()].map((key) => key.replace(/^GET /, '')).join(' or ');
  return async (from) => {
    const { routeKey, pathParameters, queryStringParameters, requestContext } = v.parse(event, from);
    const { method } = requestContext.http;
    if (!METHODS.includes(method)) {
      return json(405, { message: `Method not allowed: use ${METHODS.join(' or ')}` }, { allow: METHODS.join(', ') });
    }
    const answer = answers.get(routeKey.replace(/^HEAD /, 'GET '));
    const result = answer
      ? await answer({ pathPool: textOrNull(pathParameters.pool), queryPool: textOrNull(queryStringParameters.pool) })
      : json(404, { message: `Not found: use ${paths}` });
    return method === 'HEAD' ? { ...result, body: '' } : result;
  };
}

/** A JSON response that must not be cached. Names in it cannot control the terminal of its reader. */
export function json(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: escapeControlCharacters(JSON.stringify(body)),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
