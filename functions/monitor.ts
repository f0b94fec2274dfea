import type { ValidatedPoolConfig } from './health/config.js';
import type { Problem } from './health/problem.js';
import { problem } from './health/problem.js';
import type { Assessment } from './health/report.js';
import type { DatabaseView, PoolSample } from './health/sample.js';
import { judge } from './health/verdict.js';
import type { PoolSource, WatchedPool } from './health/watched.js';
import { inParallel } from './parallel.js';

/** Looks at one pool; never throws, and answers within the deadline of the check. */
export interface Probe {
  look(): Promise<{ readonly database: DatabaseView | null; readonly problems: readonly Problem[] }>;
  close(): Promise<void>;
}

interface Watch {
  readonly config: ValidatedPoolConfig;
  readonly probe: Probe;
  /** The newest sample, under way or taken. */
  latest: { readonly startedAt: number; readonly sample: Promise<PoolSample> } | null;
}

/**
 * Samples and judges the pools of a deployment. However many ask at the same time, a pool is sampled once, and not again
 * before its sample is older than the caller accepts.
 */
export class Monitor {
  readonly #source: PoolSource;
  readonly #probeFor: (config: ValidatedPoolConfig) => Probe;
  readonly #watches = new Map<string, Watch>();

  constructor(source: PoolSource, probeFor: (config: ValidatedPoolConfig) => Probe) {
    this.#source = source;
    this.#probeFor = probeFor;
  }

  /**
   * All pools of the deployment. A deployment that has none is one pool without a definition, so that it cannot be
   * taken for a healthy one.
   *
   * @param maxAgeMs how old the definitions may be
   * @throws ProblemError when the definitions cannot be read and never were
   */
  async pools(maxAgeMs: number): Promise<readonly [WatchedPool, ...WatchedPool[]]> {
    const [first, ...rest] = await this.#source.pools(maxAgeMs);
    const pools = first ? ([first, ...rest] as const) : ([NO_POOL] as const);
    await this.#forgetAllBut(pools);
    return pools;
  }

  /** @param maxAgeMs how old the sample may be; 0 asks the database, or joins who is asking it */
  async assess(watched: WatchedPool, maxAgeMs: number): Promise<Assessment> {
    const { pool, config, problems } = watched;
    const seen = config ? await this.#sample(pool, config, maxAgeMs) : nothingSeen();
    const sample = { ...seen, problems: [...problems, ...seen.problems] };
    return { pool, config, sample, verdict: judge(config, sample) };
  }

  async close(): Promise<void> {
    const watches = [...this.#watches.values()];
    this.#watches.clear();
    await Promise.all(watches.map(({ probe }) => probe.close()));
  }

  #sample(pool: string, config: ValidatedPoolConfig, maxAgeMs: number): Promise<PoolSample> {
    const watch = this.#watch(pool, config);
    const { latest } = watch;
    if (latest && Date.now() - latest.startedAt < maxAgeMs) {
      return latest.sample;
    }
    const startedAt = Date.now();
    const sample = watch.probe.look().then(({ database, problems }) => ({
      takenAt: Date.now(),
      durationMs: Date.now() - startedAt,
      database,
      managed: null,
      problems,
    }));
    watch.latest = { startedAt, sample };
    return sample;
  }

  /** The watch of a pool, made anew when its definition changed. */
  #watch(pool: string, config: ValidatedPoolConfig): Watch {
    const known = this.#watches.get(pool);
    if (known && (known.config === config || JSON.stringify(known.config) === JSON.stringify(config))) {
      return known;
    }
    void known?.probe.close();
    const watch: Watch = { config, probe: this.#probeFor(config), latest: null };
    this.#watches.set(pool, watch);
    return watch;
  }

  async #forgetAllBut(pools: readonly WatchedPool[]): Promise<void> {
    const names = new Set(pools.map(({ pool }) => pool));
    for (const [name, { probe }] of this.#watches) {
      if (!names.has(name)) {
        this.#watches.delete(name);
        await probe.close();
      }
    }
  }
}

/** Pools that are asked at the same time. */
const MOST_AT_ONCE = 100;

/** Assesses several pools at once, bounded, each with its own deadline: none delays or hides another. */
export function assessAll(monitor: Monitor, pools: readonly WatchedPool[], maxAgeMs: number): Promise<Assessment[]> {
  return inParallel(pools, MOST_AT_ONCE, (watched) => monitor.assess(watched, maxAgeMs));
}

const NO_POOL: WatchedPool = { pool: 'none', config: null, problems: [problem('CONFIG.MISSING')] };

function nothingSeen(): PoolSample {
  return { takenAt: Date.now(), durationMs: 0, database: null, managed: null, problems: [] };
}
