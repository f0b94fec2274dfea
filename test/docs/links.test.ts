import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, DOCUMENTS, linksOf, ROOT_PAGES, read } from '../support/markdown.js';
import { ROOT } from '../tools/root.js';

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

/** The files of the package, as npm says them. */
function packed(): ReadonlySet<string> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'];
  const [{ files }] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }));
  return new Set(files.map(({ path }: { path: string }) => path));
}

it('what documents lead to is in the package too', () => {
  const files = packed();
  const missing = [...DOCUMENTS, ...ROOT_PAGES]
    .filter((file) => files.has(file))
    .flatMap((file) =>
      linksOf(file)
        .map((link) => link.replace(/#.*/, ''))
        .filter((path) => path !== '' && !/^[a-z]+:/.test(path))
        .map((path) => normalize(join(dirname(file), path)))
        .filter((path) => !files.has(path)),
    );
  expect(missing).toEqual([]);
  expect([...files]).toEqual(expect.arrayContaining([...DOCUMENTS]));
});

describe('no link leads nowhere', () => {
  it.each([...DOCUMENTS, ...ROOT_PAGES])('%s', (file) => {
    expect(linksOf(file).flatMap((link) => broken(file, link) ?? [])).toEqual([]);
  });

  it('and one that does is found', () => {
    expect(broken('docs/runbook.md', '#heartbeat')).toBeNull();
    expect(broken('docs/runbook.md', '#heart-beat')).toMatch(/no such heading/);
    expect(broken('docs/runbook.md', '../README.md#no-such')).toMatch(/no such heading/);
    expect(broken('docs/runbook.md', 'nowhere.md')).toMatch(/no such file/);
  });
});

it.each([...DOCUMENTS, ...ROOT_PAGES])('the files of this project that %s names exist', (file) => {
  const named = [...read(file).matchAll(/`((?:functions|infra|test|docs|\.ci)\/[\w./-]*)`/g)];
  expect(named.flatMap(([, path = '']) => (existsSync(join(ROOT, path)) ? [] : [path]))).toEqual([]);
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
