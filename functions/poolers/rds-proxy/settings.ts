import type { RDSClient } from '@aws-sdk/client-rds';
import { reportedAs, UnexpectedAnswer } from '../../aws/errors.js';
import { SingleFlightCache } from '../../aws/single-flight-cache.js';
import { currentMoment, type Moment } from '../../time/moment.js';

/** The configuration of an RDS Proxy; null where the RDS API does not report a value. */
export type ProxySettings = {
  /** Connections that the proxy may open, in percent of the target's `max_connections`. */
  readonly maxConnectionsPercent: number | null;
  /** Connections that the proxy may leave open while idle, in percent of the target's `max_connections`. */
  readonly maxIdleConnectionsPercent: number | null;
  /** Milliseconds a client waits for a connection before the proxy refuses it. */
  readonly borrowTimeoutMs: number | null;
  /** Milliseconds after which the proxy closes an idle client connection. */
  readonly idleClientTimeoutMs: number | null;
};

/** Which targets of an RDS Proxy, as the RDS API spells it: the writer or the readers. */
export type ProxyRole = 'READ_WRITE' | 'READ_ONLY';

/** An endpoint of a proxy: the proxy's name, and the targets behind the endpoint. */
export interface ProxyEndpoint {
  readonly proxy: string;
  readonly role: ProxyRole;
}

export interface RdsProxyApiOptions {
  /** @default a client that all pools share, created for the first proxy */
  readonly client?: RDSClient;
  /**
   * Milliseconds for a request to the RDS API, retries included.
   *
   * @default 1500
   */
  readonly deadlineMs?: number;
  /** @default both clocks of the process */
  readonly now?: () => Moment;
}

const MAX_AGE_MS = 5 * 60_000;
/** Less than a minute: the next scheduled check tries again. */
const RETRY_DELAY_MS = 50_000;

/** Reads settings and endpoints from the RDS API, each at most once in five minutes; the last good value stays in use. */
export class RdsProxyApi {
  readonly #client: RDSClient | undefined;
  readonly #deadlineMs: number;
  readonly #settings: SingleFlightCache<ProxySettings>;
  readonly #endpoints: SingleFlightCache<ProxyEndpoint>;

  constructor({ client, deadlineMs = 1_500, now = currentMoment }: RdsProxyApiOptions = {}) {
    const rules = { maxAgeMs: MAX_AGE_MS, retryDelayMs: RETRY_DELAY_MS, keepLastGood: true, now };
    this.#client = client;
    this.#deadlineMs = deadlineMs;
    this.#settings = new SingleFlightCache(rules);
    this.#endpoints = new SingleFlightCache(rules);
  }

  /** @throws ProblemError `AWS.RDS` when there is no such proxy, or its settings were never read and cannot be read now */
  settings(proxy: string): Promise<ProxySettings> {
    return this.#settings.get(proxy, () => reportedAs('AWS.RDS', () => this.#describe(proxy)));
  }

  /**
   * An endpoint that is not the proxy's default endpoint.
   *
   * @param proxy the proxy that has the endpoint; null when it is unknown
   * @throws ProblemError `AWS.RDS` when there is no such endpoint, or it was never read and cannot be read now
   */
  endpoint(name: string, proxy: string | null): Promise<ProxyEndpoint> {
    return this.#endpoints.get(JSON.stringify([proxy, name]), () =>
      reportedAs('AWS.RDS', () => this.#find(name, proxy)),
    );
  }

  async #describe(name: string): Promise<ProxySettings> {
    const { describeProxy } = await import('../../aws/clients/rds.js');
    const { proxy, targetGroup } = await describeProxy(name, this.#deadlineMs, this.#client);
    const pool = targetGroup?.ConnectionPoolConfig;
    if (!proxy || !pool) {
      throw new UnexpectedAnswer();
    }
    return {
      maxConnectionsPercent: pool.MaxConnectionsPercent ?? null,
      maxIdleConnectionsPercent: pool.MaxIdleConnectionsPercent ?? null,
      borrowTimeoutMs: milliseconds(pool.ConnectionBorrowTimeout),
      idleClientTimeoutMs: milliseconds(proxy.IdleClientTimeout),
    };
  }

  async #find(name: string, proxy: string | null): Promise<ProxyEndpoint> {
    const { describeEndpoint } = await import('../../aws/clients/rds.js');
    const endpoint = await describeEndpoint(name, proxy, this.#deadlineMs, this.#client);
    if (!endpoint?.DBProxyName || !endpoint.TargetRole) {
      throw new UnexpectedAnswer();
    }
    return { proxy: endpoint.DBProxyName, role: endpoint.TargetRole };
  }
}

function milliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds * 1_000;
}
