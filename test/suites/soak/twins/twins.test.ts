import { afterAll, beforeAll, expect, test } from 'vitest';
import { program } from '../../../support/pgbouncer.js';
import { TwinChecks } from './checks.js';
import { TWINS } from './twins.js';

const SECONDS = Number(process.env.SOAK_SECONDS ?? 600);
/** Two servers and all sessions. */
const MAX_START_MS = 300_000;

/** Why the twins behind PgBouncer cannot run here; null if they can. */
function missing(): string | null {
  try {
    program();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const reason = missing();
const twins = TWINS.filter(({ on }) => on !== 'pgbouncer' || reason === null);
let checks: TwinChecks;
beforeAll(async () => {
  checks = await TwinChecks.start(twins);
}, MAX_START_MS);
afterAll(() => checks?.close());

test(`${SECONDS} s of ${twins.length} pools in which nothing is wrong: no check reports an error`, {
  timeout: (SECONDS + 120) * 1_000,
}, async () => {
  await checks.run(SECONDS);
  process.stdout.write(`${twins.length} pools, ${checks.checks} checks each\n`);
  expect(checks.mistakes).toEqual([]);
});

if (reason !== null) {
  test.skip(`pools behind PgBouncer: ${reason}`);
}
