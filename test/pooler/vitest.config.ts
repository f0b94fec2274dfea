import { defineConfig } from 'vitest/config';

/** `npm run test:pooler`: needs a PgBouncer on this machine, which `npm test` must not. */
export default defineConfig({
  test: {
    include: ['test/pooler/**/*.pooler.ts'],
    globalSetup: ['test/pooler/needs.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: process.env.VITEST_REPORT ?? '.cache/pooler.json' }]],
  },
});
