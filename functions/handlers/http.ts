import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as v from 'valibot';
import type { PoolEntry } from '../core/ports.js';
import { ProblemError } from '../core/problems.js';
import type { Monitor } from '../monitor/monitor.js';

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

/** What of a request decides the answer; empty texts for what is not there. */
export interface HealthRequest {
  readonly method: string;
  readonly routeKey: string;
  /** `{pool}` of the path; null where there is none. */
  readonly pathPool: string | null;
  /** `?pool=`; null where there is none. */
  readonly queryPool: string | null;
}

/** Reads an event of API Gateway. Never throws: whoever may invoke the function may hand in anything. */
export function requestOf(from: APIGatewayProxyEventV2): HealthRequest {
  const { routeKey, pathParameters, queryStringParameters, requestContext } = v.parse(event, from);
  return {
    method: requestContext.http.method,
    routeKey,
    pathPool: textOrNull(pathParameters.pool),
    queryPool: textOrNull(queryStringParameters.pool),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** How old the definitions may be that a GET works with. */
const DEFINITIONS_AGE_MS = 30_000;

/**
 * The definitions for a GET. When they cannot be read it still answers: unhealthy, with the reason.
 *
 * @param name of the pool that is asked for, or null for all
 */
export async function definitions(monitor: Monitor, name: string | null): Promise<readonly PoolEntry[]> {
  try {
    return await monitor.pools(DEFINITIONS_AGE_MS);
  } catch (error) {
    if (error instanceof ProblemError) {
      return [{ pool: name ?? 'none', config: null, problems: [error.problem] }];
    }
    throw error;
  }
}

/** An answer that nobody may keep. */
export function json(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}
