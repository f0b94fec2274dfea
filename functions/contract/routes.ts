/** The routes of the HTTP API as API Gateway (HTTP API, payload 2.0) writes them in `routeKey`. */
export const ROUTES = {
  worstPool: 'GET /health/pool',
  onePool: 'GET /health/pool/{pool}',
} as const;

export type RouteKey = (typeof ROUTES)[keyof typeof ROUTES];

/** The route of the function for details, which is signed unless configured otherwise. */
export const DETAILS_ROUTE = 'GET /health/details';
