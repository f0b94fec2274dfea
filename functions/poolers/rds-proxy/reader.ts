import { settled, within } from '../../connection/timeout.js';
import { hasLiveSign } from '../../core/implied-problems.js';
import type { ValidatedPoolConfig } from '../../core/pool-config.js';
import type { DatabaseProbeResult } from '../../core/ports.js';
import { ProblemError, problem } from '../../core/problems.js';
import { parseRdsProxyHost, type RdsProxyHost } from '../../core/rds-hosts.js';
import { ageMs, currentMoment, type Moment, monotonicMs } from '../../time/moment.js';
import type { PoolerReader, PoolerReading } from '../probe.js';
import type { ProxyGauges, ProxyMetrics } from './cloudwatch.js';
import type { ProxyEndpoint, ProxyRole, ProxySettings, RdsProxyApi } from './settings.js';
import { allowedBy, proxyStats, shareOf } from './stats.js';

/** Where the stats of RDS Proxies come from. Each method throws a ProblemError when its source cannot be read. */
export interface ProxySources {
  readonly metrics: Pick<ProxyMetrics, 'gauges'>;
  readonly api: Pick<RdsProxyApi, 'settings' | 'endpoint'>;
}

interface Target extends ProxyEndpoint {
  /** Why the role of the endpoint is only what the server itself reports. */
  readonly failure?: ProblemError;
}

interface KnownGauges {
  readonly gauges: ProxyGauges;
  /** Why they are not of the newest minute, although it could decide a verdict. */
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

/**
 * A database that has not answered by then may wait for a connection of the proxy; the newest metrics still have time. The role
 * of its server counts as silent.
 */
const SLOW_MS = 750;
/** What the newest metrics leave of the deadline: the known ones are an answer too. */
const MIN_LEFT_MS = 100;
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
  /** Since when the proxy has published no limit; null while it has one. */
  #unpublishedSince: Moment | null = null;

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
    const endsAt = monotonicMs() + this.#deadlineMs;
    const sources = this.#readSources(database, endsAt);
    const { gauges, settings, failures } = await within(sources, this.#deadlineMs, () => late(this.#deadlineMs));
    const isLimitKnown = allowedBy(gauges) !== null;
    const slots = isLimitKnown ? null : (await database).database?.slots;
    const stats = proxyStats(gauges, settings?.maxConnectionsPercent ?? null, slots?.maxConnections ?? null);
    return { ...stats, ...(settings && { settings }), failures };
  }

  /** Closes nothing: all pools share the sources. */
  async close(): Promise<void> {}

  async #readSources(database: Promise<DatabaseProbeResult>, endsAt: number): Promise<SourceValues> {
    const { proxy, role, failure } = await this.#target(database);
    const failures = failure ? [failure] : [];
    const settings = this.#sources.api.settings(proxy).catch((error: unknown) => {
      failures.push(asProblemError(error));
      return null;
    });
    const [{ gauges, failure: ofGauges }, known] = await Promise.all([
      this.#gauges(proxy, role, { database, settings, endsAt }),
      settings,
    ]);
    // One refusal of the RDS API is one problem, whatever was asked.
    return { gauges, settings: known, failures: [...failures.slice(0, 1), ...(ofGauges ? [ofGauges] : [])] };
  }

  /**
   * The metrics that are known, or those of the newest minute if they could decide the verdict on this sample. If these cannot be
   * read, the known ones stay.
   */
  async #gauges(proxy: string, role: ProxyRole, sample: Sample): Promise<KnownGauges> {
    const { metrics } = this.#sources;
    const known = await metrics.gauges(proxy, role, this.#metricsMaxAgeMs);
    if (this.#metricsMaxAgeMs === 0 || !(this.#isNew(known) || (await mayDecide(known, sample)))) {
      return { gauges: known };
    }
    const leftMs = sample.endsAt - monotonicMs() - MIN_LEFT_MS;
    try {
      return { gauges: await within(metrics.gauges(proxy, role, 0), leftMs, () => late(leftMs)) };
    } catch (error) {
      return { gauges: known, failure: asProblemError(error) };
    }
  }

  /**
   * Whether the limit was not published yet: it would then be missing for the whole time. A role without targets never
   * publishes one, so this lasts no longer than that time.
   */
  #isNew({ allowed }: ProxyGauges): boolean {
    this.#unpublishedSince = allowed === null ? (this.#unpublishedSince ?? currentMoment()) : null;
    return this.#unpublishedSince !== null && ageMs(this.#unpublishedSince) < this.#metricsMaxAgeMs;
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
    const seen = this.#roleOf(database);
    try {
      return await this.#sources.api.endpoint(endpoint, proxy);
    } catch (error) {
      const failure = asProblemError(error);
      if (proxy === null) {
        const { code, values } = failure.problem;
        throw new ProblemError(problem(code, { ...values, reason: UNKNOWN_PROXY }));
      }
      const role = await seen;
      if (role === null) {
        throw failure;
      }
      return { proxy, role, failure };
    }
  }

  /** By the server that answers: a standby is behind the readers' endpoint. The last one while the server is silent. Never throws. */
  async #roleOf(database: Promise<DatabaseProbeResult>): Promise<ProxyRole | null> {
    const updated = database.then(({ database: view }) => {
      this.#seenRole = view ? (view.role === 'standby' ? 'READ_ONLY' : 'READ_WRITE') : this.#seenRole;
    });
    await settled(within(updated, SLOW_MS, () => new Error('slow')));
    return this.#seenRole;
  }
}

/** What the newest metrics of a proxy could decide, and the time (`monotonicMs()`) at which they have to be there. */
interface Sample {
  readonly database: Promise<DatabaseProbeResult>;
  readonly settings: Promise<ProxySettings | null>;
  readonly endsAt: number;
}

/** Whether newer metrics could decide the verdict. The limit may have fallen since those that are known. */
async function mayDecide(known: ProxyGauges, { database, settings }: Sample): Promise<boolean> {
  const slow = () => new Error('slow');
  const [result, values] = await Promise.all([
    within(database, SLOW_MS, slow).catch(() => null),
    within(settings, SLOW_MS, slow).catch(() => null),
  ]);
  if (!result) {
    return true;
  }
  const { database: view, problems } = result;
  const share = shareOf(view?.slots.maxConnections ?? null, values?.maxConnectionsPercent ?? null);
  const limits = [allowedBy(known), share].filter((limit) => limit !== null);
  return hasLiveSign(limits.length > 0 ? Math.min(...limits) : null, view?.connections ?? null, problems);
}

function late(waitedMs: number): ProblemError {
  return new ProblemError(problem('MANAGED.UNAVAILABLE', { reason: 'AWS did not answer in time', waitedMs }));
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
