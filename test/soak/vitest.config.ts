import { defineConfig } from 'vitest/config';

/** `npm run test:soak`: `SOAK_SECONDS` (600 by default) and `SOAK_SEED` (printed) say how long and what. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.soak.ts'],
    globalSetup: ['test/app/generate.mjs'],
    execArgv: ['--expose-gc'],
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: process.env.VITEST_REPORT ?? '.cache/soak.json' }]],
  },
});
