import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, launch } from '../../../functions/dev/embedded-postgres/child-process.js';
import './leaving.js';

type Variables = Readonly<Record<string, string>>;

/**
 * A temporary folder, and programs that have it as their home and get no environment variables except those that are
 * passed to them. `remove`, or an interrupted run, ends the programs and removes the folder.
 */
export class Sandbox {
  readonly directory = mkdtempSync(join(tmpdir(), 'pool-health-e2e-'));
  readonly #children = new Set<Child>();

  constructor() {
    process.on('exit', this.remove);
  }

  /**
   * Starts a program; its output goes to `<name>.log`.
   *
   * @param at working directory @default the folder of the sandbox
   */
  start(name: string, command: readonly string[], variables: Variables, at = this.directory): Child {
    const environment = { HOME: this.directory, TMPDIR: this.directory, ...variables };
    const settings = Object.entries(environment).map(([variable, value]) => `${variable}=${value}`);
    const place = { directory: at, account: null, logFile: this.#logFile(name) };
    const child = launch('/usr/bin/env', [...settings, ...command], place);
    this.#children.add(child);
    return child;
  }

  /**
   * Runs a program to its end.
   *
   * @throws Error with the end of its output if it fails
   */
  async run(name: string, command: readonly string[], variables: Variables, at?: string): Promise<void> {
    const child = this.start(name, command, variables, at);
    const outcome = await child.ended;
    this.#children.delete(child);
    if (outcome !== 'exit code 0') {
      throw new Error(`${name} failed (${outcome}):\n${this.output(name).slice(-4_000)}`);
    }
  }

  /** The output of a program so far. */
  output(name: string): string {
    return readFileSync(this.#logFile(name), 'utf8');
  }

  /** Kills all programs and their child processes, and removes the folder. */
  readonly remove = (): void => {
    for (const child of this.#children) {
      child.killGroup();
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    process.off('exit', this.remove);
  };

  #logFile(name: string): string {
    return join(this.directory, `${name}.log`);
  }
}
