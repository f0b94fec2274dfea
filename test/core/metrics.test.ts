import { describe, expect, it } from 'vitest';
import {
  ALL_METRICS,
  APP_METRICS,
  appDatapoints,
  datapoints,
  GRAPHS,
  METRICS,
  type MetricDefinition,
} from '../../functions/core/metrics.js';
import type { ValidatedPoolConfig } from '../../functions/core/pool-config.js';
import { problem } from '../../functions/core/problems.js';
import type { PoolSample } from '../../functions/core/sample.js';
import { type Assessment, evaluate } from '../../functions/core/verdict.js';
import { configOf, configWith, counts, managed, NOON, seen, slots, unseen } from '../support/samples.js';

const assess = (config: ValidatedPoolConfig | null, sample: PoolSample): Assessment => ({
  pool: 'orders',
  config,
  sample,
  verdict: evaluate(config, sample),
});
const EXAMPLE = assess(
  configWith({ pool: { min: 2 } }),
  seen({ connections: counts({ total: 10, active: 3 }), managed: managed({ limit: null, waiting: 0 }) }),
);
const UNSEEN = assess(configOf(20), unseen({ problems: [problem('PROBE.TIMEOUT', { waitedMs: 4000 })] }));

describe('the metrics of a check', () => {
  it('of a probed pool are all nine, at the time of the sample', () => {
    expect(datapoints(EXAMPLE)).toEqual({
      pool: 'orders',
      timestamp: NOON,
      values: {
        Healthy: 1,
        Saturated: 0,
        CheckDuration: 12,
        Utilization: 50,
        ActiveConnections: 3,
        IdleConnections: 7,
        TotalConnections: 10,
        PoolSize: 20,
        WaitingRequests: 0,
      },
    });
  });

  it('are absent where the value is unknown, never 0', () => {
    expect(datapoints(UNSEEN).values).toEqual({ Healthy: 0, Saturated: 0, CheckDuration: 12, PoolSize: 20 });
    const undefinedPool = assess(null, unseen({ problems: [problem('CONFIG.MISSING')] }));
    expect(datapoints(undefinedPool).values).toEqual({ Healthy: 0, Saturated: 0, CheckDuration: 12 });
  });

  it('of a pool without connections are 0, which is known', () => {
    const empty = assess(configOf(20), seen({ connections: counts({ total: 0, active: 0 }) }));
    expect(datapoints(empty).values).toMatchObject({
      Healthy: 1,
      Utilization: 0,
      ActiveConnections: 0,
      IdleConnections: 0,
      TotalConnections: 0,
    });
  });

  it.each([
    ['database', 'DATABASE.FULL', 1],
    ['database', 'PROBE.SLOTS_EXHAUSTED', 1],
    ['managed', 'MANAGED.FULL', 1],
    ['app', 'APP.WAITING', 0],
    [null, 'PROBE.TIMEOUT', 0],
  ] as const)('call a pool whose full layer is %s (%s) saturated: %i', (layer, code, saturated) => {
    const probed = assess(configOf(20), seen({ problems: [problem(code)] }));
    const unprobed = assess(configOf(20), unseen({ problems: [problem(code)] }));
    for (const assessment of [probed, unprobed]) {
      expect(assessment.verdict.saturatedLayer).toBe(layer);
      expect(datapoints(assessment).values.Saturated).toBe(saturated);
    }
  });

  it('call a pool saturated by the counts of a full server alone, its own connections few', () => {
    const connections = counts({ total: 2, active: 0, server: 100 });
    const full = assess(configOf(20), seen({ connections, slots: slots({ maxConnections: 100 }) }));
    expect(datapoints(full).values).toMatchObject({ Healthy: 0, Saturated: 1 });
    const almost = assess(configOf(20), seen({ connections, slots: slots({ maxConnections: 101 }) }));
    expect(datapoints(almost).values).toMatchObject({ Saturated: 0 });
  });

  it('report a full layer even if nothing could be counted', () => {
    const full = assess(configOf(20), unseen({ problems: [problem('MANAGED.FULL')] }));
    expect(datapoints(full).values).toMatchObject({ Healthy: 0, Saturated: 1 });
    expect(datapoints(full).values).not.toHaveProperty('Utilization');
  });

  it('are not rounded', () => {
    const third = assess(configOf(3), seen({ connections: counts({ total: 1 }) }));
    expect(datapoints(third).values.Utilization).toBeCloseTo(33.333333, 5);
  });
});

it('the metrics of an application are its peaks, 0 included', () => {
  expect(appDatapoints('orders', NOON, { open: 3, inUse: 2, waiting: 0 })).toEqual({
    pool: 'orders',
    timestamp: NOON,
    values: { AppOpen: 3, AppBusy: 2, AppWaiting: 0 },
  });
});

describe('the rows of metrics', () => {
  it('have no name twice', () => {
    expect(Object.keys(ALL_METRICS)).toEqual([...Object.keys(METRICS), ...Object.keys(APP_METRICS)]);
  });

  it.each(Object.keys(GRAPHS))('the graph %s shows at least one metric, and metrics of one unit', (graph) => {
    const rows: readonly MetricDefinition[] = Object.values(ALL_METRICS);
    const units = rows.filter((row) => row.graph === graph).map(({ unit }) => unit);
    expect(new Set(units).size).toBe(1);
  });
});
