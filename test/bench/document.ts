import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tools/root.js';

/** Where the figures stand that a reader sees; they are written by `npm run bench -- --write` alone. */
const DOCUMENT = join(ROOT, 'docs', 'internals', 'performance.md');

/** @throws Error if the document has no place for one of the parts */
export function checked(parts: readonly string[]): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  for (const part of parts) {
    replaced(text, part, '');
  }
}

/** Puts the figures of a part in the place of those that stood there. */
export function writeFigures(part: string, figures: string): void {
  writeFileSync(DOCUMENT, replaced(readFileSync(DOCUMENT, 'utf8'), part, figures));
}

/** @throws Error if the text has no place for the part */
function replaced(text: string, part: string, figures: string): string {
  const [begin, end] = [`<!-- figures of ${part} -->\n`, `<!-- end of ${part} -->`];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (from < begin.length || to < from) {
    throw new Error(`docs/internals/performance.md has no place for the figures of ${part}: ${begin.trim()} … ${end}`);
  }
  return `${text.slice(0, from)}\n${figures}\n\n${text.slice(to)}`;
}
