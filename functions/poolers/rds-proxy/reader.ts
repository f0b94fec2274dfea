import { within } from '../../connection/timeout.js';
import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import type { DatabaseProbeResult } from '../../core/ports.js';
import { ProblemError, problem } from '../../core/problems.js';
import { parseRdsProxyHost, type RdsProxyHost } from '../../core/rds-hosts.js';
import type { PoolerStats } from '../../core/sample.js';
import type { PoolerReader } from '../probe.js';
import type { ProxyGauges, ProxyMetrics } from './cloudwatch.js';
import type { ProxyEndpoint, ProxySettings, RdsProxyApi } from './settings.js';

/** Where the stats of RDS Proxies come from. Each method throws a ProblemError when its source cannot be read. */
export interface ProxySources {
  readonly metrics: Pick<ProxyMetrics, 'gauges'>;
  readonly api: Pick<RdsProxyApi, 'settings' | 'endpoint'>;
}

export interface RdsProxyReaderOptions {
  /** The proxy, its additional endpoint, or both. Neither if the address names none. */
  readonly address: RdsProxyHost;
  readonly sources: ProxySources;
  /**
   * Milliseconds that one read of all sources may take. A source that answers later serves the next check.
   *
   * @default 2500
   */
  readonly deadlineMs?: number;
}

const UNKNOWN_PROXY =
  'the RDS Proxy of this endpoint is unknown: name it in the definition, "managed": {"kind": "rds-proxy", "name": …}';

/** Reads the stats of the RDS Proxy in front of one pool. */
export class RdsProxyReader implements PoolerReader {
  readonly #address: RdsProxyHost;
  readonly #sources: ProxySources;
  readonly #deadlineMs: number;

  constructor({ address, sources, deadlineMs = 2_500 }: RdsProxyReaderOptions) {
    this.#address = address;
    this.#sources = sources;
    this.#deadlineMs = deadlineMs;
  }

  /** @throws ProblemError when AWS cannot be read, or does not answer in time */
  async read(database: Promise<DatabaseProbeResult>): Promise<PoolerStats> {
    const late = () => {
      const values = { reason: 'AWS did not answer in time', waitedMs: this.#deadlineMs };
      return new ProblemError(problem('MANAGED.UNAVAILABLE', values));
    };
    const { gauges, settings } = await within(this.#readSources(), this.#deadlineMs, late);
    const isLimitKnown = allowedBy(gauges) !== null;
    const slots = isLimitKnown ? null : (await database).database?.slots;
    return { ...proxyStats(gauges, settings.maxConnectionsPercent, slots?.maxConnections ?? null), settings };
  }

  /** Closes nothing: all pools share the sources. */
  async close(): Promise<void> {}

  async #readSources(): Promise<{ readonly gauges: ProxyGauges; readonly settings: ProxySettings }> {
    const { metrics, api } = this.#sources;
    const { proxy, role } = await this.#target();
    const [gauges, settings] = await Promise.all([metrics.gauges(proxy, role), api.settings(proxy)]);
    return { gauges, settings };
  }

  /** The proxy, and which of its targets the pool uses: the writer behind the default endpoint. */
  async #target(): Promise<ProxyEndpoint> {
    const { proxy, endpoint } = this.#address;
    if (endpoint !== null) {
      const found = await this.#endpoint(endpoint, proxy);
      return { proxy: proxy ?? found.proxy, role: found.role };
    }
    if (proxy !== null) {
      return { proxy, role: 'READ_WRITE' };
    }
    throw new ProblemError(problem('MANAGED.UNAVAILABLE', { reason: UNKNOWN_PROXY }));
  }

  async #endpoint(endpoint: string, proxy: string | null): Promise<ProxyEndpoint> {
    try {
      return await this.#sources.api.endpoint(endpoint, proxy);
    } catch (error) {
      if (proxy === null && error instanceof ProblemError) {
        const { code, values } = error.problem;
        throw new ProblemError(problem(code, { ...values, reason: UNKNOWN_PROXY }));
      }
      throw error;
    }
  }
}

/** The reader of the RDS Proxy in front of a pool; null if neither definition nor host name shows one. */
export function rdsProxyReader(config: ValidatedPoolConfig, sources: ProxySources): RdsProxyReader | null {
  const address = proxyAddress(config);
  return address && new RdsProxyReader({ address, sources });
}

/** The RDS Proxy in front of a pool, from its definition and host name; null if neither shows one. */
export function proxyAddress({
  managed,
  endpoint,
}: Pick<ValidatedPoolConfig, 'managed' | 'endpoint'>): RdsProxyHost | null {
  const named = managed?.kind === 'rds-proxy' ? managed.name : null;
  const host = parseRdsProxyHost(endpoint);
  if (!named && (managed || !host)) {
    return null;
  }
  return { proxy: named ?? host?.proxy ?? null, endpoint: host?.endpoint ?? null };
}

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
function allowedBy({ allowed }: ProxyGauges): number | null {
  return allowed === 0 ? null : allowed;
}

/** At least 1: with a limit of 0 the pool would be full without any client. */
function shareOf(connections: number | null, percent: number | null): number | null {
  return connections === null || percent === null ? null : Math.max(1, Math.floor((connections * percent) / 100));
}
