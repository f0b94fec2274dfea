import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { Assessment } from '../core/pool-report.js';
import type { PoolEntry, PoolSource } from '../core/ports.js';
import type { DatabaseProbeResult, PoolerProbeResult } from '../core/probe-results.js';
import { problem } from '../core/problems.js';
import type { PoolSample } from '../core/sample.js';
import type { SessionGroupsResult } from '../core/session-groups.js';
import { evaluate } from '../core/verdict.js';
import { inParallel } from './parallel.js';

/** Looks at one pool from both sides. Neither throws, and each answers within the deadline of the check. */
export interface Probes {
  readonly database: {
    probe(): Promise<DatabaseProbeResult>;
    sessionGroups(): Promise<SessionGroupsResult>;
    close(): Promise<void>;
  };
  readonly pooler: {
    /** @param database what the other side will have seen, for what only it knows; to wait for it is not needed */
    probe(database: Promise<DatabaseProbeResult>): Promise<PoolerProbeResult>;
    close(): Promise<void>;
  };
}

interface Watch {
  readonly config: ValidatedPoolConfig;
  readonly probes: Probes;
  /** The newest sample, under way or taken. */
  latest: { readonly startedAt: number; readonly sample: Promise<PoolSample> } | null;
}

/**
 * Samples and judges the pools of a deployment. However many ask at the same time, a pool is sampled once, and not again
 * before its sample is older than the caller accepts.
 */
export class Monitor {
  readonly #source: PoolSource;
  readonly #probesFor: (config: ValidatedPoolConfig) => Probes;
  readonly #watches = new Map<string, Watch>();

  constructor(source: PoolSource, probesFor: (config: ValidatedPoolConfig) => Probes) {
    this.#source = source;
    this.#probesFor = probesFor;
  }

  /**
   * All pools of the deployment. A deployment that has none is one pool without a definition, so that it cannot be
   * taken for a healthy one.
   *
   * @param maxAgeMs how old the definitions may be
   * @throws ProblemError when the definitions cannot be read and never were
   */
  async pools(maxAgeMs: number): Promise<readonly [PoolEntry, ...PoolEntry[]]> {
    const [first, ...rest] = await this.#source.pools(maxAgeMs);
    const pools = first ? ([first, ...rest] as const) : ([NO_POOL] as const);
    await this.#forgetAllBut(pools);
    return pools;
  }

  /** @param maxAgeMs how old the sample may be; 0 asks the database, or joins who is asking it */
  async assess(watched: PoolEntry, maxAgeMs: number): Promise<Assessment> {
    const { pool, config, problems } = watched;
    const seen = config ? await this.#sample(pool, config, maxAgeMs) : emptySample();
    const sample = { ...seen, problems: [...problems, ...seen.problems] };
    return { pool, config, sample, verdict: evaluate(config, sample) };
  }

  /** Who holds the connections of the server: asked anew each time, as only details show it. */
  async sessionGroups({ pool, config }: PoolEntry): Promise<SessionGroupsResult> {
    return config ? await this.#watch(pool, config).probes.database.sessionGroups() : NO_SESSION_GROUPS;
  }

  async close(): Promise<void> {
    const watches = [...this.#watches.values()];
    this.#watches.clear();
    await Promise.all(watches.map(({ probes }) => closeBoth(probes)));
  }

  #sample(pool: string, config: ValidatedPoolConfig, maxAgeMs: number): Promise<PoolSample> {
    const watch = this.#watch(pool, config);
    const { latest } = watch;
    if (latest && Date.now() - latest.startedAt < maxAgeMs) {
      return latest.sample;
    }
    const startedAt = Date.now();
    const sample = takeSample(watch.probes, startedAt);
    watch.latest = { startedAt, sample };
    return sample;
  }

  /** The watch of a pool, made anew when its definition changed. */
  #watch(pool: string, config: ValidatedPoolConfig): Watch {
    const known = this.#watches.get(pool);
    if (known && (known.config === config || JSON.stringify(known.config) === JSON.stringify(config))) {
      return known;
    }
    void (known && closeBoth(known.probes));
    const watch: Watch = { config, probes: this.#probesFor(config), latest: null };
    this.#watches.set(pool, watch);
    return watch;
  }

  async #forgetAllBut(pools: readonly PoolEntry[]): Promise<void> {
    const names = new Set(pools.map(({ pool }) => pool));
    for (const [name, { probes }] of this.#watches) {
      if (!names.has(name)) {
        this.#watches.delete(name);
        await closeBoth(probes);
      }
    }
  }
}

const NO_SESSION_GROUPS: SessionGroupsResult = { holders: null, transactions: null, problems: [] };

/** Pools that are asked at the same time. */
const MAX_CONCURRENT_CHECKS = 100;

/** Assesses several pools at once, bounded, each with its own deadline: none delays or hides another. */
export function assessAll(monitor: Monitor, pools: readonly PoolEntry[], maxAgeMs: number): Promise<Assessment[]> {
  return inParallel(pools, MAX_CONCURRENT_CHECKS, (watched) => monitor.assess(watched, maxAgeMs));
}

const NO_POOL: PoolEntry = { pool: 'none', config: null, problems: [problem('CONFIG.MISSING')] };

async function takeSample({ database, pooler }: Probes, startedAt: number): Promise<PoolSample> {
  const reading = database.probe();
  // The moment at which the database answered, which the managed side does not make younger.
  const takenAt = reading.then(() => Date.now());
  const [seen, beside] = await Promise.all([reading, pooler.probe(reading)]);
  return {
    takenAt: await takenAt,
    durationMs: Date.now() - startedAt,
    database: seen.database,
    pooler: beside.managed,
    app: beside.app,
    problems: [...seen.problems, ...beside.problems],
  };
}

async function closeBoth({ database, pooler }: Probes): Promise<void> {
  await Promise.all([database.close(), pooler.close()]);
}

function emptySample(): PoolSample {
  return { takenAt: Date.now(), durationMs: 0, database: null, pooler: null, app: null, problems: [] };
}
