import type { PoolerStats } from '../../core/sample.js';
import type { ProxyGauges } from './cloudwatch.js';

/**
 * The stats of an RDS Proxy in the terms that all poolers share. The limit is what the proxy reports, otherwise its share of
 * the server's `max_connections`. RDS Proxy publishes no queue length, so `waiting` is null. The stats are minutes old.
 *
 * @param maxConnectionsPercent of the target's `max_connections`
 * @param maxConnections the server's current value
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

/** Connections that the proxy may open. A proxy without a target reports 0, which is no limit of the pool. */
export function allowedBy({ allowed }: ProxyGauges): number | null {
  return allowed === 0 ? null : allowed;
}

/** At least 1: with a limit of 0 the pool would be full without any client. */
export function shareOf(connections: number | null, percent: number | null): number | null {
  return connections === null || percent === null ? null : Math.max(1, Math.floor((connections * percent) / 100));
}
