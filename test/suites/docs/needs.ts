import { spawnSync } from 'node:child_process';
import { program } from '../../support/pgbouncer.js';

const PROGRAMS = ['bash', 'curl', 'git', 'jq', 'python3'];

/** Ends the run with one message, rather than every test with the same one, where a program is missing. */
export function setup(): void {
  const missing = PROGRAMS.filter((name) => spawnSync(name, ['--version']).error !== undefined);
  try {
    if (missing.length > 0) {
      throw new Error(`The documents are run with ${PROGRAMS.join(', ')}; missing: ${missing.join(', ')}.`);
    }
    program();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}
