import { within } from '../../connection/timeout.js';
import type { DatabaseProbeResult } from '../../core/probe-results.js';
import { ProblemError, problem } from '../../core/problems.js';
import type { PoolerStats } from '../../core/sample.js';
import type { PoolerReader } from '../probe.js';
import { allowedBy, type ProxyAddress, proxyStats } from './address.js';
import type { ProxyGauges } from './gauges.js';

/** Which targets of a proxy: the writer, or the readers. */
type Role = 'READ_WRITE' | 'READ_ONLY';

/** How a proxy is set up: percents of `max_connections`, milliseconds. */
export interface ProxySetup extends Readonly<Record<string, number | null>> {
  readonly maxConnectionsPercent: number | null;
}

/** Where what is known of RDS Proxies comes from. Each throws a ProblemError when it cannot be asked. */
export interface ProxySources {
  /** What is not told is null. */
  settings(proxy: string): Promise<ProxySetup>;
  /** @param proxy whose endpoint it is; null when that is what is asked for */
  endpoint(name: string, proxy: string | null): Promise<{ readonly proxy: string; readonly role: Role }>;
  gauges(proxy: string, role: Role): Promise<ProxyGauges>;
}

export interface RdsProxyReaderOptions {
  readonly address: ProxyAddress;
  readonly sources: ProxySources;
  /**
   * Milliseconds that all sources together may take; what they find out later serves the next check.
   *
   * @default 2500
   */
  readonly deadlineMs?: number;
}

/** Asks AWS about the RDS Proxy of one pool. */
export class RdsProxyReader implements PoolerReader {
  readonly #address: ProxyAddress;
  readonly #sources: ProxySources;
  readonly #deadlineMs: number;

  constructor({ address, sources, deadlineMs = 2_500 }: RdsProxyReaderOptions) {
    this.#address = address;
    this.#sources = sources;
    this.#deadlineMs = deadlineMs;
  }

  /** @throws ProblemError when AWS cannot be asked in time */
  async read(database: Promise<DatabaseProbeResult>): Promise<PoolerStats> {
    const late = () => {
      const values = { reason: 'AWS did not answer in time', waitedMs: this.#deadlineMs };
      return new ProblemError(problem('MANAGED.UNAVAILABLE', values));
    };
    const { gauges, settings } = await within(this.#ask(), this.#deadlineMs, late);
    const isLimitKnown = allowedBy(gauges) !== null;
    const slots = isLimitKnown ? null : (await database).database?.slots;
    return { ...proxyStats(gauges, settings.maxConnectionsPercent, slots?.maxConnections ?? null), settings };
  }

  /** There is nothing to close: the sources are everybody's. */
  async close(): Promise<void> {}

  async #ask() {
    const { proxy, role } = await this.#target();
    const [gauges, settings] = await Promise.all([this.#sources.gauges(proxy, role), this.#sources.settings(proxy)]);
    return { gauges, settings };
  }

  /** Which proxy, and which of its targets answer: behind the default endpoint the writer. */
  async #target(): Promise<{ readonly proxy: string; readonly role: Role }> {
    const { proxy, endpoint } = this.#address;
    if (endpoint !== null) {
      const found = await this.#endpoint(endpoint, proxy);
      return { proxy: proxy ?? found.proxy, role: found.role };
    }
    if (proxy !== null) {
      return { proxy, role: 'READ_WRITE' };
    }
    throw new ProblemError(problem('MANAGED.UNAVAILABLE', { reason: NAME_IT }));
  }

  async #endpoint(endpoint: string, proxy: string | null) {
    try {
      return await this.#sources.endpoint(endpoint, proxy);
    } catch (error) {
      if (proxy === null && error instanceof ProblemError) {
        const { code, values } = error.problem;
        throw new ProblemError(problem(code, { ...values, reason: NAME_IT }));
      }
      throw error;
    }
  }
}

const NAME_IT =
  'which RDS Proxy this endpoint belongs to could not be found out: name it in the definition, "managed": {"kind": "rds-proxy", "name": …}';
