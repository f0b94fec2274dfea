import type { PoolEntry } from '../core/ports.js';
import { ProblemError } from '../core/problems.js';
import type { Assessment } from '../core/verdict.js';
import type { Monitor } from '../monitor/monitor.js';
import { monotonicMs } from '../time/moment.js';

/** Maximum age of the sample in an answer: however many GETs arrive, the database is queried once in this time. */
const SAMPLE_MAX_AGE_MS = 5_000;
/** Milliseconds for all pools, of the 15 seconds that the function has. */
const RUN_TIMEOUT_MS = 10_000;
const DEFINITIONS_MAX_AGE_MS = 30_000;

/**
 * Assesses the pools that a GET is about. If the definitions cannot be read, the result is one unhealthy pool with the
 * reason.
 *
 * @param name of one pool, or null for all
 * @returns an empty list if there is no pool of that name
 */
export async function assessForGet(monitor: Monitor, name: string | null): Promise<readonly Assessment[]> {
  const endsAt = monotonicMs() + RUN_TIMEOUT_MS;
  const pools = await entries(monitor, name);
  const wanted = name === null ? pools : pools.filter(({ pool }) => pool === name);
  return await monitor.assessAll(wanted, { maxAgeMs: SAMPLE_MAX_AGE_MS, endsAt });
}

async function entries(monitor: Monitor, name: string | null): Promise<readonly PoolEntry[]> {
  try {
    return await monitor.pools(DEFINITIONS_MAX_AGE_MS);
  } catch (error) {
    if (error instanceof ProblemError) {
      return [{ pool: name ?? 'none', config: null, problems: [error.problem] }];
    }
    throw error;
  }
}
