import { defineConfig } from 'vitest/config';

/** `npm run test:package`: makes the package and installs it, which takes other packages from npm. */
export default defineConfig({
  test: {
    include: ['test/package/**/*.package.ts'],
    globalSetup: ['test/app/generate.mjs', 'test/package/tarball.ts'],
    maxWorkers: 2,
    testTimeout: 120_000,
    // An installation of the CDK and of Prisma.
    hookTimeout: 240_000,
    reporters: ['default', ['json', { outputFile: process.env.VITEST_REPORT ?? '.cache/package.json' }]],
  },
});
