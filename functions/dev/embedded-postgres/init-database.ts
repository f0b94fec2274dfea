import { appendFileSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, type Child, lastLines, launch, type Place } from './child-process.js';

/** The server accepts connections from this machine only, and trades durability for speed. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // The path of a socket is limited to 107 bytes, and a temporary directory may be longer.
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  log_line_prefix: '',
};

export interface NewDatabase {
  /** Path of the program `initdb`. */
  readonly program: string;
  /** Path of the new data directory. */
  readonly data: string;
  /** Password of the superuser. */
  readonly password: string;
  readonly port: number;
  /** Lines for `postgresql.conf`, which override our own. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Creates a data directory whose superuser is `postgres`, as fast as possible.
 *
 * @param onLaunch receives the running initdb, so that the caller can end it
 * @throws Error of one line with the last lines of initdb
 */
export async function initDatabase(
  { program, data, password, port, settings }: NewDatabase,
  place: Place,
  onLaunch: (child: Child) => void,
): Promise<void> {
  const passwordFile = join(place.directory, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  giveTo(place.account, passwordFile);
  const login = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const initdb = launch(program, ['-D', data, ...login, '--no-locale', '--encoding=UTF8', '--no-sync'], place);
  onLaunch(initdb);
  const outcome = await initdb.ended;
  rmSync(passwordFile);
  if (outcome !== 'exit code 0') {
    throw new Error(`initdb failed (${outcome}): ${lastLines(place.logFile)}`);
  }
  const lines = Object.entries({ port: String(port), ...SETTINGS, ...settings }).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  );
  appendFileSync(join(data, 'postgresql.conf'), lines.join(''));
}

/** Makes the account the owner of a file. @param account null if the owner is already right */
export function giveTo(account: Account | null, path: string): void {
  if (account) {
    chownSync(path, account.uid, account.gid);
  }
}
