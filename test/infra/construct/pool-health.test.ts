import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { CfnDBProxy } from 'aws-cdk-lib/aws-rds';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../../functions/core/metrics.js';
import { PoolHealth, type PoolHealthProps } from '../../../infra/construct/pool-health.js';
import type { WatchedPoolProps } from '../../../infra/construct/pools.js';
import { emptyApp } from '../../support/synth.js';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:watcher-AbCdEf';
const POOL: WatchedPoolProps = {
  name: 'main',
  definition: { endpoint: 'db.example.com', database: 'app', user: 'watcher', auth: { type: 'secret', arn: SECRET } },
};

/** The construct in a user's app. */
function inAStack(props: Partial<PoolHealthProps> = {}) {
  const stack = new Stack(emptyApp(), 'Shop');
  const health = new PoolHealth(stack, 'Health', { pools: [POOL], ...props });
  return { stack, health, template: () => Template.fromStack(stack) };
}

describe("the construct in a user's app", () => {
  it('needs only a pool, and takes names from the stack', () => {
    const { health, template } = inAStack();
    expect(health.parameterNames).toEqual(['/pool-health/main']);
    template().hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: 'Shop-main-utilization-high' });
    template().hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: 'Shop' });
  });

  it('provides its alarms by name', () => {
    const { health, template } = inAStack();
    const alarms = template().findResources('AWS::CloudWatch::Alarm');
    expect(health.alarms.size).toBe(Object.keys(alarms).length + 1);
    expect([...health.alarms.keys()]).toEqual(
      expect.arrayContaining(['main-act-now', 'main-heartbeat', 'monitor-errors', 'monitor-throttles']),
    );
  });

  it('deploys without an alarm that the app removes', () => {
    const { health, template } = inAStack();
    const alarm = health.alarms.get('main-active-high');
    expect(alarm?.node.scope?.node.tryRemoveChild(alarm.node.id)).toBe(true);
    template().resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { AlarmName: 'Shop-main-active-high' }, 0);
  });

  it('warns about an unusual value in a definition', () => {
    const { stack } = inAStack({ pools: [{ ...POOL, definition: { ...POOL.definition, pool: { max: 500 } } }] });
    const warnings = stack.node.findAll().flatMap(({ node }) => node.metadata.map(({ data }) => String(data)));
    expect(warnings.join()).toContain('pool "main": pool.max (500) is above 100');
  });

  it('throws for a path that SSM reserves', () => {
    expect(() => inAStack({ parameterPrefix: '/aws-pools' })).toThrowError(
      'parameterPrefix must be a path such as "/pool-health", not beginning with "/aws" or "/ssm", received "/aws-pools"',
    );
  });

  it('throws for invalid pools, with all mistakes at once', () => {
    const iam = { ...POOL, name: 'iam', definition: { ...POOL.definition, auth: { type: 'iam' } as const } };
    const wrong = { ...POOL, name: 'a b', definition: { ...POOL.definition, pool: { min: 9, max: 3 } } };
    expect(() =>
      inAStack({ pools: [POOL, POOL, iam, wrong, { ...POOL, name: 'small', ceiling: 19, alarmStack: -1 }] }),
    ).toThrowError(
      [
        'The pools cannot be deployed:',
        '- pool "main" is defined twice: give each pool a name of its own',
        '- pool "iam": auth is iam: give "login" the RDS Proxy, cluster or instance that the user logs in to',
        `- pool "a b": a pool's name must be 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, received "a b"`,
        '- pool "a b": pool.min (9) cannot be greater than pool.max (3)',
        '- pool "small": 1 instances x max 20 allow 20 connections, more than the ceiling of 19: lower pool.max or instances, or raise the limit',
        '- pool "small": alarmStack must be a whole number >= 0, received -1',
      ].join('\n'),
    );
  });
});

describe("the metrics for a user's own alarms", () => {
  it('include every metric of the check', () => {
    const { health } = inAStack();
    for (const name of Object.keys(METRICS)) {
      const metric = (health as unknown as Record<string, PoolHealth['metricHealthy']>)[`metric${name}`]?.call(
        health,
        'main',
      );
      expect(metric?.toMetricConfig().metricStat).toMatchObject({
        namespace: 'PoolHealth',
        metricName: name,
        dimensions: [{ name: 'Pool', value: 'main' }],
      });
    }
  });

  it('take period and statistic from the caller, but not their identity', () => {
    const { stack, health, template } = inAStack();
    const identity = { namespace: 'Other', metricName: 'Other', dimensionsMap: { Pool: 'other' } };
    const options = { period: Duration.minutes(5), statistic: Stats.AVERAGE, label: 'mine', ...identity };
    new Alarm(stack, 'Mine', {
      metric: health.metricUtilization('main', options),
      threshold: 1,
      evaluationPeriods: 1,
      alarmName: 'mine',
    });
    template().hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'mine',
      Metrics: [
        Match.objectLike({
          Label: 'mine',
          MetricStat: {
            Period: 300,
            Stat: 'Average',
            Metric: {
              Namespace: 'PoolHealth',
              MetricName: 'Utilization',
              Dimensions: [{ Name: 'Pool', Value: 'main' }],
            },
          },
        }),
      ],
    });
  });

  it('throw for a pool that is not monitored', () => {
    expect(() => inAStack().health.metricHealthy('mian')).toThrowError('There is no pool "mian" here; there are main.');
  });
});

describe('the API', () => {
  it('can be called by a principal with a grant if it requires signatures', () => {
    const { stack, health, template } = inAStack({ apiAuth: 'iam' });
    health.grantInvokeApi(new Role(stack, 'Caller', { assumedBy: new AccountPrincipal('111122223333') }));
    template().hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([Match.objectLike({ Action: 'execute-api:Invoke', Effect: 'Allow' })]),
      }),
      Roles: [{ Ref: Match.stringLikeRegexp('Caller') }],
    });
  });

  it('throws for a grant if it is public', () => {
    const { stack, health } = inAStack({ detailsAuth: 'none' });
    const caller = new Role(stack, 'Caller', { assumedBy: new AccountPrincipal('111122223333') });
    expect(() => health.grantInvokeApi(caller)).toThrowError(/public \(apiAuth and detailsAuth "none"\)/);
  });
});

describe('a value that is known only at deployment', () => {
  it('is accepted in a definition: endpoint, port, secret and the name of the proxy', () => {
    const stack = new Stack(emptyApp(), 'Shop');
    const proxy = new CfnDBProxy(stack, 'Proxy', {
      dbProxyName: 'x',
      engineFamily: 'POSTGRESQL',
      roleArn: 'arn:aws:iam::111122223333:role/proxy',
      vpcSubnetIds: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
    });
    const secret = new Secret(stack, 'Secret');
    new PoolHealth(stack, 'Health', {
      pools: ['one', 'two'].map((name) => ({
        name,
        definition: {
          endpoint: proxy.attrEndpoint,
          database: 'app',
          user: 'watcher',
          auth: { type: 'secret', arn: secret.secretArn },
          managed: { kind: 'rds-proxy', name: proxy.ref },
        },
      })),
    });
    const template = Template.fromStack(stack);
    // One set of alarms for the proxy, named after the first pool behind it.
    template.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { AlarmName: 'Shop-one-proxy-pinned' }, 1);
    template.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { AlarmName: 'Shop-two-proxy-pinned' }, 0);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'Shop-one-proxy-borrow-latency',
      Dimensions: [{ Name: 'ProxyName', Value: { Ref: 'Proxy' } }],
    });
    template.hasResourceProperties('AWS::SSM::Parameter', {
      Name: '/pool-health/one',
      Value: { 'Fn::Join': ['', Match.arrayWith([{ 'Fn::GetAtt': ['Proxy', 'Endpoint'] }])] },
    });
  });
});
