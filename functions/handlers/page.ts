import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HistorySource } from '../core/history.js';
import { PAGE_ROUTES } from '../core/routes.js';
import { type HealthRequest, type HttpHandler, json, routeGets } from './http.js';

/** One HTML file that was made at build. */
export interface StaticPage {
  readonly html: string;
  /** The policy that allows the style and the script in the HTML, and nothing else. */
  readonly contentSecurityPolicy: string;
}

export interface PageHandlerParts {
  readonly history: HistorySource;
  readonly page: StaticPage;
  readonly runbook: StaticPage;
}

/**
 * `GET /health`: the page. `GET /health/runbook`: the runbook, with an anchor for each alarm. `GET /health/history`: the last
 * hour of the pool in `?pool=`, which is optional if there is one pool only; 503 with the reason in the same JSON if the
 * history cannot be read.
 *
 * It shares nothing with the other handlers, so both pages work without a database and without a definition.
 */
export function pageHandler({ history, page, runbook }: PageHandlerParts): HttpHandler {
  const answers = { page: htmlAnswer(page), runbook: htmlAnswer(runbook) };
  return routeGets({
    [PAGE_ROUTES.page]: async () => answers.page,
    [PAGE_ROUTES.runbook]: async () => answers.runbook,
    [PAGE_ROUTES.history]: (request) => answerHistory(history, request),
  });
}

function htmlAnswer({ html, contentSecurityPolicy }: StaticPage): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    },
    body: html,
  };
}

async function answerHistory(
  source: HistorySource,
  { queryPool }: HealthRequest,
): Promise<APIGatewayProxyStructuredResultV2> {
  const { pools } = source;
  const pool = queryPool ?? (pools.length === 1 ? pools[0] : null);
  if (!pool) {
    return json(400, { message: 'The pool is missing: use /health/history?pool=<pool>' });
  }
  if (!pools.includes(pool)) {
    return json(404, { message: 'Not found: no history of such a pool' });
  }
  const history = await source.history(pool);
  return json(history.problems.length === 0 ? 200 : 503, history);
}
