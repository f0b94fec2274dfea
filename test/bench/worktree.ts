import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tools/root.js';

/** Outside git, and inside the project: a worktree of one other commit, reused until another one is wanted. */
const FOLDER = join(ROOT, '.cache', 'against');

/** Another commit of this project, built by its own build. */
export interface BuiltCommit {
  /** Abbreviated id and subject. */
  readonly label: string;
  readonly folder: string;
}

/**
 * Checks a commit out into a worktree, installs its packages and builds its bundles. The packages are this project's own
 * where both have the same lock file.
 *
 * @param commit anything that git resolves to a commit
 * @throws Error if there is no such commit, or if it cannot be installed or built
 */
export function builtCommit(commit: string): BuiltCommit {
  const id = commitId(commit);
  if (!isCheckedOut(id)) {
    rmSync(FOLDER, { recursive: true, force: true });
    git(ROOT, 'worktree', 'prune');
    git(ROOT, 'worktree', 'add', '--quiet', '--detach', FOLDER, id);
  }
  installPackages();
  npm('run', '--silent', 'prepare');
  return { label: git(FOLDER, 'log', '-1', '--format=%h %s'), folder: FOLDER };
}

function commitId(commit: string): string {
  try {
    return git(ROOT, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`);
  } catch (cause) {
    throw new Error(`"${commit}" is not a commit of the git repository in ${ROOT}`, { cause });
  }
}

/** Whether the worktree has this commit, with no file changed. */
function isCheckedOut(id: string): boolean {
  try {
    return (
      git(FOLDER, 'rev-parse', '--show-toplevel', 'HEAD') === `${FOLDER}\n${id}` &&
      git(FOLDER, 'status', '--porcelain', '--untracked-files=no') === ''
    );
  } catch {
    return false;
  }
}

function installPackages(): void {
  const packages = join(FOLDER, 'node_modules');
  const isLink = lstatSync(packages, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (lockFileOf(FOLDER).equals(lockFileOf(ROOT))) {
    if (!isLink) {
      rmSync(packages, { recursive: true, force: true });
      symlinkSync(join(ROOT, 'node_modules'), packages, 'dir');
    }
  } else if (isLink || !existsSync(join(packages, '.package-lock.json'))) {
    // npm writes that file last: without it, an installation was interrupted.
    rmSync(packages, { recursive: true, force: true });
    npm('ci', '--no-audit', '--no-fund', '--loglevel=error');
  }
}

function lockFileOf(folder: string): Buffer {
  return readFileSync(join(folder, 'package-lock.json'));
}

function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function npm(...args: readonly string[]): void {
  // npm hands this project's own settings to its scripts, and those would name this project's folder.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  execFileSync('npm', args, { cwd: FOLDER, env, stdio: ['ignore', 'ignore', 'inherit'] });
}
