import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, it } from 'vitest';
import { APP_METRICS, METRICS } from '../../../functions/core/metrics.js';
import { type AlarmRow, metricThreshold } from '../../../infra/monitoring/alarm.js';
import { POOL_ALARMS } from '../../../infra/monitoring/pool-alarms.js';
import { DEFAULT_THRESHOLDS } from '../../../infra/monitoring/thresholds.js';
import { read } from '../../support/markdown.js';

interface Target {
  readonly refId: string;
  readonly id: string;
  readonly hide: boolean;
  readonly region: string;
  readonly period: string;
  readonly datasource: { readonly uid: string };
  readonly namespace?: string;
  readonly metricName?: string;
  readonly statistic?: string;
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly expression?: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly overrides: readonly object[];
    readonly defaults: { readonly thresholds: { readonly steps: readonly { color: string; value: number | null }[] } };
  };
}

const text = read('docs/reference/grafana.json');
const dashboard = JSON.parse(text);
const panels: readonly Panel[] = dashboard.panels;
const graphs = panels.filter(({ type }) => type !== 'row');
const targets = graphs.flatMap((panel) => panel.targets ?? []);
const own = targets.filter(({ namespace }) => namespace === '$namespace');

function stepsOf(title: string): readonly (readonly [string, number | null])[] {
  const panel = panels.find((each) => each.title === title);
  return panel?.fieldConfig?.defaults.thresholds.steps.map(({ color, value }) => [color, value] as const) ?? [];
}

describe('the Grafana dashboard', () => {
  it('can be imported: it has a data source input, a schema version, and variables in the order of their dependencies', () => {
    expect(dashboard.__inputs).toMatchObject([
      { name: 'DS_CLOUDWATCH', type: 'datasource', pluginId: 'cloudwatch' },
      { name: 'VAR_PAGE', type: 'constant', label: expect.stringContaining('PageUrl') },
    ]);
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    const names = dashboard.templating.list.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['datasource', 'region', 'namespace', 'pool', 'proxy', 'page']);
    const used = new Set([...text.matchAll(/\$\{?(\w+)\}?/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(['DS_CLOUDWATCH', 'VAR_PAGE', ...names].sort());
  });

  it('starts with the region of the data source, not with the alphabetically first one', () => {
    const [, region] = dashboard.templating.list;
    expect(region).toMatchObject({ name: 'region', current: { text: 'default', value: 'default' } });
  });

  it('starts with the namespace of the default deployment, and finds the pools in the one that is written there', () => {
    const [, , namespace, pool] = dashboard.templating.list;
    expect(namespace).toMatchObject({ type: 'textbox', current: { text: 'PoolHealth', value: 'PoolHealth' } });
    expect(pool.query).toBe('dimension_values($region,$namespace,Healthy,Pool)');
  });

  it('shows every metric of the contract, with its statistic, and no other of that namespace', () => {
    const metrics = { ...METRICS, ...APP_METRICS };
    expect(new Set(own.map(({ metricName }) => metricName))).toEqual(new Set(Object.keys(metrics)));
    for (const { metricName, statistic, dimensions } of own) {
      expect([metricName, statistic]).toEqual([metricName, metrics[metricName as keyof typeof metrics].statistic]);
      expect(dimensions).toEqual({ Pool: '$pool' });
    }
    const visible = own.filter(({ hide }) => !hide).map(({ metricName }) => metricName);
    expect(new Set(visible)).toEqual(new Set(Object.keys(metrics)));
  });

  it('queries the selected data source and region, minute by minute', () => {
    for (const { datasource, region, period } of targets) {
      expect([datasource.uid, region, period]).toEqual(['$datasource', '$region', '60']);
    }
  });

  it('has the terms of every expression in the same panel, and no two queries with one id', () => {
    for (const { title, targets: queries = [] } of graphs) {
      const ids = queries.map(({ id }) => id);
      expect(new Set(ids).size, title).toBe(ids.length);
      for (const { expression = '' } of queries) {
        const terms = expression.match(/[a-z]\w+/gi) ?? [];
        expect(ids, title).toEqual(expect.arrayContaining(terms));
      }
    }
  });

  it('has the bands at 70 and 90, and the lines of the alarms', () => {
    const bands = [
      ['green', null],
      ['orange', 70],
      ['red', 90],
    ];
    expect(stepsOf('Utilization')).toEqual(bands);
    const lines = stepsOf('Utilization, and active connections of the pool size').map(([, value]) => value);
    const alarms = POOL_ALARMS.filter(({ name }) => /^utilization|^active-high/.test(name));
    expect(alarms).toHaveLength(4);
    expect(lines).toEqual(expect.arrayContaining(alarms.map((row) => metricThreshold(row, DEFAULT_THRESHOLDS))));
    expect(stepsOf('Wait to borrow')).toEqual([
      ['green', null],
      ['red', 100],
    ]);
  });

  it('leads to the page of the selected pool, and to the runbook', () => {
    const links = dashboard.links.map(({ type, title, url }: Record<string, string>) => ({ type, title, url }));
    expect(links).toEqual([
      { type: 'link', title: 'Page of the pool', url: '$page#$pool' },
      { type: 'link', title: 'Runbook', url: '$page/runbook' },
    ]);
  });

  it('marks when the alarms of act-now went on and off, found by metric, statistic and period of the alarm', () => {
    const rows: readonly AlarmRow<string>[] = POOL_ALARMS.filter((row) => 'actNow' in row);
    expect(rows).toHaveLength(4);
    const annotations: readonly { name: string; enable: boolean; target: object }[] = dashboard.annotations.list;
    for (const row of rows) {
      const { namespace, metricName, dimensions, statistic, period } = row.metric('$pool', '$namespace') as Metric;
      const [found] = annotations.filter(({ name }) => name.includes(row.name));
      expect(found, row.name).toMatchObject({
        enable: true,
        target: {
          queryMode: 'Annotations',
          prefixMatching: false,
          region: '$region',
          period: String(period.toSeconds()),
          ...{ namespace, metricName, dimensions, statistic },
        },
      });
    }
    expect(annotations).toHaveLength(rows.length);
  });

  it('stacks active and idle connections, and draws their sum and the limit as lines', () => {
    const connections = panels.find(({ title }) => title === 'Connections');
    expect(connections?.targets?.map(({ metricName }) => metricName)).toEqual(
      expect.arrayContaining(['ActiveConnections', 'IdleConnections', 'TotalConnections', 'PoolSize']),
    );
    expect(connections?.fieldConfig?.overrides).toEqual(
      ['ActiveConnections', 'IdleConnections'].map((options) => ({
        matcher: { id: 'byName', options },
        properties: [
          { id: 'custom.stacking', value: { mode: 'normal', group: 'stack' } },
          { id: 'custom.fillOpacity', value: 40 },
        ],
      })),
    );
  });

  it('lays out panels without overlap', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}/${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });
});
