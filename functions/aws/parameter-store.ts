import { paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import { parseDefinition } from '../core/pool-definition.js';
import type { Logger, PoolEntry, PoolSource } from '../core/ports.js';
import { type Problem, ProblemError, problem } from '../core/problems.js';
import type { Violation } from '../core/validation.js';
import { deadlineSignal } from '../time/deadline.js';
import { currentMoment, type Moment } from '../time/moment.js';
import { failureName, UnexpectedAnswer } from './errors.js';
import { SingleFlightCache } from './single-flight-cache.js';

export interface ParameterStoreOptions {
  readonly client: SSMClient;
  /** Path under which each parameter defines a pool, with or without a trailing slash. */
  readonly prefix: string;
  /** Receives an entry for every definition that comes into force. */
  readonly log: Logger;
  /**
   * Milliseconds for reading all definitions, retries included.
   *
   * @default 5000
   */
  readonly deadlineMs?: number;
  /** @default both clocks of the process */
  readonly now?: () => Moment;
}

/** The text of a definition, and the configuration in force. */
interface Definition {
  readonly text: string;
  /** The last valid configuration, even while the text is invalid; null if there was none yet. */
  readonly config: ValidatedPoolConfig | null;
  readonly problems: readonly Problem[];
}

/** An 8 KB parameter can contain a thousand mistakes, too many for one log entry. */
const MAX_VIOLATIONS = 20;
const KEY = 'definitions';

/**
 * Reads pool definitions from SSM: one parameter per pool, named by the last part of its path. Without a parameter under the
 * prefix the list is empty; the caller decides what that means.
 *
 * The last good definition of each pool stays in force while its text is invalid (`CONFIG.INVALID`) or SSM cannot be read
 * (`AWS.SSM`). While a definition does not change, its `config` is the same object.
 */
export class ParameterStore implements PoolSource {
  readonly #client: SSMClient;
  readonly #path: string;
  readonly #log: Logger;
  readonly #deadlineMs: number;
  readonly #entries: SingleFlightCache<readonly PoolEntry[]>;
  #definitions: ReadonlyMap<string, Definition> = new Map();

  constructor({ client, prefix, log, deadlineMs = 5_000, now = currentMoment }: ParameterStoreOptions) {
    this.#client = client;
    this.#path = prefix.replace(/(?<=.)\/+$/, '');
    this.#log = log;
    this.#deadlineMs = deadlineMs;
    this.#entries = new SingleFlightCache({ now });
  }

  /**
   * All pools of the deployment. Concurrent callers share one read. Once any definition is known, a failed read is
   * cached like a successful one: callers that accept a cached answer then do not all wait for a service that hangs.
   *
   * @param maxAgeMs how old a cached answer may be; 0 reads again
   * @throws ProblemError `AWS.SSM` when SSM cannot be read and no pool is known yet
   */
  pools(maxAgeMs: number): Promise<readonly PoolEntry[]> {
    return this.#entries.get(KEY, () => this.#read(), maxAgeMs);
  }

  async #read(): Promise<readonly PoolEntry[]> {
    try {
      const texts = await this.#readTexts();
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

  /** Name and text of every definition, or an error: an incomplete list would look as if pools had been removed. */
  async #readTexts(): Promise<[pool: string, text: string][]> {
    const pages = paginateGetParametersByPath(
      { client: this.#client },
      { Path: this.#path, Recursive: false, WithDecryption: true },
      { abortSignal: deadlineSignal(this.#deadlineMs) },
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

/**
 * Returns the definition to use for a pool after its parameter was read. An unchanged text returns the same object. A new
 * valid definition is logged once, with its settings and warnings. Never throws.
 *
 * @param before the result of the previous read; null for a new pool
 */
function readDefinition(pool: string, text: string, before: Definition | null, log: Logger): Definition {
  if (before?.text === text) {
    return before;
  }
  const validation = parseDefinition(pool, text);
  if (!validation.ok) {
    const config = before?.config ?? null;
    const values = { violations: shown(validation.violations) };
    return { text, config, problems: [problem('CONFIG.INVALID', values, config ? 'warning' : 'error')] };
  }
  const { config, warnings } = validation;
  const { min, max, idleTimeout, connectionTimeout } = config.settings;
  const fields = { pool, min, max, idleTimeout, connectionTimeout, instances: config.instances, warnings };
  log(warnings.length > 0 ? 'warning' : 'info', 'Settings in force', fields);
  return { text, config, problems: [] };
}

function shown(violations: readonly Violation[]): string[] {
  const messages = violations.slice(0, MAX_VIOLATIONS).map(({ message }) => message);
  const more = violations.length - messages.length;
  return more > 0 ? [...messages, `and ${more} more`] : messages;
}
