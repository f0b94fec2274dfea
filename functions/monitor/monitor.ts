import type { SessionGroupsResult } from '../core/details-report.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { DatabaseProbeResult, PoolEntry, PoolerProbeResult, PoolSource } from '../core/ports.js';
import { problem } from '../core/problems.js';
import type { PoolSample } from '../core/sample.js';
import { type Assessment, evaluate } from '../core/verdict.js';

/** The probes of one pool: of the database and of the pooler. Neither throws, and each ends within the deadline of a check. */
export interface Probes {
  readonly database: {
    probe(): Promise<DatabaseProbeResult>;
    sessionGroups(): Promise<SessionGroupsResult>;
    close(): Promise<void>;
  };
  readonly pooler: {
    /** @param database the result of the other probe, which runs at the same time: wait for it only if it is needed */
    probe(database: Promise<DatabaseProbeResult>): Promise<PoolerProbeResult>;
    close(): Promise<void>;
  };
}

/** Pools that are sampled at the same time. */
const MAX_CONCURRENT_CHECKS = 100;
const NO_POOL: PoolEntry = { pool: 'none', config: null, problems: [problem('CONFIG.MISSING')] };
const NO_SESSION_GROUPS: SessionGroupsResult = { holders: null, transactions: null, problems: [] };

/** A pool whose probes are open. */
interface Watch {
  readonly config: ValidatedPoolConfig;
  readonly probes: Probes;
  /** The latest sample, complete or still running. */
  latest: { readonly startedAt: number; readonly sample: Promise<PoolSample> } | null;
}

/**
 * Samples and evaluates the pools of a deployment. All callers share one sample of a pool: a new one is taken only if the
 * latest is older than the caller accepts.
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
   * All pools of the deployment. A deployment without pools has one entry without a definition, which is unhealthy.
   *
   * @param maxAgeMs maximum age of the definitions
   * @throws ProblemError if the definitions cannot be read and none is known from an earlier read
   */
  async pools(maxAgeMs: number): Promise<readonly [PoolEntry, ...PoolEntry[]]> {
    const [first, ...rest] = await this.#source.pools(maxAgeMs);
    const pools = first ? ([first, ...rest] as const) : ([NO_POOL] as const);
    await this.#closeAllBut(pools);
    return pools;
  }

  /** @param maxAgeMs maximum age of the sample; 0 takes a new one */
  async assess({ pool, config, problems }: PoolEntry, maxAgeMs: number): Promise<Assessment> {
    const probed = config ? await this.#sample(pool, config, maxAgeMs) : emptySample();
    const sample = { ...probed, problems: [...problems, ...probed.problems] };
    return { pool, config, sample, verdict: evaluate(config, sample) };
  }

  /** The session groups of the server. Not cached, because only details show them. */
  async sessionGroups({ pool, config }: PoolEntry): Promise<SessionGroupsResult> {
    return config ? await this.#watch(pool, config).probes.database.sessionGroups() : NO_SESSION_GROUPS;
  }

  /** Closes all connections. */
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

  /** The watch of a pool. It is recreated if the definition changed. */
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

  async #closeAllBut(pools: readonly PoolEntry[]): Promise<void> {
    const names = new Set(pools.map(({ pool }) => pool));
    for (const [name, { probes }] of this.#watches) {
      if (!names.has(name)) {
        this.#watches.delete(name);
        await closeBoth(probes);
      }
    }
  }
}

/** Assesses several pools, a limited number at the same time. Each has its own deadline, so none delays or hides another. */
export function assessAll(monitor: Monitor, pools: readonly PoolEntry[], maxAgeMs: number): Promise<Assessment[]> {
  return inParallel(pools, MAX_CONCURRENT_CHECKS, (entry) => monitor.assess(entry, maxAgeMs));
}

async function takeSample({ database, pooler }: Probes, startedAt: number): Promise<PoolSample> {
  const probing = database.probe();
  // The time of the database's answer: a slow pooler does not make the sample younger.
  const takenAt = probing.then(() => Date.now());
  const [ofDatabase, ofPooler] = await Promise.all([probing, pooler.probe(probing)]);
  return {
    takenAt: await takenAt,
    durationMs: Date.now() - startedAt,
    database: ofDatabase.database,
    pooler: ofPooler.managed,
    app: ofPooler.app,
    problems: [...ofDatabase.problems, ...ofPooler.problems],
  };
}

async function closeBoth({ database, pooler }: Probes): Promise<void> {
  await Promise.all([database.close(), pooler.close()]);
}

function emptySample(): PoolSample {
  return { takenAt: Date.now(), durationMs: 0, database: null, pooler: null, app: null, problems: [] };
}

/** Applies `work` to every item, at most `limit` at a time. Resolves to the results in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) {
      results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
