import type { CloudWatchReader } from '../../aws/cloudwatch-reader.js';
import { MINUTE_MS, newest, type Series } from '../../aws/series.js';
import { type Dimensions, PROXY_NAMESPACE, type ProxyDimensions, type ProxyRole } from './dimensions.js';
import type { ProxyGauges } from './gauges.js';

/** Minutes before one that show how many nodes the proxy has. */
const NODES_SEEN_IN = 3;

/**
 * The newest complete minute of one role of an RDS Proxy: of its writer or of its readers, who have limits of their own.
 *
 * Every node of the proxy publishes its own part of a gauge, so that only their sum is true, and only in a minute for which
 * all have published: half a limit would look like a full pool. Gauges are sums over one minute, since a sum over more
 * would count them several times.
 *
 * @param reader asks for every metric once a minute, however many pools share the proxy
 * @throws ProblemError `AWS.CLOUDWATCH` when CloudWatch cannot be asked
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.monitoring.html published by each node
 */
export async function readProxyGauges(
  reader: CloudWatchReader,
  dimensionsOf: ProxyDimensions,
  proxy: string,
  role: ProxyRole,
): Promise<ProxyGauges> {
  const byRole = await dimensionsOf.of(proxy, role);
  const byProxy = { ProxyName: proxy };
  const read = (metric: string, statistic: 'Sum' | 'Average' | 'SampleCount', dimensions: Dimensions | null) =>
    dimensions ? reader.read({ namespace: PROXY_NAMESPACE, metric, dimensions, statistic }) : NOTHING;
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
    takenAt: at ?? reader.range.end,
    allowed: value(allowed),
    open: value(open),
    borrowed: value(borrowed),
    pinned: value(pinned),
    clients: value(clients),
    borrowWaitMs: borrowMicroseconds === null ? null : borrowMicroseconds / 1_000,
    availabilityPercent: value(availability),
  };
}

const NOTHING = Promise.resolve<Series>(new Map());

/** The end of the newest minute for which as many nodes published as in those before it, and every gauge that there is. */
function newestComplete(nodes: Series, gauges: readonly Series[]): number | null {
  const isComplete = (at: number) => {
    const before = Array.from({ length: NODES_SEEN_IN }, (_, index) => nodes.get(at - (index + 1) * MINUTE_MS) ?? 0);
    const hasAllNodes = (nodes.get(at) ?? 0) >= Math.max(...before);
    return hasAllNodes && gauges.every((gauge) => gauge.size === 0 || gauge.has(at));
  };
  return [...nodes.keys()].sort((a, b) => b - a).find(isComplete) ?? null;
}
