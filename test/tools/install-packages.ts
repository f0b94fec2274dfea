import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installs the packages of a suite that has its own `package.json`, if what is installed differs from it. */
export function installPackages(suite: string): void {
  const installed = join(suite, 'node_modules', '.package-lock.json');
  const wanted = JSON.parse(readFileSync(join(suite, 'package.json'), 'utf8')).devDependencies as Record<
    string,
    string
  >;
  const packages = existsSync(installed) ? JSON.parse(readFileSync(installed, 'utf8')).packages : {};
  const isThere = Object.entries(wanted).every(
    ([name, version]) => packages[`node_modules/${name}`]?.version === version,
  );
  if (!isThere) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: suite, stdio: 'inherit' });
  }
}
