import type { PoolSummary } from './pool-report.js';
import type { Level } from './summary.js';
import { CRITICAL_PERCENT, WARNING_PERCENT } from './verdict.js';

/** Pools with the most trouble first, in the order by which the worst of all is chosen; then by name. */
export function byTrouble(pools: readonly PoolSummary[]): PoolSummary[] {
  return [...pools].sort((a, b) => weight(b) - weight(a) || a.pool.localeCompare(b.pool, 'en', { numeric: true }));
}

function weight({ status, percent }: PoolSummary): number {
  return (status === 'unhealthy' ? 10 : 0) + step(percent) + Math.min(percent ?? 0, 10_000) / 10_001;
}

function step(percent: number | null): number {
  if (percent === null) {
    return 2;
  }
  return percent > CRITICAL_PERCENT ? 3 : Number(percent >= WARNING_PERCENT);
}

export function levelOfSummary({ status, percent }: PoolSummary): Level {
  if (status === 'unhealthy') {
    return 'unhealthy';
  }
  return (percent ?? 0) >= WARNING_PERCENT ? 'warning' : 'healthy';
}

/** Such as `12 pools: 2 unhealthy, 1 warning`. */
export function troubleInWords(pools: readonly PoolSummary[]): string {
  const count = (level: Level) => pools.filter((pool) => levelOfSummary(pool) === level).length;
  const parts = (['unhealthy', 'warning'] as const).flatMap((level) =>
    count(level) ? [`${count(level)} ${level}`] : [],
  );
  return `${pools.length} pools: ${parts.length === 0 ? 'all healthy' : parts.join(', ')}`;
}
