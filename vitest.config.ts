import { defineConfig } from 'vitest/config';

const PRISMA_CLIENTS = 'test/tools/prisma-clients.mjs';
const BUILD = 'test/tools/build.ts';
/** A bound on hanging, not a measurement. A test that is given up goes on and disturbs the next ones, so a busy machine gets time. */
const HANG_TIMEOUT_MS = 300_000;

/**
 * One project for each suite. `npm test` runs `unit`, which starts no server and no process, and `integration`, which needs
 * Node and npm only. The suites under test/suites/ have an npm script each and need more.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    // VITEST_REPORT names the file for the results, so that several runs can be added up.
    reporters: ['default', ['json', { outputFile: process.env.VITEST_REPORT ?? '.cache/vitest.json' }]],
    coverage: {
      provider: 'v8',
      include: ['functions/core/**'],
      reporter: ['text'],
      thresholds: { branches: 100 },
    },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/suites/**'],
          globalSetup: [PRISMA_CLIENTS, BUILD],
          testTimeout: HANG_TIMEOUT_MS,
          hookTimeout: HANG_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: [PRISMA_CLIENTS, BUILD],
          testTimeout: HANG_TIMEOUT_MS,
          hookTimeout: HANG_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'pooler',
          include: ['test/suites/pooler/**/*.test.ts'],
          globalSetup: ['test/suites/pooler/needs.ts'],
          testTimeout: HANG_TIMEOUT_MS,
          hookTimeout: HANG_TIMEOUT_MS,
        },
      },
      {
        test: {
          // Takes minutes: a server that does not answer has to be waited for.
          name: 'faults',
          include: ['test/suites/faults/**/*.test.ts'],
          globalSetup: [PRISMA_CLIENTS],
          testTimeout: HANG_TIMEOUT_MS,
          hookTimeout: HANG_TIMEOUT_MS,
        },
      },
      {
        test: {
          // SOAK_SECONDS (600 by default) and SOAK_SEED (printed) say how long and with which faults.
          name: 'soak',
          include: ['test/suites/soak/**/*.test.ts'],
          globalSetup: [PRISMA_CLIENTS],
          execArgv: ['--expose-gc'],
          hookTimeout: HANG_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'docs',
          include: ['test/suites/docs/**/*.test.ts'],
          globalSetup: [PRISMA_CLIENTS, BUILD, 'test/suites/docs/needs.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'page',
          include: ['test/suites/page/**/*.test.ts'],
          globalSetup: ['test/suites/page/needs.ts', PRISMA_CLIENTS, BUILD],
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        test: {
          name: 'package',
          include: ['test/suites/package/**/*.test.ts'],
          globalSetup: [PRISMA_CLIENTS, 'test/suites/package/tarball.ts'],
          testTimeout: 120_000,
          // An installation of the CDK and of Prisma.
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'preflight',
          include: ['test/suites/preflight/**/*.test.ts'],
          globalSetup: [PRISMA_CLIENTS, BUILD, 'test/suites/preflight/needs.ts'],
          // The rules take half a minute for 100 pools on a busy machine, and compile for longer.
          testTimeout: 300_000,
        },
      },
      {
        test: {
          // One story whose parts build on each other: run it with --bail 1.
          name: 'e2e',
          include: ['test/suites/e2e/**/*.test.ts'],
          testTimeout: 200_000,
          // The first run installs the emulator and Node.
          hookTimeout: 300_000,
          env: {
            AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
            // The AWS configuration of this machine plays no part.
            AWS_CONFIG_FILE: '/nowhere',
            AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
          },
        },
      },
    ],
  },
});
