import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutatedFiles } from '../suites/mutation/project-copy.js';
import { listed, oneLine, rowOf } from '../suites/mutation/survivors.js';
import { read } from '../support/markdown.js';
import { ROOT } from '../tools/root.js';

test('every survivor that the document lists is code that exists, with a reason, once', () => {
  const survivors = listed();
  const rows = read('docs/internals/mutation.md')
    .split('\n')
    .filter((line) => line.startsWith('| `functions/'));
  expect(rows).toHaveLength(survivors.length);
  const files = mutatedFiles();
  const gone = survivors.filter(({ file, original }) => {
    const isThere = files.includes(file) && oneLine(readFileSync(join(ROOT, file), 'utf8')).includes(original);
    return !isThere;
  });
  expect(gone).toEqual([]);
  const keys = survivors.map(rowOf);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});
