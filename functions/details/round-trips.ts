import type { ValidatedPoolConfig } from '../health/config.js';
import type { RoundTrip } from '../health/details.js';

/** Goes to the database of one pool and back. */
export interface RoundTripper {
  /** Answers within the deadline of a check, and never throws. */
  measure(): Promise<RoundTrip>;
  close(): Promise<void>;
}

const NO_TRIP: RoundTrip = { acquireMs: null, queryMs: null, problems: [] };

/** A round trip for every pool that is asked for, made anew when its definition changes. */
export class RoundTrips {
  readonly #make: (config: ValidatedPoolConfig) => RoundTripper;
  readonly #made = new Map<string, { readonly definition: string; readonly tripper: RoundTripper }>();

  constructor(make: (config: ValidatedPoolConfig) => RoundTripper) {
    this.#make = make;
  }

  /** @param config null when there is no valid definition, and so nowhere to go */
  async measure(config: ValidatedPoolConfig | null): Promise<RoundTrip> {
    return config ? await this.#of(config).measure() : NO_TRIP;
  }

  async close(): Promise<void> {
    const made = [...this.#made.values()];
    this.#made.clear();
    await Promise.all(made.map(({ tripper }) => tripper.close()));
  }

  #of(config: ValidatedPoolConfig): RoundTripper {
    const definition = JSON.stringify(config);
    const known = this.#made.get(config.pool);
    if (known?.definition === definition) {
      return known.tripper;
    }
    void known?.tripper.close();
    const tripper = this.#make(config);
    this.#made.set(config.pool, { definition, tripper });
    return tripper;
  }
}
