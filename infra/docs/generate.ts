import { writeFileSync } from 'node:fs';
import { DOCUMENTS } from './documents.js';

/** `npm run docs`: writes the references again. */
for (const [name, text] of Object.entries(DOCUMENTS)) {
  writeFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), text());
}
