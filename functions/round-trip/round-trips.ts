import { InvalidPoolOptions } from '../app/options.js';
import { toProblem } from '../connection/errors.js';
import type { RoundTrip } from '../core/details-report.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import { type Problem, problem } from '../core/problems.js';

const NO_ROUND_TRIP: RoundTrip = { acquireMs: null, queryMs: null, problems: [] };

/** Measures round trips to the database of one pool. */
export interface RoundTripProbe {
  /** Never throws, and takes no longer than a check may. */
  measure(): Promise<RoundTrip>;
  close(): Promise<void>;
}

/** The round-trip probes of several pools: one for each pool, recreated if its definition changes. */
export class RoundTrips {
  readonly #create: (config: ValidatedPoolConfig) => RoundTripProbe;
  readonly #probes = new Map<string, { readonly definition: string; readonly probe: RoundTripProbe }>();

  constructor(create: (config: ValidatedPoolConfig) => RoundTripProbe) {
    this.#create = create;
  }

  /** Never throws. @param config null without a valid definition: nothing is measured then */
  async measure(config: ValidatedPoolConfig | null): Promise<RoundTrip> {
    try {
      return config ? await this.#probe(config).measure() : NO_ROUND_TRIP;
    } catch (error) {
      return { ...NO_ROUND_TRIP, problems: [creationProblem(error)] };
    }
  }

  async close(): Promise<void> {
    const probes = [...this.#probes.values()];
    this.#probes.clear();
    await Promise.all(probes.map(({ probe }) => probe.close()));
  }

  #probe(config: ValidatedPoolConfig): RoundTripProbe {
    const definition = JSON.stringify(config);
    const known = this.#probes.get(config.pool);
    if (known?.definition === definition) {
      return known.probe;
    }
    void known?.probe.close();
    const probe = this.#create(config);
    this.#probes.set(config.pool, { definition, probe });
    return probe;
  }
}

/** The check's login can be invalid for an application's pool, for example because of its CA file. */
function creationProblem(error: unknown): Problem {
  if (error instanceof InvalidPoolOptions) {
    return problem('CONFIG.INVALID', { violations: error.violations.map(({ message }) => message) });
  }
  return toProblem(error);
}
