import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { APP_METRICS, METRICS } from '../../../functions/core/metrics.js';
import { FUNCTION_ALARMS } from '../../../infra/monitoring/function-alarms.js';
import { ATTACH, templateOf } from '../../support/synth.js';
import { alarmsOf, compositesOf, plain, type Widget, widgetsOf } from '../../support/templates.js';

let template: Template;
let widgets: readonly Widget[];
beforeAll(() => {
  template = templateOf(ATTACH);
  widgets = widgetsOf(template);
});

/** The names of the alarms in a widget, or of those in all. */
const namesIn = (...all: readonly (Widget | undefined)[]) =>
  all.flatMap((widget) => widget?.properties.alarms ?? []).map((arn) => arn.split(':alarm:')[1]);

/** The metrics in the graphs, as `metric dimension`. */
const shown = () =>
  widgets.flatMap(({ properties }) => properties.metrics ?? []).map(([, metric, , subject]) => `${metric} ${subject}`);

describe('the dashboard', () => {
  it('shows first what needs action, and the alarms of the monitor itself', () => {
    const actNow = ATTACH.pools.map(({ name }) => `pool-health-${name}-act-now`);
    expect(namesIn(widgets[0])).toEqual([...actNow, 'pool-health-monitor-errors', 'pool-health-monitor-throttles']);
    expect(widgets[0]?.properties.alarms?.[0]).toBe(
      'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:pool-health-orders-act-now',
    );
  });

  it('shows every alarm, those of a pool and of a proxy in one widget each', () => {
    const alarms = [...alarmsOf(template).keys(), ...compositesOf(template).keys()];
    expect([...new Set(namesIn(...widgets))].sort()).toEqual(alarms.sort());
    const states = widgets.filter(({ properties }) => properties.alarms);
    expect(states).toHaveLength(1 + ATTACH.pools.length + 1);
    for (const widget of states.slice(1)) {
      const subjects = namesIn(widget).map((name) => name?.split('-')[2]);
      expect(new Set(subjects).size, widget.properties.title).toBe(1);
    }
  });

  it('has the graphs that the first steps of the alarms of the monitor name', () => {
    const titles = widgets.map(({ properties }) => properties.title).filter((title) => title?.startsWith('Monitor: '));
    expect(FUNCTION_ALARMS.map(({ firstStep }) => /"(.+)"/.exec(firstStep)?.[1])).toEqual(titles);
  });

  it('has a row for each pool with every metric of the contract, and one for each proxy', () => {
    const headings = widgets.flatMap(({ properties }) => properties.markdown ?? []);
    expect(headings.map((heading) => heading.split(' · ')[0])).toEqual([
      '## Pool orders',
      '## RDS Proxy shop',
      '## Pool carts',
      '## Pool reports',
      '## pool-health itself',
    ]);
    const pools = ATTACH.pools.flatMap(({ name }) =>
      Object.keys({ ...METRICS, ...APP_METRICS }).map((metric) => `${metric} ${name}`),
    );
    expect(shown()).toEqual(expect.arrayContaining(pools));
    expect(shown()).toContain('DatabaseConnectionsBorrowLatency shop');
  });
});

describe('the section of a pool', () => {
  /** The widgets from the heading of the pool to the next heading, from top to bottom. */
  function sectionOf(heading: string, all = widgets): readonly Widget[] {
    const start = all.findIndex(({ properties }) => properties.markdown?.startsWith(heading));
    const length = all.slice(start + 1).findIndex(({ properties }) => properties.markdown);
    return all.slice(start, start + 1 + length);
  }
  /** What a widget shows: the label, else the name of each visible metric or expression. */
  const seriesOf = (widget: Widget | undefined) =>
    (widget?.properties.metrics ?? []).flatMap((row) => {
      const options = row.at(-1) as { label?: string; visible?: boolean };
      return options.visible === false ? [] : [options.label ?? row[1]];
    });

  it('leads to the page with the pool and to the runbook, then has numbers, then graphs, then alarms', () => {
    const [heading, numbers, ...others] = sectionOf('## Pool orders');
    const url = String.raw`https://\w+\.execute-api\.eu-central-1\.amazonaws\.com/health`;
    expect(heading?.properties.markdown).toMatch(
      new RegExp(`^## Pool orders · \\[page of pool orders\\]\\(${url}#orders\\) · \\[runbook\\]\\(${url}/runbook\\)$`),
    );
    expect(numbers?.properties).toMatchObject({ view: 'singleValue', sparkline: true });
    expect(seriesOf(numbers).slice(0, 5)).toEqual([
      'Utilization (%)',
      'Open',
      'Limit',
      'Waiting',
      'Healthy (1 yes, 0 no)',
    ]);
    expect(others.map(({ properties }) => (properties.alarms ? 'alarms' : properties.view))).toEqual([
      'timeSeries',
      'timeSeries',
      'timeSeries',
      'alarms',
    ]);
  });

  it('fills the bands in which utilization is warning and critical, and draws the other alarms as lines', () => {
    const utilization = sectionOf('## Pool orders').find(({ properties }) => properties.title?.startsWith('Util'));
    expect(utilization?.properties.annotations?.horizontal).toMatchObject([
      { value: 70, label: 'warning', fill: 'above' },
      { value: 90, label: 'critical', fill: 'above' },
      { value: 80, label: '80 %' },
    ]);
  });

  it('stacks connections up to the limit', () => {
    const connections = sectionOf('## Pool orders').find(({ properties }) => properties.title === 'Connections');
    expect(connections?.properties.stacked).toBe(true);
    expect(seriesOf(connections)).toEqual(['ActiveConnections', 'IdleConnections', 'Free, up to the limit']);
    expect(JSON.stringify(connections?.properties.metrics)).toContain(
      '"IF(poolSize > totalConnections, poolSize - totalConnections, 0)"',
    );
  });

  it('shows the wait for a connection of a proxy in milliseconds, with the threshold in milliseconds', () => {
    const wait = sectionOf('## RDS Proxy shop').find(({ properties }) => properties.title === 'Wait to borrow (ms)');
    expect(JSON.stringify(wait?.properties.metrics)).toContain('"databaseConnectionsBorrowLatency / 1000"');
    expect(seriesOf(wait)).toEqual(['Mean wait (ms)']);
    expect(wait?.properties.annotations?.horizontal).toMatchObject([{ value: 100, label: '100 ms' }]);
    expect(JSON.stringify(widgets)).not.toMatch(/µs|100000/);
  });

  it('has no link that a browser cannot open if requests to the page must be signed', () => {
    const signed = widgetsOf(templateOf({ ...ATTACH, apiAuth: 'iam' }));
    const headings = signed.flatMap(({ properties }) => properties.markdown ?? []);
    expect(headings[0]).toBe('## Pool orders');
    expect(headings.join()).not.toContain('](');
    const own = { ...ATTACH, apiAuth: 'iam', runbook: 'https://wiki.example.com/pool' };
    expect(sectionOf('## Pool orders', widgetsOf(templateOf(own)))[0]?.properties.markdown).toBe(
      '## Pool orders · [runbook](https://wiki.example.com/pool)',
    );
  });
});

describe('after a deployment', () => {
  it('the outputs name the URLs, topics and parameters', () => {
    const outputs = Object.entries(template.findOutputs('*')).map(([id, { Value }]) => [id, plain(Value)]);
    expect(Object.fromEntries(outputs)).toMatchObject({
      ApiUrl: expect.stringMatching(/^https:\/\/.*\.execute-api\.eu-central-1\.amazonaws\.com\/health\/pool$/),
      DashboardUrl: expect.stringMatching(/region=eu-central-1#dashboards:name=/),
      ActNowTopic: expect.stringContaining('ActNow'),
      NoticeTopic: expect.stringContaining('Notice'),
      MetricNamespace: 'PoolHealth',
      ParameterNames: '/pool-health/orders,/pool-health/carts,/pool-health/reports',
      CheckRoleSql: expect.stringMatching(/^DO [\s\S]*"pool_health"[\s\S]*GRANT rds_iam[\s\S]*\$;$/),
      CheckRoleSql2: expect.stringMatching(/^DO .*"watcher"/s),
    });
  });

  it('the definitions in SSM are those of the context', () => {
    for (const { name, definition } of ATTACH.pools) {
      template.hasResourceProperties('AWS::SSM::Parameter', {
        Name: `/pool-health/${name}`,
        Type: 'String',
        Value: JSON.stringify(definition),
      });
    }
  });
});
