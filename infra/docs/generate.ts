import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configuration } from './configuration.js';
import { grafana } from './grafana.js';
import { metrics } from './metrics-page.js';
import { openapi } from './openapi.js';
import { problems } from './problems.js';

/** The documents in docs/reference/ that are generated from the code, by file name. */
export const DOCUMENTS: Readonly<Record<string, () => string>> = {
  'configuration.md': configuration,
  'metrics.md': metrics,
  'problems.md': problems,
  'openapi.json': openapi,
  'grafana.json': grafana,
};

/** `npm run docs`: writes the documents. */
function generate(): void {
  for (const [name, text] of Object.entries(DOCUMENTS)) {
    writeFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), text());
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  generate();
}
