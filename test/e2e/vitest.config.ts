import { defineConfig } from 'vitest/config';

/** `npm run test:e2e`: one story whose parts build on each other, so the first that fails ends it. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.e2e.ts'],
    bail: 1,
    testTimeout: 200_000,
    // The first run installs the emulator and Node.
    hookTimeout: 300_000,
    env: {
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // Nothing of what this machine is set up for plays a part.
      AWS_CONFIG_FILE: '/nowhere',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    },
    reporters: ['default', ['json', { outputFile: process.env.VITEST_REPORT ?? '.cache/e2e.json' }]],
  },
});
