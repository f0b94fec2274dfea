import { isRdsProxyHost } from '../../connection/tls.js';
import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import type { PoolerStats } from '../../core/sample.js';
import type { ProxyGauges } from './gauges.js';

/** How a pool's definition tells which RDS Proxy stands before it; what it does not tell is null. */
export interface ProxyAddress {
  readonly proxy: string | null;
  /** An endpoint of the proxy beside its default one, which may be one of the readers. */
  readonly endpoint: string | null;
}

const HOST = /^(?<label>[^.]+)\.(?<isOther>endpoint\.)?proxy-/i;

/**
 * The RDS Proxy before a pool, or null where the definition shows none: `<proxy>.proxy-….rds.amazonaws.com` is the default
 * endpoint of a proxy, `<endpoint>.endpoint.proxy-….rds.amazonaws.com` another one.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-endpoints.html
 */
export function proxyAddress({
  managed,
  endpoint,
}: Pick<ValidatedPoolConfig, 'managed' | 'endpoint'>): ProxyAddress | null {
  const named = managed?.kind === 'rds-proxy' ? managed.name : null;
  if (!named && (managed || !isRdsProxyHost(endpoint))) {
    return null;
  }
  const { label, isOther } = (isRdsProxyHost(endpoint) && HOST.exec(endpoint)?.groups) || {};
  const name = label?.toLowerCase() ?? null;
  return isOther ? { proxy: named, endpoint: name } : { proxy: named ?? name, endpoint: null };
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
