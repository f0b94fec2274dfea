import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Handler } from './build/entry-points.js';

/** The root folder of pool-health. In the installed package this code is part of `dist/index.js`, as deep as `infra/`. */
export const PACKAGE_ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * The folder with the bundle of a handler, `index.js`. `npm run build` makes it, and the package contains it.
 *
 * @throws Error if the bundle does not exist
 */
export function bundleFolder(handler: Handler): string {
  const folder = join(PACKAGE_ROOT, 'dist', 'functions', handler);
  if (!existsSync(join(folder, 'index.js'))) {
    throw new Error(
      `The bundle of the function "${handler}" does not exist: run "npm run build" in the folder of pool-health`,
    );
  }
  return folder;
}
