import { type Finding, failed, ok, setting, unknown } from '../core/finding.js';
import { POOLERS, type PoolerKind, WITHOUT_STATS } from '../core/poolers.js';
import type { PoolerStats, PoolerView } from '../core/sample.js';

/** The pooler, and the limits to compare its own limits with. */
export interface PoolerContext {
  /** Null before anything is known about the pooler. */
  readonly pooler: PoolerView | null;
  /** Connections that all instances of the application may open; null when there is a mistake in the settings. */
  readonly configuredMax: number | null;
  /** Slots of the server for ordinary clients; null when the server could not be probed. */
  readonly serverSlots: number | null;
}

/** The subject of these findings, a fixed word of `doctor --json`. */
const ABOUT = 'managed pool';

/** Reports the kind of the pooler, and whether its limits fit. Pure. */
export function poolerFindings(context: PoolerContext): Finding[] {
  const { pooler } = context;
  if (!pooler) {
    return [unknown(ABOUT, 'Whether there is a pooler is unknown.')];
  }
  return pooler.stats === null
    ? [{ about: ABOUT, ...WITHOUT_STATS[pooler.kind], fix: null }]
    : limitFindings(pooler.kind, pooler.stats, context);
}

/** Whether the limits of a pooler fit the application and the server. */
function limitFindings(kind: PoolerKind, stats: PoolerStats, { configuredMax, serverSlots }: PoolerContext): Finding[] {
  const { label } = POOLERS[kind];
  const { limit } = stats;
  const fix = (text: string) => (kind === 'pgbouncer' ? setting(text) : null);
  const maxClients = stats.settings?.max_client_conn ?? null;
  const failures: Finding[] = [];
  if (maxClients !== null && configuredMax !== null && configuredMax > maxClients) {
    const text = `The settings allow ${configuredMax} connections, but ${label} accepts ${maxClients} clients.`;
    failures.push(failed(ABOUT, text, fix(`max_client_conn = ${configuredMax} in pgbouncer.ini`)));
  }
  if (limit !== null && serverSlots !== null && limit > serverSlots) {
    const text = `${label} may open ${limit} connections for this pool, but the server has ${serverSlots} slots for clients.`;
    failures.push(failed(ABOUT, text, fix(`default_pool_size = ${serverSlots} or less in pgbouncer.ini`)));
  }
  if (failures.length > 0) {
    return failures;
  }
  const size = limit === null ? 'any number of connections' : `up to ${limit} connections`;
  const clients = maxClients === null ? 'an unknown number of clients' : `up to ${maxClients} clients`;
  return [ok(ABOUT, `${label} may open ${size} for this pool and accepts ${clients}.`)];
}
