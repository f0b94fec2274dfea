import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createTerminal, type TerminalDevice } from '../../functions/cli/output/terminal.js';
import { run } from '../../functions/cli/run.js';

/** The folder in which `CLI` works. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** Beside what a login shell has; nothing else of this process's environment is handed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What it can read from its standard input. @default nothing */
  readonly input?: string;
}

/** How to start the command line of this very source. */
export const CLI = ['--import', 'tsx', 'functions/cli/main.ts'];

/** Runs the command line as a process of its own, to its end. */
export function runCli(args: readonly string[], { environment = {}, input = '' }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [...CLI, ...args], { cwd: ROOT, env: cliEnvironment(environment) });
  const ran = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    ran.out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    ran.err += chunk;
  });
  // It may end without having read its input.
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...ran }));
  });
}

export function cliEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, TZ: 'UTC', ...environment };
}

/** Runs it inside this process, with nothing in the environment, to its end. */
export async function runHere(args: readonly string[], changes: Partial<TerminalDevice> = {}): Promise<Ran> {
  const ran = { out: '', err: '' };
  const device: TerminalDevice = {
    environment: {},
    isInteractive: false,
    isColoured: false,
    gone: new AbortController().signal,
    columns: 80,
    rows: 24,
    out: (text) => {
      ran.out += text;
    },
    error: (text) => {
      ran.err += text;
    },
    ...changes,
  };
  const code = await run(args, createTerminal(device));
  return { code, ...ran };
}
