/**
 * `npm run test:mutation`: Stryker changes functions/core and functions/connection/errors.ts, one expression at a time, and
 * runs the unit tests on each change. Fails below 97 % of the changes noticed, and if docs/internals/mutation.md does not list
 * exactly the changes that no test noticed. Takes up to an hour; with paths of files only their changes count:
 *
 *   npm run test:mutation -- functions/core/metrics.ts
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from '../../tools/install-packages.js';
import { ROOT } from '../../tools/root.js';
import { copyProject, mutatedFiles } from './project-copy.js';
import { listed, type MutationReport, rowOf, survivorsOf } from './survivors.js';

const MIN_SCORE = 97;
const SUITE = join(ROOT, 'test', 'suites', 'mutation');
const STRYKER = join(SUITE, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');

const known = mutatedFiles();
const files = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = files.filter((file) => !known.includes(file));
if (unknown.length > 0) {
  console.error(`Not mutated: ${unknown.join(', ')}. Files are ${known.join(', ')}`);
  process.exit(2);
}
installPackages(SUITE);
const folder = copyProject();
const config = join(folder, 'stryker.config.json');
writeFileSync(config, JSON.stringify(strykerOptions(files)));
const { status } = spawnSync(process.execPath, [STRYKER, 'run', config], { cwd: folder, stdio: 'inherit' });
const report = join(folder, 'report.json');
const isAsListed = existsSync(report) && compare(JSON.parse(readFileSync(report, 'utf8')));
process.exitCode = status === 0 && isAsListed ? 0 : 1;

function strykerOptions(mutate: readonly string[]): Readonly<Record<string, unknown>> {
  return {
    testRunner: 'vitest',
    vitest: { configFile: 'test/suites/mutation/vitest.config.ts' },
    plugins: ['@stryker-mutator/*', join(SUITE, 'ignore-document-texts.mjs')],
    ignorers: ['document-texts'],
    mutate,
    // The copy belongs to this run alone.
    inPlace: true,
    concurrency: 2,
    timeoutMS: 30_000,
    reporters: ['progress-append-only', 'clear-text', 'json'],
    clearTextReporter: { reportTests: false, allowColor: false },
    jsonReporter: { fileName: 'report.json' },
    thresholds: { high: 100, low: MIN_SCORE, break: MIN_SCORE },
  };
}

/** True if the document lists the survivors of these files, and no others. */
function compare(found: MutationReport): boolean {
  const survivors = survivorsOf(found).map(rowOf);
  const rows = listed()
    .filter(({ file }) => files.includes(file))
    .map(rowOf);
  const missing = survivors.filter((row) => !rows.includes(row));
  const gone = rows.filter((row) => !survivors.includes(row));
  for (const [title, found] of [
    ['Not in docs/internals/mutation.md; add a test, or a row with the reason:', missing],
    ['In docs/internals/mutation.md, but noticed by a test now:', gone],
  ] as const) {
    if (found.length > 0) {
      console.error([title, ...new Set(found)].join('\n'));
    }
  }
  return missing.length === 0 && gone.length === 0;
}
