import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.js';

/**
 * The folder of an npm package in exactly this version, outside the project's own packages. It is downloaded if it is not
 * there yet.
 *
 * @param cache folder in `.cache` that keeps this version
 * @throws Error if npm cannot install it
 */
export function fetchPackage(name: string, version: string, cache: string): string {
  const prefix = join(ROOT, '.cache', cache);
  const folder = join(prefix, 'node_modules', name);
  if (installedVersion(folder) !== version) {
    mkdirSync(prefix, { recursive: true });
    const flags = ['--prefix', prefix, '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', ['install', ...flags, `${name}@${version}`], { cwd: prefix, stdio: 'inherit' });
  }
  return folder;
}

function installedVersion(folder: string): string | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
  } catch {
    return null;
  }
}
