import { paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm';
import type { PoolEntry, PoolSource } from '../core/ports.js';
import { type Problem, ProblemError, problem } from '../core/problems.js';
import { type Definition, readDefinition } from './definitions.js';
import { failureName, UnexpectedAnswer } from './errors.js';
import type { Logger } from './logger.js';

export interface ParameterStoreOptions {
  readonly client: SSMClient;
  /** Path under which each parameter defines a pool, with or without a slash at its end. */
  readonly prefix: string;
  /** Told of every definition that comes into force. */
  readonly log: Logger;
  /**
   * Milliseconds that reading all definitions may take, with retries.
   *
   * @default 5000
   */
  readonly deadlineMs?: number;
  /**
   * Milliseconds since 1970.
   *
   * @default Date.now
   */
  readonly now?: () => number;
}

/**
 * SSM as the source of definitions: one parameter a pool, named by the last part of its path. With no parameter under the
 * prefix there is no pool, and the answer is an empty list; what that means is the caller's to say.
 *
 * The last good definition of each pool stays in force while its text is broken (`CONFIG.INVALID`) or SSM cannot be read
 * (`AWS.SSM`). As long as a definition does not change, its `config` is the same object.
 */
export class ParameterStore implements PoolSource {
  readonly #client: SSMClient;
  readonly #path: string;
  readonly #log: Logger;
  readonly #deadlineMs: number;
  readonly #now: () => number;
  #definitions: ReadonlyMap<string, Definition> = new Map();
  #answer: { readonly pools: readonly PoolEntry[]; readonly askedAt: number } | null = null;
  #running: Promise<readonly PoolEntry[]> | null = null;

  constructor({ client, prefix, log, deadlineMs = 5_000, now = Date.now }: ParameterStoreOptions) {
    this.#client = client;
    this.#path = prefix.replace(/(?<=.)\/+$/, '');
    this.#log = log;
    this.#deadlineMs = deadlineMs;
    this.#now = now;
  }

  /**
   * All pools of the deployment. Callers at the same time share one reading. A failed reading counts as an answer too, so
   * that callers who accept an old one do not all wait for a service that hangs.
   *
   * @param maxAgeMs how old an answer may be; 0 asks anew
   * @throws ProblemError `AWS.SSM` when SSM cannot be read and no pool is known yet
   */
  pools(maxAgeMs: number): Promise<readonly PoolEntry[]> {
    if (this.#answer && this.#now() - this.#answer.askedAt < maxAgeMs) {
      return Promise.resolve(this.#answer.pools);
    }
    this.#running ??= this.#ask().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #ask(): Promise<readonly PoolEntry[]> {
    const askedAt = this.#now();
    const pools = await this.#watched();
    this.#answer = { pools, askedAt };
    return pools;
  }

  async #watched(): Promise<readonly PoolEntry[]> {
    try {
      const texts = await this.#read();
      const before = this.#definitions;
      this.#definitions = new Map(
        texts.map(([pool, text]) => [pool, readDefinition(pool, text, before.get(pool) ?? null, this.#log)]),
      );
      return this.#withProblems([]);
    } catch (error) {
      const values = { error: failureName(error) };
      if (this.#definitions.size === 0) {
        throw new ProblemError(problem('AWS.SSM', values, 'error'));
      }
      return this.#withProblems([problem('AWS.SSM', values)]);
    }
  }

  #withProblems(more: readonly Problem[]): PoolEntry[] {
    return [...this.#definitions].map(([pool, { config, problems }]) => ({
      pool,
      config,
      problems: [...problems, ...more],
    }));
  }

  /** Name and text of every definition, or none at all: half a list would look as if pools had been removed. */
  async #read(): Promise<[pool: string, text: string][]> {
    const pages = paginateGetParametersByPath(
      { client: this.#client },
      { Path: this.#path, Recursive: false, WithDecryption: true },
      { abortSignal: AbortSignal.timeout(this.#deadlineMs) },
    );
    const texts: [string, string][] = [];
    for await (const { Parameters } of pages) {
      if (!Array.isArray(Parameters)) {
        throw new UnexpectedAnswer();
      }
      for (const { Name, Value } of Parameters) {
        const pool = Name?.split('/').at(-1);
        if (!pool || Value === undefined) {
          throw new UnexpectedAnswer();
        }
        texts.push([pool, Value]);
      }
    }
    return texts;
  }
}
