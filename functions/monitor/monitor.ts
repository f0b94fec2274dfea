import { CHECK_DEADLINE_MS } from '../core/check-role.js';
import type { SessionGroupsResult } from '../core/details-report.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { DatabaseProbeResult, PoolEntry, PoolerProbeResult, PoolSource } from '../core/ports.js';
import { problem } from '../core/problems.js';
import type { PoolSample } from '../core/sample.js';
import { type Assessment, evaluate } from '../core/verdict.js';
import { ageMs, currentMoment, type Moment, monotonicMs } from '../time/moment.js';

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

/** Pools that are sampled at the same time: a login needs processor time. */
const MAX_CONCURRENT_CHECKS = 100;
/** A sample that takes longer waits for a server, which needs none, and makes room for another one. */
const SLOW_MS = 2_000;
const NO_POOL: PoolEntry = { pool: 'none', config: null, problems: [problem('CONFIG.MISSING')] };
const NO_SESSION_GROUPS: SessionGroupsResult = { holders: null, omitted: null, transactions: null, problems: [] };

/** A pool whose probes are open. */
interface Watch {
  readonly config: ValidatedPoolConfig;
  readonly probes: Probes;
  /** The latest sample, complete or still running. */
  latest: { readonly startedAt: Moment; readonly sample: Promise<PoolSample> } | null;
  /** Whether the database answered the latest complete sample; null before the first. */
  answered: boolean | null;
}

/** One assessment of all pools. */
export interface Run {
  /** Maximum age of a sample; 0 takes new ones. */
  readonly maxAgeMs: number;
  /** The time (`monotonicMs()`) by which the run has to end. */
  readonly endsAt: number;
  /** Gets each assessment as soon as it is known. */
  readonly onAssessed?: (assessment: Assessment) => void;
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
  async assess(entry: PoolEntry, maxAgeMs: number): Promise<Assessment> {
    const { pool, config } = entry;
    return assessmentOf(entry, config ? await this.#sample(pool, config, maxAgeMs) : emptySample());
  }

  /**
   * Assesses all pools, a limited number at the same time, the most promising first. Each probe has its own deadline, so none
   * hides another. A pool for which the run has no time left is `PROBE.TIMEOUT` in the phase `queue`: that needs hundreds of
   * others that hang. The first pools are always probed, however late the run begins.
   *
   * @returns the assessments in the order of the pools
   */
  async assessAll(pools: readonly PoolEntry[], { maxAgeMs, endsAt, onAssessed }: Run): Promise<Assessment[]> {
    const beganAt = monotonicMs();
    const assessments = new Map<PoolEntry, Assessment>();
    const assessing: Promise<void>[] = [];
    const assessOne = async (entry: PoolEntry, index: number) => {
      const isLate = index >= MAX_CONCURRENT_CHECKS && monotonicMs() > endsAt - CHECK_DEADLINE_MS;
      const isKnown = !isLate || entry.config === null || this.#isYoung(entry.pool, maxAgeMs);
      const assessment = isKnown
        ? await this.assess(entry, maxAgeMs)
        : assessmentOf(entry, unaskedSample(Math.round(monotonicMs() - beganAt)));
      assessments.set(entry, assessment);
      onAssessed?.(assessment);
    };
    await inParallel(this.#mostPromisingFirst(pools), MAX_CONCURRENT_CHECKS, async (entry, index) => {
      const assessed = assessOne(entry, index);
      assessing.push(assessed);
      await doneOrSlow(assessed);
    });
    await Promise.all(assessing);
    return pools.flatMap((entry) => assessments.get(entry) ?? []);
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
    if (watch.latest && this.#isYoung(pool, maxAgeMs)) {
      return watch.latest.sample;
    }
    const sample = takeSample(watch.probes).then((taken) => {
      watch.answered = taken.database !== null;
      return taken;
    });
    watch.latest = { startedAt: currentMoment(), sample };
    return sample;
  }

  #isYoung(pool: string, maxAgeMs: number): boolean {
    const latest = this.#watches.get(pool)?.latest;
    return latest ? ageMs(latest.startedAt) < maxAgeMs : false;
  }

  /**
   * Pools that answered last time, or need no probe; then new pools; then those that did not answer, the one that has waited
   * longest for its turn first.
   */
  #mostPromisingFirst(pools: readonly PoolEntry[]): PoolEntry[] {
    const keyed = pools.map((entry) => {
      const watch = this.#watches.get(entry.pool);
      const isPromising = entry.config === null || watch?.answered === true;
      const rank = isPromising ? 0 : watch?.answered === false ? 2 : 1;
      return { entry, rank, askedAt: rank === 2 ? (watch?.latest?.startedAt.monotonic ?? 0) : 0 };
    });
    return keyed.sort((a, b) => a.rank - b.rank || a.askedAt - b.askedAt).map(({ entry }) => entry);
  }

  /** The watch of a pool. It is recreated if the definition changed. */
  #watch(pool: string, config: ValidatedPoolConfig): Watch {
    const known = this.#watches.get(pool);
    if (known && (known.config === config || JSON.stringify(known.config) === JSON.stringify(config))) {
      return known;
    }
    void (known && closeBoth(known.probes));
    const watch: Watch = { config, probes: this.#probesFor(config), latest: null, answered: null };
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

function assessmentOf({ pool, config, problems }: PoolEntry, probed: PoolSample): Assessment {
  const sample = { ...probed, problems: [...problems, ...probed.problems] };
  return { pool, config, sample, verdict: evaluate(config, sample) };
}

async function takeSample({ database, pooler }: Probes): Promise<PoolSample> {
  const startedAt = monotonicMs();
  const probing = database.probe();
  // The time of the database's answer: a slow pooler does not make the sample younger.
  const takenAt = probing.then(() => Date.now());
  const [ofDatabase, ofPooler] = await Promise.all([probing, pooler.probe(probing)]);
  return {
    takenAt: await takenAt,
    durationMs: Math.round(monotonicMs() - startedAt),
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

/** Settles as the promise does, or resolves when it is slow. */
async function doneOrSlow(promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, SLOW_MS);
  });
  await Promise.race([promise, slow]).finally(() => clearTimeout(timer));
}

/** The sample of a pool that the run had no time to probe. */
function unaskedSample(waitedMs: number): PoolSample {
  return {
    ...emptySample(),
    durationMs: waitedMs,
    problems: [problem('PROBE.TIMEOUT', { phase: 'queue', waitedMs })],
  };
}

/** Applies `work` to every item, at most `limit` at a time. Resolves to the results in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) {
      results[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
