import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { poolReport, worstReport } from '../core/pool-report.js';
import { ROUTES } from '../core/routes.js';
import type { Monitor } from '../monitor/monitor.js';
import { assessForGet } from './assess-for-get.js';
import { type HttpHandler, json, routeGets } from './http.js';

export interface PoolHandlerParts {
  readonly monitor: Monitor;
}

/**
 * `GET /health/pool` (the worst pool) and `GET /health/pool/{pool}`: 200 if the pool is healthy and 503 if not, both with
 * the report as JSON.
 */
export function poolHandler({ monitor }: PoolHandlerParts): HttpHandler {
  return routeGets({
    [ROUTES.worstPool]: () => answer(monitor, null),
    [ROUTES.onePool]: ({ pathPool }) => answer(monitor, pathPool ?? ''),
  });
}

async function answer(monitor: Monitor, name: string | null): Promise<APIGatewayProxyStructuredResultV2> {
  const [first, ...rest] = await assessForGet(monitor, name);
  if (!first) {
    return json(404, { message: 'Not found: no such pool' });
  }
  const now = Date.now();
  const report = name === null ? worstReport([first, ...rest], now) : poolReport(first, now);
  return json(report.status === 'healthy' ? 200 : 503, report);
}
