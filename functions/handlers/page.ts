import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { CloudWatchHistory } from '../aws/cloudwatch-history.js';
import { DEPLOYED_ENVIRONMENT, type Environment } from '../core/environment.js';
import type { HistorySource } from '../core/history.js';
import { PAGE_ROUTES } from '../core/routes.js';
import { CONTENT_SECURITY_POLICY, HTML } from '../page/generated/page.js';
import { json, requestOf } from './http.js';

export const handler = pageHandler(new CloudWatchHistory(poolsOf(process.env)));

/**
 * `GET /health`: the page. `GET /health/history`: the last hour of the pool that `?pool=` names, which may be left out
 * where there is one pool only; 503 when its source cannot be asked, with the reason in the same JSON.
 *
 * It shares nothing with the other handlers, so that the page needs neither a database nor a definition to be there.
 */
export function pageHandler(source: HistorySource) {
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const { method, routeKey, queryPool } = requestOf(event);
    if (method !== 'GET') {
      return json(405, { message: 'Method not allowed: use GET' }, { allow: 'GET' });
    }
    switch (routeKey) {
      case PAGE_ROUTES.page:
        return PAGE;
      case PAGE_ROUTES.history:
        return await historyOf(source, queryPool);
      default:
        return json(404, { message: 'Not found: use /health or /health/history' });
    }
  };
}

async function historyOf(source: HistorySource, named: string | null): Promise<APIGatewayProxyStructuredResultV2> {
  const { pools } = source;
  const pool = named ?? (pools.length === 1 ? pools[0] : null);
  if (!pool) {
    return json(400, { message: 'Name the pool: /health/history?pool=<pool>' });
  }
  if (!pools.includes(pool)) {
    return json(404, { message: 'Not found: no history of such a pool' });
  }
  const history = await source.history(pool);
  return json(history.problems.length === 0 ? 200 : 503, history);
}

function poolsOf({ POOL_HEALTH_POOLS = DEPLOYED_ENVIRONMENT.POOL_HEALTH_POOLS.default }: Environment): string[] {
  return POOL_HEALTH_POOLS.split(',').filter((name) => name !== '');
}

const PAGE: APIGatewayProxyStructuredResultV2 = {
  statusCode: 200,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  },
  body: HTML,
};
