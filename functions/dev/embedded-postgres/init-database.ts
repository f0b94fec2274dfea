import { appendFileSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, type Child, launch, type Place } from './child-process.js';
import { lastLines } from './log-tail.js';

/** Reachable from this machine only, and quick rather than durable. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // The path of a socket may have 107 bytes, a temporary directory more.
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  log_line_prefix: '',
};

export interface NewDatabase {
  /** Path of the program `initdb`. */
  readonly program: string;
  /** Path of the data directory to be made. */
  readonly data: string;
  /** The superuser's. */
  readonly password: string;
  readonly port: number;
  /** Lines for `postgresql.conf`, stronger than our own. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Makes a data directory whose superuser is `postgres`, with as little work as possible.
 *
 * @param onLaunch gets the running initdb, so that it can be ended
 * @throws Error of one line with the last words of initdb
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

/** @param account null where everything belongs to the right user already */
export function giveTo(account: Account | null, path: string): void {
  if (account) {
    chownSync(path, account.uid, account.gid);
  }
}
