import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The handlers that are deployed, each a file of `functions/` and a bundle of its own. */
export const HANDLERS = ['check', 'pool', 'details'] as const;
export type Handler = (typeof HANDLERS)[number];

/** The folder of pool-health, found by its name: as well from this source as from where the package is installed. */
export const PACKAGE_ROOT = dirname(createRequire(import.meta.url).resolve('pool-health/package.json'));

/**
 * The folder with a handler's bundle, `index.js`: made by `npm run build`, brought along by the package.
 *
 * @throws Error if it has not been made
 */
export function bundleFolder(handler: Handler): string {
  const folder = join(PACKAGE_ROOT, 'dist', 'functions', handler);
  if (!existsSync(join(folder, 'index.js'))) {
    throw new Error(
      `The bundle of the function "${handler}" is not there: run "npm run build" in the folder of pool-health`,
    );
  }
  return folder;
}
