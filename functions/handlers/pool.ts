import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { runtime } from '../compose/runtime.js';
import { type Assessment, type PoolReport, poolReport, worstReport } from '../core/pool-report.js';
import { ROUTES } from '../core/routes.js';
import { assessAll, type Monitor } from '../monitor/monitor.js';
import { definitions, json, requestOf } from './http.js';

/** How old a sample may be that a GET answers with: however many ask, the database is asked once in this time. */
const SAMPLE_AGE_MS = 5_000;

export const handler = poolHandler(runtime.monitor);

/** `GET /health/pool` and `GET /health/pool/{pool}`: 200 healthy, 503 unhealthy, both with the report as JSON. */
export function poolHandler(monitor: Monitor) {
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const { method, routeKey, pathPool } = requestOf(event);
    if (method !== 'GET') {
      return json(405, { message: 'Method not allowed: use GET' }, { allow: 'GET' });
    }
    const isKnownRoute = routeKey === ROUTES.worstPool || routeKey === ROUTES.onePool;
    if (!isKnownRoute) {
      return json(404, { message: 'Not found: use /health/pool or /health/pool/{pool}' });
    }
    const report = await reportOf(monitor, routeKey === ROUTES.onePool ? (pathPool ?? '') : null);
    return report
      ? json(report.status === 'healthy' ? 200 : 503, report)
      : json(404, { message: 'Not found: no such pool' });
  };
}

/** @param name a pool's, or null for the worst of all */
async function reportOf(monitor: Monitor, name: string | null): Promise<PoolReport | null> {
  const pools = await definitions(monitor, name);
  const wanted = name === null ? pools : pools.filter(({ pool }) => pool === name);
  const [first, ...rest] = await assessAll(monitor, wanted, SAMPLE_AGE_MS);
  return first ? present([first, ...rest], name) : null;
}

function present(assessments: readonly [Assessment, ...Assessment[]], name: string | null): PoolReport {
  return name === null ? worstReport(assessments, Date.now()) : poolReport(assessments[0], Date.now());
}
