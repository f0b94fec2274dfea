import { expect, test } from 'vitest';
import { emfLine } from '../../functions/core/emf.js';
import { APP_METRICS, METRICS, type MetricName } from '../../functions/core/metrics.js';
import { manyDatapoints } from '../support/metric-sets.js';

test('a line is one JSON object in the embedded metric format', () => {
  const line = emfLine(
    {
      pool: 'orders',
      timestamp: 1_767_355_200_123,
      values: { Healthy: 0, Utilization: 92.5, CheckDuration: 17 },
    },
    'PoolHealth/shop',
  );
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    _aws: {
      Timestamp: 1_767_355_200_123,
      CloudWatchMetrics: [
        {
          Namespace: 'PoolHealth/shop',
          Dimensions: [['Pool']],
          Metrics: [
            { Name: 'Healthy', Unit: 'Count' },
            { Name: 'CheckDuration', Unit: 'Milliseconds' },
            { Name: 'Utilization', Unit: 'Percent' },
          ],
        },
      ],
    },
    Pool: 'orders',
    Healthy: 0,
    CheckDuration: 17,
    Utilization: 92.5,
  });
});

test('every metric of the contract has its unit and its value, and what is not known is not there', () => {
  for (const [index, datapoints] of manyDatapoints(2).entries()) {
    const root = JSON.parse(emfLine(datapoints, 'PoolHealth'));
    const units = Object.entries(METRICS).map(([Name, { unit }]) => ({ Name, Unit: unit }));
    expect(root._aws.CloudWatchMetrics[0].Metrics).toEqual(units);
    expect(Object.keys(METRICS).map((name) => root[name])).toEqual(
      Object.keys(METRICS).map((name) => datapoints.values[name as MetricName]),
    );
    expect(root.Pool).toBe(`pool-${index}`);
  }
  expect(emfLine({ pool: 'orders', timestamp: 1, values: { Healthy: 1 } }, 'PoolHealth')).not.toContain('Utilization');
});

test("the application's gauges have their units too", () => {
  const root = JSON.parse(
    emfLine({ pool: 'orders', timestamp: 1, values: { AppOpen: 3, AppBusy: 2, AppWaiting: 0 } }, 'PoolHealth'),
  );
  expect(root).toMatchObject({ AppOpen: 3, AppBusy: 2, AppWaiting: 0 });
  expect(root._aws.CloudWatchMetrics[0].Metrics).toEqual(
    Object.entries(APP_METRICS).map(([Name, { unit }]) => ({ Name, Unit: unit })),
  );
});
