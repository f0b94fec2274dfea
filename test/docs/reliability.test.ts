import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROWS } from '../suites/faults/rows.js';
import { withTable } from '../suites/faults/table.js';
import { bundlesDocument } from '../tools/contents.js';

const document = readFileSync(new URL('../../docs/internals/reliability.md', import.meta.url), 'utf8');

test('the table of faults is that of the tests (npm run docs writes it)', () => {
  expect(document).toBe(withTable(document, ROWS));
});

test('no fault is listed twice', () => {
  const names = ROWS.map(({ side, fault }) => `${side}: ${fault}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('what the deployed bundles hold is listed, with versions and licences (npm run docs writes it)', async () => {
  const listed = readFileSync(new URL('../../docs/internals/bundles.md', import.meta.url), 'utf8');
  expect(listed).toBe(await bundlesDocument());
});
