/** `npm run test:node24`: the whole suite on the version of Node that the functions are deployed on. */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { deployedNode } from './deployed-node.js';
import { ROOT } from './root.js';

const folder = deployedNode();
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const child = spawn(
  join(folder, 'node'),
  [vitest, 'run', '--project', 'unit', '--project', 'integration', ...process.argv.slice(2)],
  {
    cwd: ROOT,
    env: {
      ...process.env,
      // First, so that what the tests start runs on it too.
      PATH: [folder, process.env.PATH].join(delimiter),
      VITEST_REPORT: process.env.VITEST_REPORT ?? '.cache/node24.json',
    },
    stdio: 'inherit',
  },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => child.kill(signal));
}
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
