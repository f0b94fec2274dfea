import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { handlerBundle } from '../../../infra/build/bundles.js';
import { bundle } from '../../../infra/build/esbuild.js';
import { bundleFolder } from '../../../infra/package-root.js';
import type { Outputs } from './outputs.js';

const DRIVER = fileURLToPath(new URL('./lambda-driver.cjs', import.meta.url));

export interface Invocation {
  /** Duration in milliseconds, in turns of its event loop: time in which it was frozen does not count. */
  readonly tookMs: number;
  readonly statuses: readonly string[];
  readonly codes: readonly string[];
}

/** An environment of the deployed check: a process that runs its bundle, and that can be frozen. */
export class LambdaProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastId = 0;

  private constructor(child: ChildProcess, outputs: Outputs) {
    this.#child = child;
    child.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) {
        waiting?.resolve(value);
      } else {
        waiting?.reject(new Error(error));
      }
    });
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error('the process has ended'));
      }
      this.#waiting.clear();
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        outputs.log.push(...text.split('\n').filter((line) => line !== ''));
      });
    }
  }

  /** Builds the bundle of the check as a deployment does. Once is enough. */
  static async build(): Promise<void> {
    await bundle(handlerBundle('check'));
  }

  static start(environment: NodeJS.ProcessEnv, outputs: Outputs): LambdaProcess {
    const options = { execArgv: ['--expose-gc'], env: environment, silent: true };
    return new LambdaProcess(fork(DRIVER, [join(bundleFolder('check'), 'index.js')], options), outputs);
  }

  check(): Promise<Invocation> {
    return this.#request({ invoke: {} }) as Promise<Invocation>;
  }

  /** Moves its clock forward. */
  async skip(skipMs: number): Promise<void> {
    await this.#request({ skipMs });
  }

  /** After a garbage collection. */
  state(): Promise<{ heapMb: number; handles: number }> {
    return this.#request({ state: true }) as Promise<{ heapMb: number; handles: number }>;
  }

  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  #request(what: object): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, ...what });
    });
  }
}
