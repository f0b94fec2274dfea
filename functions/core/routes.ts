/** The routes of the HTTP API, as API Gateway (HTTP API, payload 2.0) sends them in `routeKey`. */
export const ROUTES = {
  worstPool: 'GET /health/pool',
  onePool: 'GET /health/pool/{pool}',
} as const;

/** The route of the details function. Requests must be signed by default. */
export const DETAILS_ROUTE = 'GET /health/details';

/** The routes of the page function: the page, the history that the page draws (`?pool=`), and the runbook. */
export const PAGE_ROUTES = {
  page: 'GET /health',
  history: 'GET /health/history',
  runbook: 'GET /health/runbook',
} as const;
