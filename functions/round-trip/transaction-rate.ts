/** A pause after which a rate says nothing about now. */
const FORGET_AFTER_MS = 5 * 60_000;

/** Transactions per second, from a counter that is seen now and then. */
export class TransactionRate {
  readonly #seen = new Map<string, { readonly transactions: number; readonly at: number }>();

  /**
   * The rate since the counter of this pool was last seen; null the first time, and after statistics were reset.
   *
   * @param at milliseconds since 1970
   */
  next(pool: string, transactions: number | null, at: number): number | null {
    const before = this.#seen.get(pool);
    if (transactions === null) {
      return null;
    }
    this.#seen.set(pool, { transactions, at });
    if (!before || at <= before.at || at - before.at > FORGET_AFTER_MS || transactions < before.transactions) {
      return null;
    }
    return ((transactions - before.transactions) * 1_000) / (at - before.at);
  }
}
