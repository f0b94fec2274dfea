import { age, duration, number, UNKNOWN } from '../core/format.js';
import type { PoolReport } from '../core/pool-report.js';
import { POOLERS, type PoolerCount } from '../core/poolers.js';
import { limitInWords } from '../core/summary.js';

/** One of the three layers that can be full, with its figures as text. */
export interface LayerPanel {
  readonly id: 'app' | 'managed' | 'database';
  readonly name: string;
  readonly isFull: boolean;
  /** Age of the figures; null if the layer has none. */
  readonly age: string | null;
  readonly rows: readonly Row[];
}

export type Row = readonly [label: string, value: string];

/** Adds the time since the report was received to an age in seconds. */
type AgeNow = (ageSeconds: number) => number;

/** @param sinceReceivedMs milliseconds since the report was received */
export function layerPanels(
  report: PoolReport,
  sinceReceivedMs: number,
): readonly [LayerPanel, LayerPanel, LayerPanel] {
  const ageNow = (ageSeconds: number) => ageSeconds + sinceReceivedMs / 1_000;
  return [appPanel(report, ageNow), poolerPanel(report, ageNow), databasePanel(report, ageNow)];
}

function appPanel({ app, config, database, saturatedLayer }: PoolReport, ageNow: AgeNow): LayerPanel {
  const { min, max, connectionTimeout } = config;
  return {
    id: 'app',
    name: 'Application',
    isFull: saturatedLayer === 'app',
    age: app && age(ageNow(app.ageSeconds)),
    rows: [
      ['Pool settings', max === null ? UNKNOWN : `min ${number(min)}, max ${max}`],
      ['Connection timeout', duration(connectionTimeout)],
      ['Waiting requests', app ? number(app.waiting) : 'not reported'],
      ['Idle in transaction', number(database?.idleInTransaction ?? null)],
      ['Oldest transaction', database ? oldestTransaction(database) : UNKNOWN],
    ],
  };
}

function oldestTransaction({ longestTransactionMs, idleInTransaction }: NonNullable<PoolReport['database']>): string {
  return longestTransactionMs === null && idleInTransaction !== null ? 'none open' : duration(longestTransactionMs);
}

function poolerPanel({ managedPool, saturatedLayer }: PoolReport, ageNow: AgeNow): LayerPanel {
  const panel = { id: 'managed', name: 'Pooler', isFull: saturatedLayer === 'managed', age: null } as const;
  if (!managedPool) {
    return { ...panel, rows: [['Kind', UNKNOWN]] };
  }
  const { kind, size, inUse, waiting, longestWaitMs, borrowWaitMs, pinned, ageSeconds } = managedPool;
  const { label: name, counts } = POOLERS[kind];
  const isCounted = (count: PoolerCount) => (counts as readonly PoolerCount[]).includes(count);
  if (kind === 'none') {
    return { ...panel, rows: [['Kind', 'none']] };
  }
  if (ageSeconds === null) {
    return { ...panel, name, rows: [['Statistics', UNKNOWN]] };
  }
  const rows: Row[] = [
    ['Connections in use', size === null ? number(inUse) : `${number(inUse)} of ${number(size)}`],
    ['Waiting clients', isCounted('waiting') ? number(waiting) : 'not counted'],
    ...(isCounted('borrowWait') ? [borrowWait(borrowWaitMs)] : []),
    ...(isCounted('pinned') ? [['Pinned connections', number(pinned)] as const] : []),
    ...longestWait(waiting, longestWaitMs),
  ];
  return { ...panel, name, age: age(ageNow(ageSeconds)), rows };
}

/** CloudWatch has no datapoint for a minute in which no client waited, or in which nothing was recorded. */
function borrowWait(borrowWaitMs: number | null): Row {
  return ['Mean wait', borrowWaitMs === null ? 'no data' : duration(borrowWaitMs)];
}

function longestWait(waiting: number | null, longestWaitMs: number | null): Row[] {
  return waiting ? [['Longest wait', duration(longestWaitMs)]] : [];
}

function databasePanel(report: PoolReport, ageNow: AgeNow): LayerPanel {
  const { metrics, database, ageMs, saturatedLayer, utilization } = report;
  const { totalConnections, activeConnections, idleConnections, poolSize } = metrics;
  const limit = limitInWords(report);
  const ofSize = (connections: number | null) => `${number(connections)} of ${number(poolSize)}`;
  return {
    id: 'database',
    name: 'Database',
    isFull: saturatedLayer === 'database',
    age: database && age(ageNow(ageMs / 1_000)),
    rows: [
      ['Open connections', utilization.of === 'active' ? number(totalConnections) : ofSize(totalConnections)],
      ['Active', utilization.of === 'active' ? ofSize(activeConnections) : number(activeConnections)],
      ['Idle', number(idleConnections)],
      ['Pool size', limit === null ? number(poolSize) : `${number(poolSize)}, limited by ${limit}`],
      ['Server slots in use', database ? `${number(database.usedSlots)} of ${database.slots}` : UNKNOWN],
    ],
  };
}
