import { defineConfig } from 'vitest/config';

/** The unit tests of what is mutated, on their own: Stryker runs all projects of a configuration. */
export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts', 'test/connection/**/*.test.ts', 'test/poolers/pgbouncer/**/*.test.ts'],
    // Half a minute of AWS calls, which says nothing about these files that no other test says.
    exclude: ['test/core/pool-definition-fuzz.test.ts'],
    setupFiles: ['test/suites/mutation/setup.ts'],
    testTimeout: 60_000,
  },
});
