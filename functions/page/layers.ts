import { age, duration, number, UNKNOWN } from '../core/format.js';
import type { PoolReport } from '../core/pool-report.js';
import { POOLERS, type PoolerCount } from '../core/poolers.js';

/** One of the three places where a pool can be full, with its figures in words. */
export interface LayerPanel {
  readonly id: 'app' | 'managed' | 'database';
  readonly name: string;
  readonly isFull: boolean;
  /** How old its figures are; null where it has none. */
  readonly age: string | null;
  readonly rows: readonly Row[];
}

export type Row = readonly [label: string, value: string];

/** @param sinceAnswerMs milliseconds since the report was received, which its ages do not know of */
export function layerPanels(report: PoolReport, sinceAnswerMs: number): readonly [LayerPanel, LayerPanel, LayerPanel] {
  const seconds = (given: number) => given + sinceAnswerMs / 1_000;
  return [appSide(report, seconds), managedSide(report, seconds), databaseSide(report, seconds)];
}

type Aged = (seconds: number) => number;

function appSide({ app, config, database, saturatedLayer }: PoolReport, aged: Aged): LayerPanel {
  const { min, max, connectionTimeout } = config;
  const rows: Row[] = [
    ['Its settings', max === null ? UNKNOWN : `min ${number(min)}, max ${max}`],
    ['Waiting inside', app ? number(app.waiting) : 'not published'],
    ['Waits at most', duration(connectionTimeout)],
    ['Idle inside a transaction', number(database?.idleInTransaction ?? null)],
    ['Oldest transaction', database ? oldest(database) : UNKNOWN],
  ];
  return {
    id: 'app',
    name: 'Application',
    isFull: saturatedLayer === 'app',
    age: app && age(aged(app.ageSeconds)),
    rows,
  };
}

function oldest({ longestTransactionMs, idleInTransaction }: NonNullable<PoolReport['database']>): string {
  return longestTransactionMs === null && idleInTransaction !== null ? 'none open' : duration(longestTransactionMs);
}

function managedSide({ managedPool, saturatedLayer }: PoolReport, aged: Aged): LayerPanel {
  const side = { id: 'managed', isFull: saturatedLayer === 'managed' } as const;
  if (!managedPool) {
    return { ...side, name: 'Managed pool', age: null, rows: [['Kind', UNKNOWN]] };
  }
  const { kind, size, inUse, waiting, longestWaitMs, borrowWaitMs, pinned, ageSeconds } = managedPool;
  const { label: name, counts } = POOLERS[kind];
  const isCounted = (count: PoolerCount) => (counts as readonly PoolerCount[]).includes(count);
  if (kind === 'none') {
    return { ...side, name, age: null, rows: [['Kind', 'none']] };
  }
  if (ageSeconds === null) {
    return { ...side, name, age: null, rows: [['Figures', UNKNOWN]] };
  }
  const rows: Row[] = [
    ['Borrowed', size === null ? number(inUse) : `${number(inUse)} of ${number(size)}`],
    ['Clients that wait', isCounted('waiting') ? number(waiting) : 'not counted'],
    ...(isCounted('borrowWait') ? [borrowWait(borrowWaitMs)] : []),
    ...(isCounted('pinned') ? [['Pinned to one client', number(pinned)] as const] : []),
    ...longestWait(waiting, longestWaitMs),
  ];
  return { ...side, name, age: age(aged(ageSeconds)), rows };
}

/** No datapoint means that nobody waited in that minute or that nobody knows, which cannot be told apart. */
function borrowWait(borrowWaitMs: number | null): Row {
  return ['Mean wait to borrow', borrowWaitMs === null ? 'none told' : duration(borrowWaitMs)];
}

function longestWait(waiting: number | null, longestWaitMs: number | null): Row[] {
  return waiting ? [['The first waits for', duration(longestWaitMs)]] : [];
}

function databaseSide({ metrics, database, ageMs, saturatedLayer }: PoolReport, aged: Aged): LayerPanel {
  const { totalConnections, activeConnections, idleConnections, poolSize } = metrics;
  return {
    id: 'database',
    name: 'Database',
    isFull: saturatedLayer === 'database',
    age: database && age(aged(ageMs / 1_000)),
    rows: [
      ['Open, of this pool', `${number(totalConnections)} of ${number(poolSize)}`],
      ['Active', number(activeConnections)],
      ['Idle', number(idleConnections)],
      ['Slots of the server', database ? `${number(database.usedSlots)} of ${database.slots} in use` : UNKNOWN],
    ],
  };
}
