import { program } from '../../support/pgbouncer.js';

/** Ends the run with one message, rather than every test with the same one, where there is no PgBouncer. */
export function setup(): void {
  try {
    program();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}
