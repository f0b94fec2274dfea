/**
 * A password that the server refused is not asked for again within this time: a wrong one would hammer its source. It is
 * less than a minute, so that each scheduled check asks again.
 */
const REFUSED_AGAIN_MS = 50_000;

export interface PasswordSource {
  /** @throws ProblemError */
  readonly fetch: () => Promise<string>;
  /** Milliseconds after which it is fetched anew. */
  readonly keepMs: number;
  readonly now: () => number;
}

/**
 * A password that is fetched when it is needed, kept, and fetched anew when it is old or was refused. It is what
 * `connection/` takes as credentials.
 */
export class RenewablePassword {
  readonly #source: PasswordSource;
  #kept: { readonly password: string; readonly fetchedAt: number } | null = null;
  #running: Promise<string> | null = null;
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor(source: PasswordSource) {
    this.#source = source;
  }

  /**
   * The password to use now. Callers at the same time share one fetch; a failed one is not kept.
   *
   * @throws ProblemError when it cannot be had
   */
  password(): Promise<string> {
    if (this.#kept && this.#source.now() - this.#kept.fetchedAt < this.#source.keepMs) {
      return Promise.resolve(this.#kept.password);
    }
    this.#running ??= this.#fetch().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** The server refused it. True, once in 50 s at most, when it was let go so that another try fetches it anew. */
  refused(): boolean {
    const now = this.#source.now();
    if (now - this.#refusedAt < REFUSED_AGAIN_MS) {
      return false;
    }
    this.#refusedAt = now;
    this.#kept = null;
    return true;
  }

  async #fetch(): Promise<string> {
    const fetchedAt = this.#source.now();
    const password = await this.#source.fetch();
    this.#kept = { password, fetchedAt };
    return password;
  }
}
