import { type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { within } from '../../connection/timeout.js';

/** The user a program runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A program that this process started. */
export interface Child {
  /** Null if the program could not be started. */
  readonly pid: number | null;
  /** How it ended, such as `exit code 1`; null while it runs. */
  outcome(): string | null;
  /** Resolves to the outcome once it has ended; never rejects. */
  readonly ended: Promise<string>;
  /** Resolves to true when the program has ended, or to false after the timeout. */
  endsWithin(timeoutMs: number): Promise<boolean>;
  /** Sends a signal to the program alone; does nothing once it has ended. */
  signal(name: NodeJS.Signals): void;
  /** Kills the program and everything in its process group. */
  killGroup(): void;
}

/** The directory and the account of a program. */
export interface Place {
  /** Working directory; the account must be able to reach it. */
  readonly directory: string;
  /** Null for the user of this process. */
  readonly account: Account | null;
  /** File for the output of the program. The next program overwrites it. */
  readonly logFile: string;
}

/**
 * Starts a program in a process group of its own: Ctrl-C in a terminal then signals this process only, which stops the program
 * in the right order. The environment is fixed, because variables such as `PGPORT` would change PostgreSQL, and with a given
 * `TZ` initdb does not search for the time zone. A program that cannot be started is an outcome, not an exception.
 */
export function launch(program: string, args: readonly string[], { directory, account, logFile }: Place): Child {
  const log = openSync(logFile, 'w');
  const options: SpawnOptions = {
    cwd: directory,
    detached: true,
    env: { LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', log, log],
    ...(account && { uid: account.uid, gid: account.gid }),
  };
  const child = spawn(program, args, options);
  closeSync(log);
  const pid = child.pid ?? null;
  let outcome: string | null = null;
  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      outcome ??= how;
      resolve(outcome);
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  });
  const send = (to: number | null, name: NodeJS.Signals): void => {
    if (to === null || outcome !== null) {
      return;
    }
    try {
      process.kill(to, name);
    } catch {
      // The program has just ended and Node has not reported it yet.
    }
  };
  return {
    pid,
    ended,
    outcome: () => outcome,
    endsWithin: (timeoutMs) =>
      within(ended, timeoutMs, () => new Error('still running')).then(
        () => true,
        () => false,
      ),
    signal: (name) => send(pid, name),
    killGroup: () => send(pid && -pid, 'SIGKILL'),
  };
}

/** The last lines of a program's log, joined into one line, to explain why the program ended. May be empty. */
export function lastLines(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const texts = lines.map((line) => line.trim().replace(/\s+/g, ' ')).filter((line) => line !== '');
  return texts.slice(-4).join('; ');
}
