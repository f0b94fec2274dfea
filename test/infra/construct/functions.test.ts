import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYED_ENVIRONMENT } from '../../../functions/core/environment.js';
import { HANDLERS } from '../../../infra/build/entry-points.js';
import { ATTACH, templateOf } from '../../support/synth.js';
import { plain } from '../../support/templates.js';

let template: Template;
let open: Template;
beforeAll(() => {
  template = templateOf({ ...ATTACH, apiAuth: 'iam', reservedConcurrency: 4, logRetentionDays: 30 });
  open = templateOf({ ...ATTACH, name: 'shop-watch' });
});

const functions = (of: Template) => Object.entries(of.findResources('AWS::Lambda::Function'));

describe('the functions', () => {
  it('have the environment variables of the contract and no others', () => {
    expect(functions(template)).toHaveLength(HANDLERS.length);
    const { POOL_HEALTH_PARAMETER_PREFIX, POOL_HEALTH_POOLS, POOL_HEALTH_NAMESPACE, ...others } = DEPLOYED_ENVIRONMENT;
    expect(others).toEqual({});
    for (const [id, { Properties }] of functions(template)) {
      const own = id.includes('Page') ? { POOL_HEALTH_POOLS } : { POOL_HEALTH_PARAMETER_PREFIX };
      const known = { ...own, POOL_HEALTH_NAMESPACE };
      expect(Object.keys(Properties.Environment.Variables), id).toEqual(Object.keys(known));
    }
  });

  it('pass the names of the monitored pools to the page', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { POOL_HEALTH_POOLS: 'orders,carts,reports' } },
    });
  });

  it('run in the VPC, except the page, which connects to no database', () => {
    for (const [id, { Properties }] of functions(template)) {
      expect(Properties.VpcConfig === undefined, id).toBe(id.includes('Page'));
    }
  });

  it('read the definitions from the path of their own deployment', () => {
    const reading = { Environment: { Variables: { POOL_HEALTH_PARAMETER_PREFIX: '/shop-watch' } } };
    open.resourcePropertiesCountIs('AWS::Lambda::Function', reading, HANDLERS.length - 1);
    open.hasResourceProperties('AWS::SSM::Parameter', { Name: '/shop-watch/orders' });
    template.hasResourceProperties('AWS::SSM::Parameter', { Name: '/pool-health/orders' });
  });

  it('run on a supported Node, on ARM, with tracing and a log retention', () => {
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
      Handler: 'index.handler',
    });
    open.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 14 });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
    template.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete' });
  });

  it('run one bundle each', () => {
    const code = functions(template).map(([, { Properties }]) => Properties.Code.S3Key);
    expect(new Set(code).size).toBe(HANDLERS.length);
  });

  it('have more time than the timeout of a check, and the check ends before the next one starts', () => {
    const timeouts = functions(template).map(([, { Properties }]) => Properties.Timeout);
    expect(timeouts.sort()).toEqual([10, 15, 20, 30]);
  });

  it('reserve concurrency only if it is set: the API that number, the page what the API admits at once, the others one', () => {
    const reserved = functions(template).map(([id, { Properties }]) => [id, Properties.ReservedConcurrentExecutions]);
    expect(reserved.sort()).toEqual([
      [expect.stringContaining('Check'), 1],
      [expect.stringContaining('Details'), 1],
      [expect.stringContaining('Page'), 5],
      [expect.stringContaining('Pool'), 4],
    ]);
    open.allResourcesProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: Match.absent() });
  });
});

describe('a check that is late or failed is not repeated', () => {
  it('by Lambda', () => {
    template.resourceCountIs('AWS::Lambda::EventInvokeConfig', 4);
    template.allResourcesProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  it('by the schedule, which starts the check every minute', () => {
    const [, schedule] = Object.entries(template.findResources('AWS::Scheduler::Schedule'))[0] ?? [];
    expect(schedule?.Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
    });
    const target = functions(template).find(([id]) => id === plain(schedule?.Properties.Target.Arn));
    expect(target?.[1].Properties.Timeout).toBe(30);
  });
});

describe('the API', () => {
  it('has the routes of the contract', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(routes.map(({ Properties }) => Properties.RouteKey)).toEqual([
      'GET /health/pool',
      'HEAD /health/pool',
      'GET /health/pool/{pool}',
      'HEAD /health/pool/{pool}',
      'GET /health/details',
      'HEAD /health/details',
      'GET /health',
      'HEAD /health',
      'GET /health/history',
      'HEAD /health/history',
      'GET /health/runbook',
      'HEAD /health/runbook',
    ]);
  });

  it('limits how many environments can run, and so how many connections', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingBurstLimit: 5, ThrottlingRateLimit: 5 },
    });
  });

  it('logs every request as JSON, without data that the client sent', () => {
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
    const format = JSON.parse(stage?.Properties.AccessLogSettings.Format);
    expect(Object.keys(format)).toEqual(
      expect.arrayContaining(['requestId', 'time', 'ip', 'route', 'status', 'latencyMs', 'error']),
    );
    expect(JSON.stringify(format)).not.toMatch(/authorizer|querystring|header/i);
  });

  it('logs to a group that needs no entry of its own in the resource policy of the account', () => {
    const names = [open, template].map((each) => {
      const [stage] = Object.values(each.findResources('AWS::ApiGatewayV2::Stage'));
      const [id = ''] =
        /PoolHealthApiAccessLog\w+/.exec(plain(stage?.Properties.AccessLogSettings.DestinationArn)) ?? [];
      return each.findResources('AWS::Logs::LogGroup')[id]?.Properties.LogGroupName;
    });
    expect(names).toEqual([
      expect.stringMatching(/^\/aws\/vendedlogs\/apis\/shop-watch-PoolHealth-Api-[0-9A-F]{8}$/),
      expect.stringMatching(/^\/aws\/vendedlogs\/apis\/pool-health-PoolHealth-Api-[0-9A-F]{8}$/),
    ]);
  });

  it('is public unless it requires signatures, except details, which name users', () => {
    for (const { Properties } of Object.values(open.findResources('AWS::ApiGatewayV2::Route'))) {
      const isPublic = !/ \/health\/details$/.test(Properties.RouteKey);
      expect(Properties.AuthorizationType, Properties.RouteKey).toBe(isPublic ? 'NONE' : 'AWS_IAM');
    }
    template.allResourcesProperties('AWS::ApiGatewayV2::Route', { AuthorizationType: 'AWS_IAM' });
  });
});
