import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tools/root.js';

/** A fenced block of a document. */
export interface Block {
  /** Such as `docs/runbook.md`. */
  readonly file: string;
  /** Of its first line, from 1. */
  readonly line: number;
  readonly language: string;
  /** What stands behind the language: says what the test does with it. */
  readonly mark: string;
  /** Without the indentation of a list. */
  readonly text: string;
}

/** Pages for contributors and for people who report a vulnerability. Their commands are not run by `npm run test:docs`. */
export const ROOT_PAGES: readonly string[] = ['CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];

/** README and every page in docs/. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

const FENCE = /^( *)```(\S*)[ \t]*(.*)\n([\s\S]*?)^\1```[ \t]*$/gm;

/** The blocks of a document, in its order. */
export function blocksOf(file: string, text = read(file)): readonly Block[] {
  return [...text.matchAll(FENCE)].map(({ index, 1: indent = '', 2: language = '', 3: mark = '', 4: body = '' }) => ({
    file,
    line: text.slice(0, index).split('\n').length,
    language,
    mark: mark.trim(),
    text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** Every block of every document. */
export function allBlocks(): readonly Block[] {
  return DOCUMENTS.flatMap((file) => blocksOf(file));
}

/** Prose alone, in which links and headings are looked for. */
function withoutBlocks(text: string): string {
  return text.replaceAll(FENCE, '');
}

/** The anchors of the headings, as GitHub makes them. */
export function anchorsOf(file: string): ReadonlySet<string> {
  const headings = [...withoutBlocks(read(file)).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => heading);
  const seen = new Map<string, number>();
  return new Set(
    headings.map((heading) => {
      const plain = heading.replaceAll(/[`*]|\]\([^)]*\)|\[/g, '').toLowerCase();
      const anchor = plain.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return times === 0 ? anchor : `${anchor}-${times}`;
    }),
  );
}

/** Where the links and pictures of a document lead. */
export function linksOf(file: string): readonly string[] {
  const prose = withoutBlocks(read(file)).replaceAll(/`[^`\n]*`/g, 'code');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}
