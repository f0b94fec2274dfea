import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../tools/root.js';
import { anchorsOf, DOCUMENTS, linksOf } from './markdown.js';

/** What is wrong with a link, or null. Addresses in the network are not asked. */
function broken(from: string, link: string): string | null {
  if (/^[a-z]+:/.test(link)) {
    return null;
  }
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? from : normalize(join(dirname(from), path));
  if (!existsSync(join(ROOT, file))) {
    return `${link}: no such file`;
  }
  const isMissing = anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor);
  return isMissing ? `${link}: no such heading` : null;
}

describe('no link leads nowhere', () => {
  it.each(DOCUMENTS)('%s', (file) => {
    expect(linksOf(file).flatMap((link) => broken(file, link) ?? [])).toEqual([]);
  });

  it('and one that does is found', () => {
    expect(broken('docs/runbook.md', '#heartbeat')).toBeNull();
    expect(broken('docs/runbook.md', '#heart-beat')).toMatch(/no such heading/);
    expect(broken('docs/runbook.md', '../README.md#no-such')).toMatch(/no such heading/);
    expect(broken('docs/runbook.md', 'nowhere.md')).toMatch(/no such file/);
  });
});

it('every document can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const file of reached) {
    for (const link of file.endsWith('.md') ? linksOf(file) : []) {
      const [path = ''] = link.split('#');
      if (path !== '' && !/^[a-z]+:/.test(path)) {
        reached.add(normalize(join(dirname(file), path)));
      }
    }
  }
  expect(DOCUMENTS.filter((file) => !reached.has(file))).toEqual([]);
});
