import type { CloudWatchClient, Dimension } from '@aws-sdk/client-cloudwatch';
import { failureName } from '../../aws/errors.js';
import { SingleFlightCache } from '../../aws/single-flight-cache.js';
import { ProblemError, problem } from '../../core/problems.js';

export const PROXY_NAMESPACE = 'AWS/RDS';

/** Which targets of an RDS Proxy, as the RDS API writes it: the writer or the readers. */
export type ProxyRole = 'READ_WRITE' | 'READ_ONLY';

/** Values of dimensions by name. */
export type Dimensions = Readonly<Record<string, string>>;

export interface ProxyDimensionsOptions {
  /** @default one that all pools share, made when the first proxy is asked for */
  readonly client?: CloudWatchClient;
  /**
   * Milliseconds that CloudWatch may take, retries included.
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

/**
 * By which dimensions CloudWatch has the gauges of one role of an RDS Proxy apart from those of the others.
 *
 * They are asked for, since CloudWatch does not write roles as the RDS API does: `READWRITE`, but `READ_ONLY`.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.monitoring.html dimension set 4
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-monitoring-dashboard.html the roles' names
 * @see https://github.com/prometheus-community/yet-another-cloudwatch-exporter/pull/1501 the same, as exported
 */
export class ProxyDimensions {
  readonly #client: CloudWatchClient | undefined;
  readonly #deadlineMs: number;
  readonly #series: SingleFlightCache<readonly Dimensions[]>;

  constructor({ client, deadlineMs = 1_500, now = Date.now }: ProxyDimensionsOptions = {}) {
    this.#client = client;
    this.#deadlineMs = deadlineMs;
    this.#series = new SingleFlightCache(KEEP_MS, now);
  }

  /**
   * The dimensions; null when CloudWatch has no such series, as in the first minutes of a proxy.
   *
   * @throws ProblemError `AWS.CLOUDWATCH` when it cannot be asked and never could
   */
  async of(proxy: string, role: ProxyRole): Promise<Dimensions | null> {
    const series = await this.#series.get(proxy, () => this.#list(proxy));
    return series.find(({ TargetRole }) => bare(TargetRole) === bare(role)) ?? null;
  }

  async #list(proxy: string): Promise<readonly Dimensions[]> {
    try {
      const { listMetrics } = await import('../../aws/clients/metric-data.js');
      const dimensions = { ProxyName: proxy, TargetGroup: null, TargetRole: null };
      const filter = { namespace: PROXY_NAMESPACE, metric: 'MaxDatabaseConnectionsAllowed', dimensions };
      const metrics = await listMetrics(filter, this.#deadlineMs, this.#client);
      return metrics.map(({ Dimensions = [] }) => byName(Dimensions));
    } catch (error) {
      throw new ProblemError(problem('AWS.CLOUDWATCH', { error: failureName(error) }));
    }
  }
}

function byName(dimensions: readonly Dimension[]): Dimensions {
  return Object.fromEntries(dimensions.flatMap(({ Name, Value }) => (Name && Value ? [[Name, Value]] : [])));
}

function bare(role: string | undefined): string | undefined {
  return role?.replaceAll('_', '');
}
