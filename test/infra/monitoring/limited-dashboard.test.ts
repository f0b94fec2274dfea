import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Alarm, AlarmStatusWidget, Column, GraphWidget, Metric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, it } from 'vitest';
import { createDashboards } from '../../../infra/monitoring/dashboard.js';
import { LimitedDashboard } from '../../../infra/monitoring/limited-dashboard.js';
import { DEFAULT_THRESHOLDS } from '../../../infra/monitoring/thresholds.js';
import { templatesOf } from '../../support/many-pools.js';
import { emptyApp } from '../../support/synth.js';
import { widgetsOf } from '../../support/templates.js';

/** Widgets of 100 pools take seconds of the processor, which a busy machine shares. */
const SYNTH_TIMEOUT_MS = 240_000;
/** What CloudWatch takes. */
const MAX_WIDGETS = 500;
const MAX_METRICS = 2_500;
const MAX_ALARMS_IN_A_WIDGET = 100;
/** So that the first widget has space for the alarm of each pool. */
const MAX_POOLS = 75;

const range = (length: number) => Array.from({ length }, (_, index) => index);

describe('a dashboard that users add widgets to', () => {
  function synthWith(add: (dashboard: LimitedDashboard, stack: Stack) => void): () => Template {
    const stack = new Stack(emptyApp(), 'Shop');
    const dashboard = new LimitedDashboard(stack, 'Dashboard', 'shop');
    add(dashboard, stack);
    return () => Template.fromStack(stack);
  }

  const alarms = (count: number) => (dashboard: LimitedDashboard, stack: Stack) => {
    const shown = range(count).map((index) => Alarm.fromAlarmName(stack, `Alarm${index}`, `alarm-${index}`));
    dashboard.addWidgets(new AlarmStatusWidget({ alarms: shown }));
  };
  const widgets = (count: number) => (dashboard: LimitedDashboard) => {
    dashboard.addWidgets(new Column(...range(count).map(() => new TextWidget({ markdown: 'x' }))));
  };
  const metrics = (count: number) => (dashboard: LimitedDashboard) => {
    const left = range(count / 5).map((index) => new Metric({ namespace: 'Shop', metricName: `metric${index}` }));
    dashboard.addWidgets(...range(5).map(() => new GraphWidget({ left })));
  };

  it.each([
    ['alarms in a widget', alarms, MAX_ALARMS_IN_A_WIDGET],
    ['widgets', widgets, MAX_WIDGETS],
    ['metrics', metrics, MAX_METRICS],
  ])('is deployed with as many %s as CloudWatch takes', (_, add, count) => {
    expect(synthWith(add(count))).not.toThrow();
  });

  it.each([
    [alarms, 107, 'a widget with 107 alarms, and CloudWatch takes 100. Show them in several widgets.'],
    [widgets, 501, '501 widgets, and CloudWatch takes 500. Put widgets of your own on a dashboard of your own.'],
    [metrics, 2_505, '2505 metrics, and CloudWatch takes 2500. Put widgets of your own on a dashboard of your own.'],
  ])('is refused with more, and what to do', (add, count, mistake) => {
    expect(synthWith(add(count))).toThrowError(`The dashboard "shop" has ${mistake}`);
  });
});

describe('the dashboards of a deployment', { timeout: SYNTH_TIMEOUT_MS }, () => {
  /** The widgets of each dashboard, by its name. @param proxies of how many pools each has an RDS Proxy of its own */
  function dashboards(pools: number, proxies: number) {
    const stack = new Stack(emptyApp(), 'Shop');
    const names = range(pools).map((index) => `pool-${index}`);
    const all = createDashboards(stack, 'Dashboard', {
      namespace: 'PoolHealth',
      name: 'shop',
      pools: names,
      proxies: names
        .slice(0, proxies)
        .map((pool, index) => ({ name: `proxy-${index}`, label: `proxy-${index}`, pool })),
      functions: ['check', 'api', 'details', 'page'].map((label) => ({ label, functionName: `shop-${label}` })),
      thresholds: DEFAULT_THRESHOLDS,
      links: { page: 'https://api.example.com/health', runbook: 'https://api.example.com/health/runbook' },
    });
    const templates = templatesOf(stack);
    return new Map(
      all.map((dashboard) => {
        const template = templates.get(Stack.of(dashboard).node.path);
        const [resource] = Object.values(template?.findResources('AWS::CloudWatch::Dashboard') ?? {});
        return [resource?.Properties.DashboardName, widgetsOf(template)] as const;
      }),
    );
  }

  it.each([
    [1, 1],
    [9, 9],
    [35, 10],
    [100, 10],
    [100, 100],
  ])(
    'of %i pools, %i of them with an RDS Proxy, fit into what CloudWatch takes and show every pool',
    (pools, proxies) => {
      const all = [...dashboards(pools, proxies).values()];
      for (const widgets of all) {
        expect(widgets.length).toBeLessThanOrEqual(MAX_WIDGETS);
        expect(widgets.flatMap(({ properties }) => properties.metrics ?? []).length).toBeLessThanOrEqual(MAX_METRICS);
        for (const { properties } of widgets) {
          expect(properties.alarms?.length ?? 0).toBeLessThanOrEqual(MAX_ALARMS_IN_A_WIDGET);
        }
      }
      // The first widget shows the alarm of each pool, and two of the monitor.
      const each = all.map(([first]) => (first?.properties.alarms?.length ?? 0) - 2);
      expect(each.reduce((sum, count) => sum + count)).toBe(pools);
      expect(Math.max(...each)).toBeLessThanOrEqual(MAX_POOLS);
    },
  );

  it('are one for as many pools as it takes, and have the name of the deployment with a number', () => {
    expect(dashboards(35, 10).size).toBe(1);
    expect(dashboards(MAX_POOLS, 0).size).toBe(1);
    expect([...dashboards(100, 0).keys()]).toEqual(['shop', 'shop-2']);
  });
});
