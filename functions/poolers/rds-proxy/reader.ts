import { within } from '../../connection/timeout.js';
import { hasLiveSign } from '../../core/implied-problems.js';
import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import type { DatabaseProbeResult } from '../../core/ports.js';
import { ProblemError, problem } from '../../core/problems.js';
import { parseRdsProxyHost, type RdsProxyHost } from '../../core/rds-hosts.js';
import type { PoolerStats } from '../../core/sample.js';
import type { PoolerReader, PoolerReading } from '../probe.js';
import type { ProxyGauges, ProxyMetrics } from './cloudwatch.js';
import type { ProxyEndpoint, ProxyRole, ProxySettings, RdsProxyApi } from './settings.js';

/** Where the stats of RDS Proxies come from. Each method throws a ProblemError when its source cannot be read. */
export interface ProxySources {
  readonly metrics: Pick<ProxyMetrics, 'gauges'>;
  readonly api: Pick<RdsProxyApi, 'settings' | 'endpoint'>;
}

interface Target extends ProxyEndpoint {
  /** Why the role of the endpoint is only what the server itself reports. */
  readonly failure?: ProblemError;
}

interface SourceValues {
  readonly gauges: ProxyGauges;
  readonly settings: ProxySettings | null;
  readonly failures: readonly ProblemError[];
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
  /**
   * Milliseconds for which the metrics of a proxy are used before they are read again, because each read costs money. Where they
   * could decide a verdict they are of the newest minute all the same.
   *
   * @default 0, every minute
   */
  readonly metricsMaxAgeMs?: number;
}

/** A database that has not answered by then may wait for a connection of the proxy; the newest metrics still have time. */
const SLOW_MS = 750;
const UNKNOWN_PROXY =
  'the RDS Proxy of this endpoint is unknown: name it in the definition, "managed": {"kind": "rds-proxy", "name": …}';

/** Reads the stats of the RDS Proxy in front of one pool. */
export class RdsProxyReader implements PoolerReader {
  readonly #address: RdsProxyHost;
  readonly #sources: ProxySources;
  readonly #deadlineMs: number;
  readonly #metricsMaxAgeMs: number;
  /** The targets of an endpoint that the RDS API does not describe, by the role that the server itself last reported. */
  #seenRole: ProxyRole | null = null;

  constructor({ address, sources, deadlineMs = 2_500, metricsMaxAgeMs = 0 }: RdsProxyReaderOptions) {
    this.#address = address;
    this.#sources = sources;
    this.#deadlineMs = deadlineMs;
    this.#metricsMaxAgeMs = metricsMaxAgeMs;
  }

  /**
   * The stats without settings, and the reason, if the RDS API cannot be read: the metrics alone tell a full proxy.
   *
   * @throws ProblemError when the metrics cannot be read, or not in time
   */
  async read(database: Promise<DatabaseProbeResult>): Promise<PoolerReading> {
    const late = () => {
      const values = { reason: 'AWS did not answer in time', waitedMs: this.#deadlineMs };
      return new ProblemError(problem('MANAGED.UNAVAILABLE', values));
    };
    const { gauges, settings, failures } = await within(this.#readSources(database), this.#deadlineMs, late);
    const isLimitKnown = allowedBy(gauges) !== null;
    const slots = isLimitKnown ? null : (await database).database?.slots;
    const stats = proxyStats(gauges, settings?.maxConnectionsPercent ?? null, slots?.maxConnections ?? null);
    return { ...stats, ...(settings && { settings }), failures };
  }

  /** Closes nothing: all pools share the sources. */
  async close(): Promise<void> {}

  async #readSources(database: Promise<DatabaseProbeResult>): Promise<SourceValues> {
    const { proxy, role, failure } = await this.#target(database);
    const failures = failure ? [failure] : [];
    const settings = this.#sources.api.settings(proxy).catch((error: unknown) => {
      failures.push(asProblemError(error));
      return null;
    });
    const [gauges, known] = await Promise.all([this.#gauges(proxy, role, database), settings]);
    // One refusal of the RDS API is one problem, whatever was asked.
    return { gauges, settings: known, failures: failures.slice(0, 1) };
  }

  /** The metrics that are known, or those of the newest minute if they could decide the verdict on this sample. */
  async #gauges(proxy: string, role: ProxyRole, database: Promise<DatabaseProbeResult>): Promise<ProxyGauges> {
    const { metrics } = this.#sources;
    const known = await metrics.gauges(proxy, role, this.#metricsMaxAgeMs);
    const limit = allowedBy(known);
    if (this.#metricsMaxAgeMs === 0) {
      return known;
    }
    const mayDecide = within(database, SLOW_MS, () => new Error('slow')).then(
      ({ database: view, problems }) => hasLiveSign(limit, view?.connections ?? null, problems),
      () => true,
    );
    // A limit that was not published yet would be missing for the whole time.
    return limit === null || (await mayDecide) ? await metrics.gauges(proxy, role, 0) : known;
  }

  /** The proxy, and which of its targets the pool uses: the writer behind the default endpoint. */
  async #target(database: Promise<DatabaseProbeResult>): Promise<Target> {
    const { proxy, endpoint } = this.#address;
    if (endpoint !== null) {
      const found = await this.#endpoint(endpoint, proxy, database);
      return { ...found, proxy: proxy ?? found.proxy };
    }
    if (proxy !== null) {
      return { proxy, role: 'READ_WRITE' };
    }
    throw new ProblemError(problem('MANAGED.UNAVAILABLE', { reason: UNKNOWN_PROXY }));
  }

  async #endpoint(endpoint: string, proxy: string | null, database: Promise<DatabaseProbeResult>): Promise<Target> {
    try {
      return await this.#sources.api.endpoint(endpoint, proxy);
    } catch (error) {
      const failure = asProblemError(error);
      if (proxy === null) {
        const { code, values } = failure.problem;
        throw new ProblemError(problem(code, { ...values, reason: UNKNOWN_PROXY }));
      }
      const role = await this.#roleOf(database);
      if (role === null) {
        throw failure;
      }
      return { proxy, role, failure };
    }
  }

  /** By the server that answers: a standby is behind the readers' endpoint. */
  async #roleOf(database: Promise<DatabaseProbeResult>): Promise<ProxyRole | null> {
    const role = this.#seenRole === null ? (await database).database?.role : undefined;
    this.#seenRole ??= role === undefined ? null : role === 'standby' ? 'READ_ONLY' : 'READ_WRITE';
    return this.#seenRole;
  }
}

/** @throws any other error: it is a mistake of this program */
function asProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) {
    return error;
  }
  throw error;
}

/** The reader of the RDS Proxy in front of a pool; null if neither definition nor host name shows one. */
export function rdsProxyReader(
  config: ValidatedPoolConfig,
  sources: ProxySources,
  options: Pick<RdsProxyReaderOptions, 'metricsMaxAgeMs'> = {},
): RdsProxyReader | null {
  const address = proxyAddress(config);
  return address && new RdsProxyReader({ ...options, address, sources });
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
