import type { RDSClient } from '@aws-sdk/client-rds';
import { failureName, UnexpectedAnswer } from '../../aws/errors.js';
import { SingleFlightCache } from '../../aws/single-flight-cache.js';
import { ProblemError, problem } from '../../core/problems.js';
import type { ProxyRole } from './dimensions.js';

/** How an RDS Proxy is set up; null where the RDS API does not tell. */
export type ProxySettings = {
  /** Connections it may open, in percent of the `max_connections` of its target. */
  readonly maxConnectionsPercent: number | null;
  /** Of these, how many it may keep open without use, in percent of `max_connections` too. */
  readonly maxIdleConnectionsPercent: number | null;
  /** Milliseconds a client waits for a connection before the proxy refuses it. */
  readonly borrowTimeoutMs: number | null;
  /** Milliseconds after which it lets go of a client that does nothing. */
  readonly idleClientTimeoutMs: number | null;
};

/** An endpoint of a proxy: whose it is, and which of its targets are behind it. */
export interface ProxyEndpoint {
  readonly proxy: string;
  readonly role: ProxyRole;
}

export interface RdsProxiesOptions {
  /** @default one that all pools share, made when the first proxy is asked for */
  readonly client?: RDSClient;
  /**
   * Milliseconds that the RDS API may take, retries included.
   *
   * @default 1500
   */
  readonly deadlineMs?: number;
  /**
   * Milliseconds since 1970.
   *
   * @default Date.now
   */
  readonly now?: () => number;
}

const KEEP_MS = 5 * 60_000;

/** The RDS API as the source of what is set up: asked once in five minutes and proxy, the last good answer kept. */
export class RdsProxies {
  readonly #client: RDSClient | undefined;
  readonly #deadlineMs: number;
  readonly #settings: SingleFlightCache<ProxySettings>;
  readonly #endpoints: SingleFlightCache<ProxyEndpoint>;

  constructor({ client, deadlineMs = 1_500, now = Date.now }: RdsProxiesOptions = {}) {
    this.#client = client;
    this.#deadlineMs = deadlineMs;
    this.#settings = new SingleFlightCache(KEEP_MS, now);
    this.#endpoints = new SingleFlightCache(KEEP_MS, now);
  }

  /** @throws ProblemError `AWS.RDS` when there is no such proxy, or it cannot be asked for and never could */
  settings(proxy: string): Promise<ProxySettings> {
    return this.#settings.get(proxy, () => named(() => this.#describe(proxy)));
  }

  /**
   * @param name of an endpoint beside the default one
   * @param proxy whose endpoint it is; null when that is not known
   * @throws ProblemError `AWS.RDS` when there is no such endpoint, or it cannot be asked for and never could
   */
  endpoint(name: string, proxy: string | null): Promise<ProxyEndpoint> {
    return this.#endpoints.get(JSON.stringify([proxy, name]), () => named(() => this.#find(name, proxy)));
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

async function named<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new ProblemError(problem('AWS.RDS', { error: failureName(error) }));
  }
}

function milliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds * 1_000;
}
