import type { HistorySource } from '../../functions/core/history.js';
import type { HttpHandler } from '../../functions/handlers/http.js';
import { pageHandler } from '../../functions/handlers/page.js';
import { PAGE, RUNBOOK } from '../../functions/page/generated/page.js';

/** The handler of the real page, over any history. */
export function pageHandlerOf(history: HistorySource): HttpHandler {
  return pageHandler({ history, page: PAGE, runbook: RUNBOOK });
}
