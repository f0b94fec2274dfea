/**
 * `npm run test:matrix`: the integration tests on every supported version of PostgreSQL, one after the other. Binaries that
 * are not there yet are fetched into `.cache/postgres`, without touching the project's own packages.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { majorOf, POSTGRES_VERSIONS, type PostgresVersion, postgresBinaries } from './postgres-versions.js';
import { ROOT } from './root.js';

interface Result {
  readonly version: string;
  readonly passed: number;
  readonly failed: number;
  /** False if the runner says so for a reason other than a failed test, or ran none. */
  readonly succeeded: boolean;
}

const results = POSTGRES_VERSIONS.map(testOn);
console.log('\nPostgreSQL        | passed | failed');
for (const { version, passed, failed, succeeded } of results) {
  const columns = [version.padEnd(17), String(passed).padStart(6), String(failed).padStart(6)];
  console.log(`${columns.join(' | ')}${succeeded ? '' : '   <-- not passed'}`);
}
process.exitCode = results.every(({ succeeded }) => succeeded) ? 0 : 1;

function testOn(version: PostgresVersion): Result {
  const major = majorOf(version);
  const report = join(ROOT, process.env.MATRIX_REPORTS ?? '.cache', `postgres-${major}.json`);
  rmSync(report, { force: true });
  const environment = {
    POOL_HEALTH_TEST_BINARIES: postgresBinaries(version),
    POOL_HEALTH_TEST_MAJOR: major,
    VITEST_REPORT: report,
  };
  console.log(`\nPostgreSQL ${version}`);
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--project', 'integration', 'test/integration/postgres'],
    {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: 'inherit',
    },
  );
  const { passed, failed } = counted(report);
  return { version, passed, failed, succeeded: status === 0 && passed > 0 && failed === 0 };
}

/** What the runner itself reports; nothing, if it did not come that far. */
function counted(report: string): { passed: number; failed: number } {
  try {
    const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed, failed };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
