import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { HANDLERS, type Handler } from '../../../infra/build/entry-points.js';
import { bundleFolder } from '../../../infra/package-root.js';
import { ROOT } from '../../tools/root.js';

/** Bytes, measured when the bound was set: a tenth more is allowed, and wants a reason. */
const MEASURED = { packed: 2_818_000, unpacked: 8_182_000 };

let folder: string;
let files: readonly string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pool-health-contents-'));
  execFileSync('tar', ['-xzf', inject('tarball'), '-C', folder, '--strip-components=1']);
  files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is deployed of a handler in this repository. */
const filesOf = (handler: Handler) => readdirSync(bundleFolder(handler));
const text = (name: string) => readFileSync(join(folder, name), 'utf8');

describe('the tarball', () => {
  test('holds what is imported and run, types, and what people read; nothing else', () => {
    const types = /^dist\/types\/(functions|infra)\/[\w/-]+\.d\.ts$/;
    const guides = /^docs\/([\w/-]+\.md|reference\/(openapi|grafana)\.json|page\.png)$/;
    expect(files.filter((name) => !types.test(name) && !guides.test(name))).toEqual(
      [
        ...['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json', 'dist/THIRD-PARTY-NOTICES.txt'],
        ...['dist/app.js', 'dist/cli.mjs', 'dist/index.js', 'dist/package.json'],
        ...HANDLERS.flatMap((handler) => filesOf(handler).map((file) => `dist/functions/${handler}/${file}`)),
      ].sort(),
    );
    expect(files).toEqual(expect.arrayContaining(['docs/app/library.md', 'docs/runbook.md']));
  });

  test('says nothing of the machine that packed it', () => {
    expect(files.filter((name) => text(name).includes(ROOT))).toEqual([]);
  });

  test('is no larger than it was', () => {
    const unpacked = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(unpacked).toBeLessThan(MEASURED.unpacked * 1.1);
    expect(statSync(inject('tarball')).size).toBeLessThan(MEASURED.packed * 1.1);
  });

  test('has types that need no other package than those that are installed with it, and the CDK', () => {
    const { dependencies, peerDependencies } = JSON.parse(text('package.json'));
    const known = Object.keys({ ...dependencies, ...peerDependencies }).map((name) => name.replace('@types/', ''));
    for (const entry of ['dist/types/infra/index.d.ts', 'dist/types/functions/app/index.d.ts']) {
      const others = [...reached(entry)].flatMap(importsOf).filter((name) => !/^(\.|node:)/.test(name));
      const isKnown = (name: string) => known.some((each) => name === each || name.startsWith(`${each}/`));
      expect(others.filter((name) => !isKnown(name))).toEqual([]);
      expect(others).not.toEqual([]);
    }
  });

  test('names of every package whose code it holds the licence', () => {
    const notices = text('dist/THIRD-PARTY-NOTICES.txt');
    for (const name of ['@aws-sdk/client-ssm', '@prisma/client', 'pg', 'valibot', 'commander', 'uplot']) {
      expect(notices).toMatch(new RegExp(`^${name} [\\d.]+ \\((MIT|Apache-2\\.0|ISC)\\)$`, 'm'));
    }
  });
});

function importsOf(name: string): string[] {
  return [...text(name).matchAll(/(?:from|import)[ (]'([^']+)'/g)].map(([, specifier = '']) => specifier);
}

/** The declarations that a declaration is made of, itself included. */
function reached(name: string, known = new Set<string>()): Set<string> {
  if (!known.has(name)) {
    known.add(name);
    for (const specifier of importsOf(name).filter((each) => each.startsWith('.'))) {
      reached(join(name, '..', specifier.replace(/\.js$/, '.d.ts')), known);
    }
  }
  return known;
}
