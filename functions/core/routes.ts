/** The routes of the HTTP API as API Gateway (HTTP API, payload 2.0) writes them in `routeKey`. */
export const ROUTES = {
  worstPool: 'GET /health/pool',
  onePool: 'GET /health/pool/{pool}',
} as const;

export type RouteKey = (typeof ROUTES)[keyof typeof ROUTES];

/** The route of the function for details, which is signed unless configured otherwise. */
export const DETAILS_ROUTE = 'GET /health/details';

/** The routes of the page's function: the page itself, and the history that it draws (`?pool=`). */
export const PAGE_ROUTES = {
  page: 'GET /health',
  history: 'GET /health/history',
} as const;
