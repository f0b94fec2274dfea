import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/root.js';

/** A mutant that no test notices, as the document lists it. */
export interface Survivor {
  /** Such as `functions/core/verdict.ts`. */
  readonly file: string;
  /** The code that was replaced, on one line. */
  readonly original: string;
  readonly replacement: string;
}

/** The part of Stryker's report that is read here. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly ReportedMutant[] }>>;
}

interface ReportedMutant {
  readonly status: string;
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** Both from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** With a reason that is not empty. */
const ROW = /^\| `([^`]+)` \| `` (.+) `` \| `` (.*) `` \| (\S.*) \|$/gm;

/** The survivors that the document lists, each with its reason. */
export function listed(): readonly Survivor[] {
  const document = readFileSync(join(ROOT, 'docs', 'internals', 'mutation.md'), 'utf8');
  return [...document.matchAll(ROW)].map(([, file = '', original = '', replacement = '']) => ({
    file,
    original: original.replaceAll('\\|', '|'),
    replacement: replacement.replaceAll('\\|', '|'),
  }));
}

/** The mutants of a report that no test noticed. */
export function survivorsOf({ files }: MutationReport): readonly Survivor[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map(({ location: { start, end }, replacement = '' }) => ({
        file,
        original: oneLine(source.slice(offset(source, start), offset(source, end))),
        replacement: oneLine(replacement),
      })),
  );
}

/** A row of the document without its reason. */
export function rowOf({ file, original, replacement }: Survivor): string {
  return `| \`${file}\` | \`\` ${original.replaceAll('|', '\\|')} \`\` | \`\` ${replacement.replaceAll('|', '\\|')} \`\` |  |`;
}

/** White space as Stryker's printer and the formatter of the project write it differs. */
export function oneLine(code: string): string {
  return code.replaceAll(/\s+/g, ' ').trim();
}

function offset(source: string, { line, column }: Position): number {
  const before = source.split('\n').slice(0, line - 1);
  return before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
}
