import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fetchPackage } from './fetch-package.js';

/** The newest of the version that the functions are deployed on (`infra/construct/health-function.ts`). */
const VERSION = '24.21.0';

/**
 * The folder of the program `node` in the version that the functions are deployed on. It comes from npm, so that any
 * machine that can install this project can run it; downloaded if it is not there yet.
 *
 * @throws Error if it is not that version that runs
 */
export function deployedNode(): string {
  const folder = join(fetchPackage(`node-${process.platform}-${process.arch}`, VERSION, 'node24'), 'bin');
  const running = execFileSync(join(folder, 'node'), ['-p', 'process.version'], { encoding: 'utf8' }).trim();
  if (running !== `v${VERSION}`) {
    throw new Error(`Node ${VERSION} was to run, and ${running} does`);
  }
  return folder;
}
