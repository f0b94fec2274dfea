/** Numbers from 0 to below 1 that a seed repeats. @see https://en.wikipedia.org/wiki/Linear_congruential_generator */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    // 32 bits; the constants are those of Numerical Recipes, and the low bits, which repeat soonest, are left out.
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return (this.#state >>> 8) / 2 ** 24;
  }

  /** A whole number of this range, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  one<T>(of: readonly T[]): T {
    return of[this.whole(0, of.length - 1)] as T;
  }
}
