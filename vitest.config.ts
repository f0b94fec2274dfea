import { defineConfig } from 'vitest/config';

/** `VITEST_REPORT` names the file for the results, so that several runs can be added up. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/app/generate.mjs', 'test/tools/build.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: process.env.VITEST_REPORT ?? '.cache/vitest.json' }]],
    coverage: {
      provider: 'v8',
      include: ['functions/health/**'],
      reporter: ['text'],
      thresholds: { branches: 100 },
    },
  },
});
