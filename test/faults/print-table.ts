/** `npm run docs:faults`: brings the table of `docs/reliability.md` up to date with the rows. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ROWS } from './rows.js';
import { withTable } from './table.js';

const path = new URL('../../docs/reliability.md', import.meta.url);
writeFileSync(path, withTable(readFileSync(path, 'utf8'), ROWS));
