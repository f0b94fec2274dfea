import { defineConfig } from 'vitest/config';

/** `npm run test:faults`: takes minutes, since what does not answer has to be waited for. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.faults.ts'],
    globalSetup: ['test/app/generate.mjs'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: process.env.VITEST_REPORT ?? '.cache/faults.json' }]],
  },
});
