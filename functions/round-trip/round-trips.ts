import { InvalidPoolOptions } from '../app/invalid-options.js';
import { toProblem } from '../connection/errors.js';
import type { RoundTrip } from '../core/details-report.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import { type Problem, problem } from '../core/problems.js';

/** Goes to the database of one pool and back. */
export interface RoundTripper {
  /** Answers within the deadline of a check, and never throws. */
  measure(): Promise<RoundTrip>;
  close(): Promise<void>;
}

const NO_TRIP: RoundTrip = { acquireMs: null, queryMs: null, problems: [] };

/** The settings of the check's own login may be fine for the check and not for an application, such as its file of authorities. */
function cannotBeMade(error: unknown): Problem {
  if (error instanceof InvalidPoolOptions) {
    return problem('CONFIG.INVALID', { violations: error.violations.map(({ message }) => message) });
  }
  return toProblem(error);
}

/** A round trip for every pool that is asked for, made anew when its definition changes. */
export class RoundTrips {
  readonly #make: (config: ValidatedPoolConfig) => RoundTripper;
  readonly #made = new Map<string, { readonly definition: string; readonly tripper: RoundTripper }>();

  constructor(make: (config: ValidatedPoolConfig) => RoundTripper) {
    this.#make = make;
  }

  /** Never throws. @param config null when there is no valid definition, and so nowhere to go */
  async measure(config: ValidatedPoolConfig | null): Promise<RoundTrip> {
    try {
      return config ? await this.#of(config).measure() : NO_TRIP;
    } catch (error) {
      return { ...NO_TRIP, problems: [cannotBeMade(error)] };
    }
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
