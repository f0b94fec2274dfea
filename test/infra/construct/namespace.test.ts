import { Stack } from 'aws-cdk-lib';
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { PoolHealth, type PoolHealthProps } from '../../../infra/construct/pool-health.js';
import { ATTACH, emptyApp, stackOf, templateOf } from '../../support/synth.js';
import { alarmsOf, compositesOf, plain } from '../../support/templates.js';

const AWS = /^AWS\//;

/** Two deployments of one account and region, which monitor the same pools. */
const FIRST = templateOf({ ...ATTACH, name: 'pool-health' });
const SECOND = templateOf({ ...ATTACH, name: 'staging' });

/** The metrics of pool-health that anything in a template reads or makes, as `<namespace> <metric> <dimensions>`. */
function ownMetrics(template: Template): ReadonlySet<string> {
  const fromAlarms = [...alarmsOf(template).values()].flatMap(({ Namespace, MetricName, Dimensions, Metrics }) => [
    ...(Namespace === undefined ? [] : [{ Namespace, MetricName, Dimensions }]),
    ...(Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric ?? []),
  ]);
  const fromFilters = resources(template, 'AWS::Logs::MetricFilter').flatMap(({ MetricTransformations }) =>
    MetricTransformations.map((each: { MetricNamespace: string; MetricName: string }) => ({
      Namespace: each.MetricNamespace,
      MetricName: each.MetricName,
      Dimensions: [],
    })),
  );
  const fromDashboards = resources(template, 'AWS::CloudWatch::Dashboard')
    .flatMap(({ DashboardBody }) => JSON.parse(plain(DashboardBody)).widgets)
    .flatMap(({ properties }) => (properties.metrics ?? []) as unknown[][])
    .filter(([Namespace]) => typeof Namespace === 'string')
    .map(([Namespace, MetricName, ...Dimensions]) => ({ Namespace: `${Namespace}`, MetricName, Dimensions }));
  return new Set(
    [...fromAlarms, ...fromFilters, ...fromDashboards]
      .filter(({ Namespace }) => !AWS.test(Namespace))
      .map(({ Namespace, MetricName, Dimensions }) => `${Namespace} ${MetricName} ${JSON.stringify(Dimensions)}`),
  );
}

function resources(template: Template, type: string) {
  return Object.values(template.findResources(type)).map(({ Properties }) => Properties);
}

function namesOf(template: Template) {
  return {
    alarms: [...alarmsOf(template).keys(), ...compositesOf(template).keys()],
    parameters: resources(template, 'AWS::SSM::Parameter').map(({ Name }) => Name as string),
    dashboards: resources(template, 'AWS::CloudWatch::Dashboard').map(({ DashboardName }) => DashboardName as string),
    metrics: [...ownMetrics(template)],
  };
}

/** Where a template lets the check publish. */
function publishesTo(template: Template): readonly unknown[] {
  return resources(template, 'AWS::IAM::Policy')
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().includes('cloudwatch:PutMetricData'))
    .map(({ Condition }) => Condition.StringEquals['cloudwatch:namespace']);
}

/** What the functions have in their environment. */
function namespacesOfFunctions(template: Template): readonly unknown[] {
  return resources(template, 'AWS::Lambda::Function').map(
    ({ Environment }) => Environment?.Variables.POOL_HEALTH_NAMESPACE,
  );
}

describe('two deployments of one account and region', () => {
  it.each(['alarms', 'parameters', 'dashboards', 'metrics'] as const)('share none of their %s', (kind) => {
    const [first, second] = [namesOf(FIRST)[kind], namesOf(SECOND)[kind]];
    expect(first.length).toBeGreaterThan(0);
    expect(second).toHaveLength(first.length);
    expect(first.filter((name) => second.includes(name))).toEqual([]);
  });

  it.each([
    ['the default name has the namespace PoolHealth', FIRST, 'PoolHealth'],
    ['another name has a namespace of its own', SECOND, 'PoolHealth/staging'],
  ])('%s in alarms, dashboard, log filter, functions, policy and output', (_, template, namespace) => {
    const used = new Set([...ownMetrics(template)].map((metric) => metric.split(' ')[0]));
    expect(used).toEqual(new Set([namespace]));
    expect(publishesTo(template)).toEqual([namespace]);
    expect(namespacesOfFunctions(template)).toEqual([namespace, namespace, namespace, namespace]);
    expect(template.findOutputs('MetricNamespace')).toMatchObject({ MetricNamespace: { Value: namespace } });
  });
});

describe('the namespace', () => {
  it('can be set, so that a further deployment of 0.1.0 keeps its metrics', () => {
    const template = templateOf({ ...ATTACH, name: 'staging', namespace: 'PoolHealth' });
    expect(new Set([...ownMetrics(template)].map((metric) => metric.split(' ')[0]))).toEqual(new Set(['PoolHealth']));
    expect(publishesTo(template)).toEqual(['PoolHealth']);
  });

  it('is reported at synth', () => {
    const stack = stackOf({ ...ATTACH, name: 'staging' });
    const message = Match.stringLikeRegexp('namespace PoolHealth/staging');
    expect(Annotations.fromStack(stack).findInfo('*', message)).toHaveLength(1);
  });
});

describe("the namespace of the construct in a user's app", () => {
  function namespaceWith(props: Partial<PoolHealthProps>): string {
    const auth = {
      type: 'secret',
      arn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:watcher-AbCdEf',
    } as const;
    const definition = { endpoint: 'db.example.com', database: 'app', user: 'watcher', auth };
    const pools = [{ name: 'main', definition }];
    const health = new PoolHealth(new Stack(emptyApp(), 'Shop'), 'Health', { pools, ...props });
    expect(health.metricHealthy('main').namespace).toBe(health.namespace);
    return health.namespace;
  }

  it('is PoolHealth unless a name is given, whatever the stack is called', () => {
    expect(namespaceWith({})).toBe('PoolHealth');
    expect(namespaceWith({ name: 'pool-health' })).toBe('PoolHealth');
    expect(namespaceWith({ name: 'shop' })).toBe('PoolHealth/shop');
    expect(namespaceWith({ name: 'shop', namespace: 'Shop/Pools' })).toBe('Shop/Pools');
  });

  it('is refused where CloudWatch would refuse it', () => {
    expect(() => namespaceWith({ namespace: 'AWS/RDS' })).toThrowError(/^namespace must be .*, received "AWS\/RDS"$/);
    expect(() => namespaceWith({ name: 'my shop' })).toThrowError(/received "PoolHealth\/my shop"$/);
  });
});
