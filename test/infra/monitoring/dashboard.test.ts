import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { APP_METRICS, METRICS } from '../../../functions/core/metrics.js';
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

  it('has a row for each pool with every metric of the contract, and one for each proxy', () => {
    const headings = widgets.flatMap(({ properties }) => properties.markdown ?? []);
    expect(headings).toEqual(['## Pool orders', '## RDS Proxy shop', '## Pool carts', '## Pool reports']);
    const pools = ATTACH.pools.flatMap(({ name }) =>
      Object.keys({ ...METRICS, ...APP_METRICS }).map((metric) => `${metric} ${name}`),
    );
    expect(shown()).toEqual(expect.arrayContaining(pools));
    expect(shown()).toContain('DatabaseConnectionsBorrowLatency shop');
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
