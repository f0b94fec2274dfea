import { dashOr, pairs } from '../../core/format.js';
import type { PoolReport } from '../../core/pool-report.js';
import { limitInWords, verdictInWords } from '../../core/summary.js';
import type { CheckResult, ShownProblem } from '../sources/source.js';
import type { Paint, Style } from './paint.js';

const LABEL_WIDTH = 14;
const BASES = { open: 'open connections', active: 'connections in use' } as const;

/** The result of a check as lines for people; `-` means unknown. Pure. */
export function table({ report, problems }: CheckResult, paint: Paint): string[] {
  return [
    paint(styleOf(report.status), verdictInWords(report)),
    '',
    ...rows(report, paint).map(([name, value]) => `${name.padEnd(LABEL_WIDTH)}${value}`),
    ...(report.pools ? ['', ...poolLines(report.pools, paint)] : []),
    ...(problems.length > 0 ? ['', ...problems.flatMap((problem) => problemLines(problem, paint))] : []),
  ];
}

function rows(report: PoolReport, paint: Paint): [name: string, value: string][] {
  const { metrics, config, utilization, saturatedLayer } = report;
  const basis = utilization.of === null ? [] : [BASES[utilization.of]];
  const limit = limitInWords(report);
  const meaning = [...basis, ...(limit === null ? [] : [`limited by ${limit}`])].join('; ');
  const layer = saturatedLayer === 'managed' ? 'pooler' : saturatedLayer;
  const full: [string, string][] = layer === null ? [] : [['Full layer', paint('red', layer)]];
  return [
    ['Pool', report.pool],
    ['Status', paint(styleOf(report.status), report.status)],
    [
      'Utilization',
      `${percentOf(utilization.percent)} of ${dashOr(metrics.poolSize)}, ${paint(styleOf(utilization.status), utilization.status)}${meaning && ` (${meaning})`}`,
    ],
    ...full,
    [
      'Connections',
      `${dashOr(metrics.totalConnections)}: ${dashOr(metrics.activeConnections)} active, ${dashOr(metrics.idleConnections)} idle`,
    ],
    ['Waiting', dashOr(metrics.waitingRequests)],
    ['Pooler', pooler(report.managedPool)],
    ['Server', serverSlots(report.database)],
    [
      'Settings',
      `min ${dashOr(config.min)}, max ${dashOr(config.max)}, idleTimeout ${dashOr(config.idleTimeout)} ms, connectionTimeout ${dashOr(config.connectionTimeout)} ms`,
    ],
    ['Sampled', `${report.timestamp}, ${(report.ageMs / 1_000).toFixed(1)} s ago`],
  ];
}

function pooler(managed: PoolReport['managedPool']): string {
  if (managed === null) {
    return '-';
  }
  const { kind, source, size, inUse, waiting, ageSeconds } = managed;
  const stats =
    ageSeconds === null
      ? ''
      : `: ${dashOr(inUse)} of ${dashOr(size)} in use, ${dashOr(waiting)} waiting, ${ageSeconds} s ago`;
  const origin = source === 'definition' ? 'from the definition' : `detected by ${source}`;
  return `${kind} (${origin})${stats}`;
}

export function serverSlots(database: PoolReport['database']): string {
  return database === null ? '-' : `${dashOr(database.usedSlots)} of ${database.slots} client slots in use`;
}

function poolLines(pools: NonNullable<PoolReport['pools']>, paint: Paint): string[] {
  const width = Math.max(...pools.map(({ pool }) => pool.length));
  return pools.map(({ pool, status, percent, utilization }) => {
    const used = percent === null && utilization === 'critical' ? 'full' : percentOf(percent);
    const health = paint(styleOf(status), status.padEnd(9));
    return `${pool.padEnd(width)}  ${health}  ${used.padStart(8)}`;
  });
}

/** Two lines: the code with its values, and the text with the meaning and the fix. */
export function problemLines({ code, severity, text, values }: ShownProblem, paint: Paint): string[] {
  return [
    `${paint(severity === 'error' ? 'red' : 'yellow', severity.padEnd(7))}  ${[code, ...pairs(values)].join(' ')}`,
    `         ${text}`,
  ];
}

/** The colour of a status. */
export function styleOf(status: string): Style {
  return status === 'healthy' || status === 'normal' ? 'green' : status === 'warning' ? 'yellow' : 'red';
}

export function percentOf(percent: number | null): string {
  return percent === null ? '- %' : `${percent.toFixed(1)} %`;
}
