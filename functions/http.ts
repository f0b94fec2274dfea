import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ProblemError } from './health/problem.js';
import type { WatchedPool } from './health/watched.js';
import type { Monitor } from './monitor.js';

/** How old the definitions may be that a GET works with. */
const DEFINITIONS_AGE_MS = 30_000;

/**
 * The definitions for a GET. When they cannot be read it still answers: unhealthy, with the reason.
 *
 * @param name of the pool that is asked for, or null for all
 */
export async function definitions(monitor: Monitor, name: string | null): Promise<readonly WatchedPool[]> {
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
