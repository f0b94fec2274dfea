import { inspect } from 'node:util';
import { vi } from 'vitest';

/** Part of every text that must never come out: passwords, names of users, databases and hosts, queries. */
export const MARK = 'marked';
const NEVER = [MARK, '127.0.0.', '::1', 'localhost', '.test.invalid', 'AKIA'];

/** Everything that comes out of the functions: their log, their answers, what they throw, their metrics. */
export class Outputs {
  readonly log: string[] = [];
  readonly #others: string[] = [];

  /** Records what this process writes from now on. */
  install(): void {
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((piece: string | Uint8Array) => {
        this.log.push(...`${piece}`.split('\n').filter((line) => line !== ''));
        return true;
      });
    }
  }

  /** Records an answer, or an error with all its properties. */
  add(value: unknown): void {
    this.#others.push(typeof value === 'string' ? value : inspect(value, { depth: null, showHidden: true }));
  }

  /** Forgets what was recorded. */
  forget(): void {
    this.log.length = 0;
    this.#others.length = 0;
  }

  /** What has come out and should not have. */
  leaks(): string[] {
    return [...this.log, ...this.#others].flatMap((text) => {
      const found = NEVER.find((secret) => text.toLowerCase().includes(secret.toLowerCase()));
      return found ? [`${found} in ${text}`] : [];
    });
  }
}
