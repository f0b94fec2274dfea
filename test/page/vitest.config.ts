import { defineConfig } from 'vitest/config';

/** `npm run test:page`: needs a Chromium on this machine, which `npm test` must not. */
export default defineConfig({
  test: {
    include: ['test/page/**/*.browser.ts'],
    globalSetup: ['test/page/needs.ts', 'test/app/generate.mjs', 'test/tools/build.ts'],
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 90_000,
    reporters: ['default', ['json', { outputFile: process.env.VITEST_REPORT ?? '.cache/page.json' }]],
  },
});
