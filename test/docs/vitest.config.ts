import { defineConfig } from 'vitest/config';

/** `npm run test:docs`: runs what the documents say; needs programs that `npm test` must not. */
export default defineConfig({
  test: {
    include: ['test/docs/**/*.docs.ts'],
    globalSetup: ['test/app/generate.mjs', 'test/tools/build.ts', 'test/docs/needs.ts'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    reporters: ['default', ['json', { outputFile: process.env.VITEST_REPORT ?? '.cache/docs.json' }]],
  },
});
