import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROWS } from './faults/rows.js';
import { withTable } from './faults/table.js';

const document = readFileSync(new URL('../docs/reliability.md', import.meta.url), 'utf8');

test('the table of faults is that of the tests (npm run docs:faults prints it)', () => {
  expect(document).toBe(withTable(document, ROWS));
});

test('no fault is listed twice', () => {
  const names = ROWS.map(({ side, fault }) => `${side}: ${fault}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
