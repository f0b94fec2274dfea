/** The part of `npm run docs` that knows tests and bundles: the table of faults, and what is deployed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ROWS } from '../suites/faults/rows.js';
import { withTable } from '../suites/faults/table.js';
import { bundlesDocument } from './contents.js';

const reliability = new URL('../../docs/internals/reliability.md', import.meta.url);
writeFileSync(reliability, withTable(readFileSync(reliability, 'utf8'), ROWS));
writeFileSync(new URL('../../docs/internals/bundles.md', import.meta.url), await bundlesDocument());
