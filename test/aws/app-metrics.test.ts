import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppMetrics } from '../../functions/aws/app-metrics.js';
import { cloudWatchClient } from '../../functions/aws/clients/cloudwatch.js';
import { CloudWatchReader } from '../../functions/aws/cloudwatch-reader.js';
import type { Logger } from '../../functions/core/ports.js';
import { AwsEndpoint, lambdaEnvironment } from '../support/aws-endpoint.js';
import { momentAt } from '../support/clock.js';
import { MetricStore, queriesOf } from '../support/metric-store.js';

const NOON = Date.UTC(2026, 0, 2, 12);
const OWN = 'PoolHealth/staging';

let endpoint: AwsEndpoint;
let store: MetricStore;
let time: number;
let logged: Parameters<Logger>[];

beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
  store = new MetricStore();
  endpoint.answer('GetMetricData', store.getMetricData);
  time = NOON + 40_000;
  logged = [];
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await endpoint.close();
});

function appMetrics(namespace: string): AppMetrics {
  const client = cloudWatchClient({ connectMs: 5_000, answerMs: 20_000, attempts: 1 });
  const reader = new CloudWatchReader({ client, deadlineMs: 20_000, now: () => time });
  return new AppMetrics(reader, { namespace, log: (...entry) => logged.push(entry), now: () => momentAt(time) });
}

/** What an application publishes in every minute of an hour around noon. */
function publish(namespace: string, value: number, pool = 'orders'): void {
  for (let minute = -30; minute < 30; minute += 1) {
    const at = NOON + minute * 60_000 + 10_000;
    store.data.push({ namespace, metric: 'AppWaiting', dimensions: { Pool: pool }, at, value });
  }
}

/** The namespaces that are queried, `minutes` after the last time. */
async function queriedIn(apps: AppMetrics, minutes: number): Promise<(string | undefined)[]> {
  endpoint.calls.length = 0;
  time += minutes * 60_000;
  await apps.read('orders');
  return endpoint.calls.flatMap(queriesOf).map(({ MetricStat }) => MetricStat?.Metric?.Namespace);
}

describe('the gauges of an application', () => {
  it('are read in the namespace of the deployment, though another deployment has a pool of that name', async () => {
    publish(OWN, 2);
    publish('PoolHealth', 90);
    const apps = appMetrics(OWN);
    expect(await apps.read('orders')).toEqual({ takenAt: NOON, waiting: 2 });
    expect(await queriedIn(apps, 1)).toEqual([OWN]);
    expect(logged).toEqual([]);
  });

  it('are found in PoolHealth if the application has no option, and the log names the option once a pool', async () => {
    publish('PoolHealth', 3);
    publish('PoolHealth', 4, 'carts');
    const apps = appMetrics(OWN);
    expect(await apps.read('orders')).toEqual({ takenAt: NOON, waiting: 3 });
    expect(await apps.read('carts')).toEqual({ takenAt: NOON, waiting: 4 });
    await apps.read('orders');
    const message = expect.stringMatching(/namespace PoolHealth\. .*option namespace .*POOL_HEALTH_NAMESPACE/);
    expect(logged).toEqual([
      ['warning', message, { pool: 'orders', namespace: OWN }],
      ['warning', message, { pool: 'carts', namespace: OWN }],
    ]);
  });

  it('cost one query a minute there, and one every five minutes in the namespace that has none', async () => {
    publish('PoolHealth', 3);
    const apps = appMetrics(OWN);
    expect(await queriedIn(apps, 0)).toEqual([OWN, 'PoolHealth']);
    expect(await queriedIn(apps, 1)).toEqual(['PoolHealth']);
    expect(await queriedIn(apps, 1)).toEqual(['PoolHealth']);
    expect(await queriedIn(apps, 3)).toEqual([OWN, 'PoolHealth']);
  });

  it('are read in the namespace of the deployment again as soon as the application publishes there', async () => {
    publish('PoolHealth', 3);
    const apps = appMetrics(OWN);
    await apps.read('orders');
    publish(OWN, 5);
    time += 5 * 60_000;
    expect(await apps.read('orders')).toMatchObject({ waiting: 5 });
    expect(await queriedIn(apps, 1)).toEqual([OWN]);
  });

  it('are not those of another deployment when the application publishes, then stops', async () => {
    publish(OWN, 2);
    const apps = appMetrics(OWN);
    await apps.read('orders');
    store.data.length = 0;
    publish('PoolHealth', 90);
    expect(await queriedIn(apps, 5)).toEqual([OWN]);
    expect(await queriedIn(apps, 20)).toEqual([OWN]);
    expect(await apps.read('orders')).toBeNull();
    expect(logged).toEqual([]);
  });

  it('are looked for in PoolHealth every hour while the application is silent', async () => {
    const apps = appMetrics(OWN);
    expect(await queriedIn(apps, 0)).toEqual([OWN, 'PoolHealth']);
    expect(await queriedIn(apps, 5)).toEqual([OWN]);
    expect(await queriedIn(apps, 54)).toEqual([OWN]);
    expect(await queriedIn(apps, 1)).toEqual(['PoolHealth']);
  });

  it('are read once, without a warning, by the deployment with the default namespace', async () => {
    const apps = appMetrics('PoolHealth');
    expect(await queriedIn(apps, 0)).toEqual(['PoolHealth']);
    publish('PoolHealth', 3);
    expect(await queriedIn(apps, 5)).toEqual(['PoolHealth']);
    expect(logged).toEqual([]);
  });
});
