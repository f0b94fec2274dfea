import { ABOVE, type AlarmRow, AT_LEAST, BELOW, MISSING_IS_BAD, MISSING_IS_GOOD } from './alarm.js';
import { proxyAvailability, proxyBorrowLatency, proxyShare } from './metric-queries.js';

/** The alarms of one RDS Proxy, however many pools share it. The subject is the proxy's name. */
export const PROXY_ALARMS = [
  {
    name: 'proxy-borrow-latency',
    meaning: (proxy, milliseconds) => `Clients of RDS Proxy ${proxy} wait ${milliseconds} ms or more for a connection.`,
    firstStep: 'Look for pinned sessions and long transactions, then check the limit of the proxy.',
    metric: proxyBorrowLatency,
    comparison: AT_LEAST,
    threshold: {
      setting: 'borrowLatencyMs',
      default: 100,
      accepts: 'positive',
      measures: 'Mean wait of a client for a connection of an RDS Proxy, in milliseconds',
      // The metric is in microseconds.
      factor: 1_000,
    },
    minutes: [3, 5],
    missingData: MISSING_IS_GOOD,
  },
  {
    name: 'proxy-pinned',
    meaning: (proxy, percent) =>
      `${percent} % or more of the connections of RDS Proxy ${proxy} are pinned to a client.`,
    firstStep: 'Read the log of the proxy: it names the reason for each pinned session.',
    metric: (proxy) => proxyShare(proxy, 'DatabaseConnectionsCurrentlySessionPinned', 'DatabaseConnections'),
    comparison: AT_LEAST,
    threshold: {
      setting: 'proxyPinned',
      default: 20,
      accepts: 'percent',
      measures: 'Pinned connections of an RDS Proxy in percent of its open ones',
    },
    minutes: [5, 5],
    missingData: MISSING_IS_GOOD,
  },
  {
    name: 'proxy-availability',
    meaning: (proxy, percent) =>
      `RDS Proxy ${proxy} reached its writer for less than ${percent} % of the time, or publishes no metrics.`,
    firstStep: 'Check the targets of the proxy: their state and the reason for it.',
    metric: proxyAvailability,
    comparison: BELOW,
    threshold: 90,
    minutes: [3, 5],
    missingData: MISSING_IS_BAD,
  },
  {
    name: 'proxy-near-limit',
    meaning: (proxy, percent) => `RDS Proxy ${proxy} has opened more than ${percent} % of the connections it may open.`,
    firstStep: 'Find the pool that grew. Raise MaxConnectionsPercent only if the server has free slots.',
    metric: (proxy) => proxyShare(proxy, 'DatabaseConnections', 'MaxDatabaseConnectionsAllowed'),
    comparison: ABOVE,
    threshold: {
      setting: 'proxyNearLimit',
      default: 80,
      accepts: 'percent',
      measures: 'Open connections of an RDS Proxy in percent of its limit',
    },
    minutes: [3, 5],
    missingData: MISSING_IS_GOOD,
  },
] as const satisfies readonly AlarmRow<string>[];
