import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import { parseRdsProxyHost } from '../../core/rds-hosts.js';
import type { PoolerStats } from '../../core/sample.js';
import type { ProxyGauges } from './gauges.js';

/** How a pool's definition tells which RDS Proxy stands before it; what it does not tell is null. */
export interface ProxyAddress {
  readonly proxy: string | null;
  /** An endpoint of the proxy beside its default one, which may be one of the readers. */
  readonly endpoint: string | null;
}

/** The RDS Proxy in front of a pool, from its definition and host name; null if neither shows one. */
export function proxyAddress({
  managed,
  endpoint,
}: Pick<ValidatedPoolConfig, 'managed' | 'endpoint'>): ProxyAddress | null {
  const named = managed?.kind === 'rds-proxy' ? managed.name : null;
  const host = parseRdsProxyHost(endpoint);
  if (!named && (managed || !host)) {
    return null;
  }
  return { proxy: named ?? host?.proxy ?? null, endpoint: host?.endpoint ?? null };
}

/**
 * The figures of an RDS Proxy in the words of every managed pool. Its limit is what it says it may open, else its share of
 * the server's slots. It counts no queue: how many wait stays unknown. Its metrics are minutes old.
 *
 * @param maxConnectionsPercent of the target's `max_connections`
 * @param maxConnections of the server now
 */
export function proxyStats(
  gauges: ProxyGauges,
  maxConnectionsPercent: number | null,
  maxConnections: number | null,
): PoolerStats {
  const { takenAt, open, borrowed, pinned, clients, borrowWaitMs, availabilityPercent } = gauges;
  return {
    takenAt,
    isLive: false,
    limit: allowedBy(gauges) ?? shareOf(maxConnections, maxConnectionsPercent),
    open,
    inUse: borrowed,
    pinned,
    waiting: null,
    longestWaitMs: null,
    borrowWaitMs,
    clients,
    availabilityPercent,
  };
}

/** What it may open; without a target it may open none, which says nothing of how full it is. */
export function allowedBy({ allowed }: ProxyGauges): number | null {
  return allowed === 0 ? null : allowed;
}

/** At least one, since a limit of none would be full without a client. */
function shareOf(connections: number | null, percent: number | null): number | null {
  return connections === null || percent === null ? null : Math.max(1, Math.floor((connections * percent) / 100));
}
