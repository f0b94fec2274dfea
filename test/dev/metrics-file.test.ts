import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { emfLine } from '../../functions/core/emf.js';
import type { Datapoints } from '../../functions/core/metrics.js';
import { metricsFilePublisher } from '../../functions/dev/metrics-file.js';
import { NOON } from '../support/samples.js';

const folder = mkdtempSync(join(tmpdir(), 'pool-health-metrics-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const POOLS: readonly Datapoints[] = ['orders', 'carts'].map((pool) => ({
  pool,
  timestamp: NOON,
  values: { Healthy: 1 },
}));
const LINES = POOLS.map((pool) => `${emfLine(pool, 'PoolHealth/shop')}\n`).join('');

describe('the metrics file of npm start', () => {
  it('gets a line for each pool from every check', async () => {
    const file = join(folder, 'metrics.log');
    const publish = metricsFilePublisher(file, 'PoolHealth/shop');
    expect([await publish(POOLS), await publish(POOLS)]).toEqual([[], []]);
    expect(readFileSync(file, 'utf8')).toBe(LINES + LINES);
  });

  it('that cannot be written loses no metric: the lines go to standard error', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await metricsFilePublisher(folder, 'PoolHealth/shop')(POOLS)).toEqual([]);
    expect(write.mock.calls).toEqual([[`The metrics could not be written (EISDIR); they follow.\n${LINES}`]]);
  });

  it('that is not named is not written', async () => {
    expect(await metricsFilePublisher(null, 'PoolHealth/shop')(POOLS)).toEqual([]);
  });
});
