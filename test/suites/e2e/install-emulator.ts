import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/root.js';

const FOLDER = join(ROOT, '.cache', 'ministack');
const WANTED = join(ROOT, 'test', 'suites', 'e2e', 'requirements.txt');
/** Names the installed version. Written last, so that an interrupted installation starts again. */
const INSTALLED = join(FOLDER, 'requirements.txt');

/**
 * The Python with the emulator, in its own virtual environment. Installs the emulator from PyPI if it is missing.
 *
 * @throws Error with the fix, in one line
 */
export function emulatorPython(): string {
  const python = join(FOLDER, 'bin', 'python');
  // The environment refers to the python3 that created it, which may have been removed.
  if (contents(INSTALLED) !== contents(WANTED) || !existsSync(python)) {
    rmSync(FOLDER, { recursive: true, force: true });
    attempt(
      ['python3', '-c', 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))'],
      'The end-to-end test needs python3, 3.10 or newer, with venv (Debian, Ubuntu: apt-get install python3-venv).',
    );
    attempt(['python3', '-m', 'venv', FOLDER], 'python3 could not make a virtual environment in .cache/ministack.');
    attempt(
      [python, '-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--disable-pip-version-check', '-r', WANTED],
      'The AWS emulator could not be installed from PyPI.',
    );
    copyFileSync(WANTED, INSTALLED);
  }
  return python;
}

function attempt([program = '', ...args]: readonly string[], otherwise: string): void {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? `${error.stderr ?? ''}`.trim().split('\n').at(-1) : '';
    throw new Error([otherwise, words].join(' ').trim());
  }
}

function contents(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
