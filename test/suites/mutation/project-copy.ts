import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/root.js';

/** What is mutated. */
export const MUTATED = ['functions/core', 'functions/connection/errors.ts'];
const COPIED = [
  'functions',
  'test/core',
  'test/connection',
  'test/poolers/pgbouncer',
  'test/support',
  'test/tools',
  'test/suites/mutation',
  'package.json',
  'tsconfig.json',
];

/**
 * Copies what the unit tests of the mutated files need, and removes `as const` from those files. Stryker takes such an
 * expression for a type and leaves out all that is in it, which would be the tables of metrics, problems and poolers.
 *
 * @returns the folder of the copy
 */
export function copyProject(): string {
  const folder = join(ROOT, '.cache', 'mutation');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const path of COPIED) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true, filter: (from) => !from.includes('node_modules') });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(
    join(ROOT, 'test', 'suites', 'mutation', 'node_modules'),
    join(folder, 'test', 'suites', 'mutation', 'node_modules'),
  );
  for (const file of mutatedFiles()) {
    const copy = join(folder, file);
    writeFileSync(copy, readFileSync(copy, 'utf8').replaceAll(' as const', ''));
  }
  return folder;
}

/** The files that are mutated, by their paths in the project. */
export function mutatedFiles(): readonly string[] {
  return MUTATED.flatMap((path) =>
    path.endsWith('.ts')
      ? path
      : readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .map((name) => `${path}/${name}`),
  );
}
