import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NPM = ['npm', 'start', '--'];
const NODE = [process.execPath, '--import', 'tsx', 'functions/dev/start.ts'];

export interface StartOptions {
  /** @default `{ PORT: '0' }`; of this process's environment only what a login shell has. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Whether npm stands between, as for a user; slower. @default false */
  readonly throughNpm?: boolean;
}

/** A running `npm start` with a temporary directory of its own, so that what it leaves behind can be seen. */
export class NpmStart {
  readonly child: ChildProcess;
  readonly #directory: string;
  #output = '';
  #exit: number | string | null = null;

  static async launch({ environment = {}, args = [], throughNpm = false }: StartOptions = {}): Promise<NpmStart> {
    const directory = await mkdtemp(join(tmpdir(), 'start-test-'));
    // PostgreSQL may run as another user, who has to find its files in there.
    await chmod(directory, 0o755);
    const [program = '', ...first] = throughNpm ? NPM : NODE;
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, TMPDIR: directory, PORT: '0', ...environment };
    return new NpmStart(spawn(program, [...first, ...args], { cwd: ROOT, env, detached: true }), directory);
  }

  constructor(child: ChildProcess, directory: string) {
    this.child = child;
    this.#directory = directory;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
      });
    }
    child.once('exit', (code, signal) => {
      this.#exit = signal ?? code;
    });
  }

  /** Everything it has written so far. */
  get output(): string {
    return this.#output;
  }

  /** Resolves to the address it says once it is ready. */
  async ready(): Promise<string> {
    const address = () => /Ready.*(http:\S+)/.exec(this.#output)?.[1];
    await until('npm start is ready', () => address() !== undefined || this.#exit !== null);
    return address() ?? Promise.reject(new Error(`npm start ended (${this.#exit}): ${this.#output}`));
  }

  async says(text: string): Promise<void> {
    await until(`npm start says ${text}`, () => this.#output.includes(text));
  }

  /** Resolves to its exit code, or the signal that ended it, once all its output is read. */
  async ended(): Promise<number | string | null> {
    await until('npm start ends', () => this.#exit !== null);
    return this.#exit;
  }

  /** Process id of its PostgreSQL; null if it has none. */
  async postgresPid(): Promise<number | null> {
    const [directory] = await this.leftFolders();
    if (directory === undefined) {
      return null;
    }
    const file = await readFile(join(this.#directory, directory, 'data', 'postmaster.pid'), 'utf8');
    return Number(file.split('\n')[0]);
  }

  /** Its temporary folders that are there now. */
  async leftFolders(): Promise<string[]> {
    const names = await readdir(this.#directory);
    return names.filter((name) => name.startsWith('pool-health-'));
  }

  /** For after a test: ends it whatever it does, and removes its folder. */
  async discard(): Promise<void> {
    if (this.#exit === null && this.child.pid !== undefined) {
      const exited = once(this.child, 'exit');
      process.kill(-this.child.pid, 'SIGTERM');
      await exited;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}
