import { configuration } from './configuration.js';
import { grafana } from './grafana.js';
import { metrics } from './metrics-page.js';
import { openapi } from './openapi.js';
import { problems } from './problems.js';

/** What is written from the code, by its name in docs/reference/. */
export const DOCUMENTS: Readonly<Record<string, () => string>> = {
  'configuration.md': configuration,
  'metrics.md': metrics,
  'problems.md': problems,
  'openapi.json': openapi,
  'grafana.json': grafana,
};
