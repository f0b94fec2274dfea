import { type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { within } from '../../connection/timeout.js';

/** The user a program runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A program that was started here, and so may be signalled and waited for. */
export interface Child {
  /** Null when it could not be started at all. */
  readonly pid: number | null;
  /** How it ended, such as `exit code 1`; null while it runs. */
  outcome(): string | null;
  /** Resolves to the outcome once it has ended; never rejects. */
  readonly ended: Promise<string>;
  /** Waits for the end, at most so many milliseconds; tells whether it came. */
  endsWithin(patienceMs: number): Promise<boolean>;
  /** Sends a signal to the program alone; does nothing once it has ended. */
  signal(name: NodeJS.Signals): void;
  /** Ends the program and what it started in its process group, at once. */
  killGroup(): void;
}

/** Where and as whom a program runs. */
export interface Place {
  /** Working directory; the account must be able to reach it. */
  readonly directory: string;
  /** Null for the user of this process. */
  readonly account: Account | null;
  /** File that takes the output of the newest program, and of no other. */
  readonly logFile: string;
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C in a terminal reaches only this process, which then stops
 * the program in its own order. Its environment is fixed: variables such as `PGPORT` would reach into PostgreSQL, and with
 * a given `TZ` initdb need not search for the time zone. Never throws for the program's sake: that is an outcome.
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
      // It ended a moment ago and its exit has not been reported yet.
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
