import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The handlers that are deployed, each a file of `functions/` and a bundle of its own. */
export const HANDLERS = ['check', 'pool', 'details', 'page'] as const;
export type Handler = (typeof HANDLERS)[number];

/** The folder of pool-health. Where the package is installed, this is part of a file of `dist/`, as deep as `infra/`. */
export const PACKAGE_ROOT = fileURLToPath(new URL('..', import.meta.url));

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
