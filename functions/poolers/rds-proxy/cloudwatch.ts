import type { CloudWatchClient, Dimension } from '@aws-sdk/client-cloudwatch';
import { type CloudWatchReader, MINUTE_MS, newest, type Series } from '../../aws/cloudwatch-reader.js';
import { reportedAs } from '../../aws/errors.js';
import { SingleFlightCache } from '../../aws/single-flight-cache.js';
import { currentMoment, type Moment } from '../../time/moment.js';
import type { ProxyRole } from './settings.js';

/** One minute of an RDS Proxy's metrics; null where CloudWatch has no datapoint. */
export interface ProxyGauges {
  /** End of that minute, or of the newest minute that was read when none had datapoints; milliseconds since 1970. */
  readonly takenAt: number;
  /** Connections to the targets that the proxy may open. */
  readonly allowed: number | null;
  /** Open connections to the targets. */
  readonly open: number | null;
  /** Open connections that a client has borrowed. */
  readonly borrowed: number | null;
  /** Open connections that are pinned to one client. */
  readonly pinned: number | null;
  /** Connections of clients to the proxy, all roles together. */
  readonly clients: number | null;
  /** Mean milliseconds to borrow a connection, all roles together; also null for a minute in which no client waited. */
  readonly borrowWaitMs: number | null;
  /** Percent of the minute in which the targets answered the proxy. */
  readonly availabilityPercent: number | null;
}

export interface ProxyMetricsOptions {
  /** @default a client that all pools share, created for the first proxy */
  readonly client?: CloudWatchClient;
  /**
   * Milliseconds for listing the series of a proxy, retries included.
   *
   * @default 1500
   */
  readonly deadlineMs?: number;
  /** @default both clocks of the process */
  readonly now?: () => Moment;
}

type Dimensions = Readonly<Record<string, string>>;

const NAMESPACE = 'AWS/RDS';
/** A new series is rare: the list of a proxy's series is read again after five minutes. */
const MAX_SERIES_AGE_MS = 5 * 60_000;
/** Less than a minute: the next scheduled check tries again. */
const RETRY_DELAY_MS = 50_000;
/** Minutes before one that show how many nodes the proxy has. */
const NODE_COUNT_MINUTES = 3;
const NO_SERIES = Promise.resolve<Series>(new Map());

/** Reads the metrics of RDS Proxies from CloudWatch. */
export class ProxyMetrics {
  readonly #reader: CloudWatchReader;
  readonly #client: CloudWatchClient | undefined;
  readonly #deadlineMs: number;
  readonly #dimensions: SingleFlightCache<readonly Dimensions[]>;
  readonly #gauges: SingleFlightCache<ProxyGauges>;

  /** @param reader queries each metric once a minute, however many pools share the proxy */
  constructor(reader: CloudWatchReader, { client, deadlineMs = 1_500, now = currentMoment }: ProxyMetricsOptions = {}) {
    this.#reader = reader;
    this.#client = client;
    this.#deadlineMs = deadlineMs;
    this.#dimensions = new SingleFlightCache({
      maxAgeMs: MAX_SERIES_AGE_MS,
      retryDelayMs: RETRY_DELAY_MS,
      keepLastGood: true,
      now,
    });
    this.#gauges = new SingleFlightCache({ now });
  }

  /**
   * The newest complete minute of one role of a proxy, or the one that was read last. Writer and readers have separate limits.
   *
   * Each node of the proxy publishes its own part of a gauge. Only the sum over all nodes is the proxy's value, and only in
   * a minute that all nodes have published: half of the limit would make the pool look full. Gauges are sums over one minute; a sum
   * over more minutes counts each value several times.
   *
   * @param maxAgeMs milliseconds for which a read is valid, also when a later one fails; with 0 it is valid for the minute that it
   * read
   * @throws ProblemError `AWS.CLOUDWATCH` when CloudWatch cannot be read
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.monitoring.html published by each node
   */
  gauges(proxy: string, role: ProxyRole, maxAgeMs: number): Promise<ProxyGauges> {
    return this.#gauges.get(JSON.stringify([proxy, role]), () => this.#read(proxy, role), maxAgeMs);
  }

  async #read(proxy: string, role: ProxyRole): Promise<ProxyGauges> {
    const byRole = await this.#dimensionsOf(proxy, role);
    const byProxy = { ProxyName: proxy };
    const read = (metric: string, statistic: 'Sum' | 'Average' | 'SampleCount', dimensions: Dimensions | null) =>
      dimensions ? this.#reader.read({ namespace: NAMESPACE, metric, dimensions, statistic }) : NO_SERIES;
    const [nodes, allowed, open, borrowed, pinned, availability, clients, borrowLatency] = await Promise.all([
      read('MaxDatabaseConnectionsAllowed', 'SampleCount', byRole),
      read('MaxDatabaseConnectionsAllowed', 'Sum', byRole),
      read('DatabaseConnections', 'Sum', byRole),
      read('DatabaseConnectionsCurrentlyBorrowed', 'Sum', byRole),
      read('DatabaseConnectionsCurrentlySessionPinned', 'Sum', byRole),
      read('AvailabilityPercentage', 'Average', byRole),
      read('ClientConnections', 'Sum', byProxy),
      read('DatabaseConnectionsBorrowLatency', 'Average', byProxy),
    ]);
    const at = newestComplete(nodes, [allowed, open, borrowed, pinned]) ?? newest(clients)?.at ?? null;
    const value = (series: Series) => (at === null ? null : (series.get(at) ?? null));
    const borrowMicroseconds = value(borrowLatency);
    return {
      takenAt: at ?? this.#reader.range.end,
      allowed: value(allowed),
      open: value(open),
      borrowed: value(borrowed),
      pinned: value(pinned),
      clients: value(clients),
      borrowWaitMs: borrowMicroseconds === null ? null : borrowMicroseconds / 1_000,
      availabilityPercent: value(availability),
    };
  }

  /**
   * The dimensions that select one role of a proxy; null when CloudWatch has no such series, as in the first minutes of a
   * proxy. They are listed, because CloudWatch does not spell the roles as the RDS API does: `READWRITE`, but `READ_ONLY`.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.monitoring.html dimension set 4
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-monitoring-dashboard.html the roles' names
   * @see https://github.com/prometheus-community/yet-another-cloudwatch-exporter/pull/1501 the same, as exported
   */
  async #dimensionsOf(proxy: string, role: ProxyRole): Promise<Dimensions | null> {
    const series = await this.#dimensions.get(proxy, () => this.#list(proxy));
    return series.find(({ TargetRole }) => bare(TargetRole) === bare(role)) ?? null;
  }

  #list(proxy: string): Promise<readonly Dimensions[]> {
    return reportedAs('AWS.CLOUDWATCH', async () => {
      const { listMetrics } = await import('../../aws/clients/metric-data.js');
      const dimensions = { ProxyName: proxy, TargetGroup: null, TargetRole: null };
      const filter = { namespace: NAMESPACE, metric: 'MaxDatabaseConnectionsAllowed', dimensions };
      const metrics = await listMetrics(filter, this.#deadlineMs, this.#client);
      return metrics.map(({ Dimensions = [] }) => byName(Dimensions));
    });
  }
}

/** The end of the newest minute that has every gauge, and at least as many nodes as each of the minutes before it. */
function newestComplete(nodes: Series, gauges: readonly Series[]): number | null {
  const isComplete = (at: number) => {
    const before = Array.from(
      { length: NODE_COUNT_MINUTES },
      (_, index) => nodes.get(at - (index + 1) * MINUTE_MS) ?? 0,
    );
    const hasAllNodes = (nodes.get(at) ?? 0) >= Math.max(...before);
    return hasAllNodes && gauges.every((gauge) => gauge.size === 0 || gauge.has(at));
  };
  return [...nodes.keys()].sort((a, b) => b - a).find(isComplete) ?? null;
}

function byName(dimensions: readonly Dimension[]): Dimensions {
  return Object.fromEntries(dimensions.flatMap(({ Name, Value }) => (Name && Value ? [[Name, Value]] : [])));
}

function bare(role: string | undefined): string | undefined {
  return role?.replaceAll('_', '');
}
