import { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { type IVpc, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { HANDLERS } from '../../../infra/build/entry-points.js';
import { Functions } from '../../../infra/construct/functions.js';
import { PoolHealth } from '../../../infra/construct/pool-health.js';
import { checkedPools } from '../../../infra/construct/pools.js';
import { ATTACH, emptyApp, stackOf, templateOf } from '../../support/synth.js';
import { plain } from '../../support/templates.js';

/** The rules of all security groups, as `from -> to:port`. */
function ways(template: Template, direction: 'Ingress' | 'Egress'): readonly string[] {
  const apart = Object.values(template.findResources(`AWS::EC2::SecurityGroup${direction}`)).map(({ Properties }) => {
    const group = short(plain(Properties.GroupId));
    const other = short(plain(Properties.DestinationSecurityGroupId ?? Properties.SourceSecurityGroupId));
    return direction === 'Egress'
      ? `${group} -> ${other}:${Properties.ToPort}`
      : `${other} -> ${group}:${Properties.ToPort}`;
  });
  const inline = Object.entries(template.findResources('AWS::EC2::SecurityGroup')).flatMap(([id, { Properties }]) =>
    (Properties[`SecurityGroup${direction}`] ?? [])
      .filter(({ CidrIp }: { CidrIp: string }) => CidrIp !== NOWHERE)
      .map(({ CidrIp, ToPort }: { CidrIp: string; ToPort: number }) => `${short(id)} -> ${CidrIp}:${ToPort}`),
  );
  return [...apart, ...inline].sort();
}

/** The logical ids of what the schedule waits for. */
function scheduleWaitsFor(template: Template): readonly string[] {
  return Object.values(template.findResources('AWS::Scheduler::Schedule')).flatMap(({ DependsOn }) => DependsOn);
}

/** The logical ids of the rules that admit somebody to a group. */
function rulesInto(template: Template, group: RegExp): readonly string[] {
  return Object.entries(template.findResources('AWS::EC2::SecurityGroupIngress'))
    .filter(([, { Properties }]) => group.test(plain(Properties.GroupId)))
    .map(([id]) => id);
}

/** The CDK's address for a group without outbound traffic. */
const NOWHERE = '255.255.255.255/32';
const short = (id: string) => id.replace(/^PoolHealthFunctionsNetwork/, '').replace(/[0-9A-F]{8}$/, '');
const endpoints = (template: Template) =>
  Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
    plain(Properties.ServiceName).replace(/.*\./, ''),
  );

describe('with interface endpoints', () => {
  const template = templateOf(ATTACH);

  it('the functions reach the endpoints and the databases on their ports, and nothing else', () => {
    expect(ways(template, 'Egress')).toEqual([
      'Functions -> 10.20.30.40/32:6432',
      'Functions -> Endpoints:443',
      'Functions -> sg-0123456789abcdef0:5432',
    ]);
  });

  it('the groups of the databases admit the functions only, by one rule however many pools share the group', () => {
    expect(ways(template, 'Ingress')).toEqual(['Functions -> Endpoints:443', 'Functions -> sg-0123456789abcdef0:5432']);
  });

  it('there is one endpoint for each service that is called, in the subnets of the functions', () => {
    expect(endpoints(template)).toEqual(['ssm', 'monitoring', 'secretsmanager', 'rds']);
    template.allResourcesProperties('AWS::EC2::VPCEndpoint', { SubnetIds: ATTACH.subnetIds, VpcId: ATTACH.vpcId });
    const inSubnets = { VpcConfig: { SubnetIds: ATTACH.subnetIds } };
    // All functions except the page.
    template.resourcePropertiesCountIs('AWS::Lambda::Function', inSubnets, HANDLERS.length - 1);
  });

  it('there is no endpoint for Secrets Manager if no pool has a secret', () => {
    const [orders] = ATTACH.pools;
    expect(endpoints(templateOf({ ...ATTACH, pools: [orders] }))).toEqual(['ssm', 'monitoring', 'rds']);
  });

  it('there is no endpoint for the RDS API without an RDS Proxy', () => {
    const [, , reports] = ATTACH.pools;
    expect(endpoints(templateOf({ ...ATTACH, pools: [reports] }))).toEqual(['ssm', 'monitoring', 'secretsmanager']);
  });

  it('the endpoints can have subnets of their own, where the functions run in two subnets of one zone', () => {
    const endpointSubnetIds = ['subnet-0cccccccccccccccc'];
    const apart = templateOf({ ...ATTACH, endpointSubnetIds });
    apart.allResourcesProperties('AWS::EC2::VPCEndpoint', { SubnetIds: endpointSubnetIds, VpcId: ATTACH.vpcId });
    const inSubnets = { VpcConfig: { SubnetIds: ATTACH.subnetIds } };
    apart.resourcePropertiesCountIs('AWS::Lambda::Function', inSubnets, HANDLERS.length - 1);
  });

  it('the outputs name the group of the functions, for the owner of another group', () => {
    const { Value } = template.toJSON().Outputs.FunctionsSecurityGroupId;
    const inGroup = { VpcConfig: { SecurityGroupIds: [Value] } };
    template.resourcePropertiesCountIs('AWS::Lambda::Function', inGroup, HANDLERS.length - 1);
  });

  it('checks start when the endpoints and their rule exist', () => {
    const waitsFor = scheduleWaitsFor(template);
    expect(waitsFor).toEqual(expect.arrayContaining(Object.keys(template.findResources('AWS::EC2::VPCEndpoint'))));
    expect(waitsFor).toContain(rulesInto(template, /Endpoints/)[0]);
  });
});

describe('with NAT', () => {
  const template = templateOf({ ...ATTACH, egress: 'nat' });

  it('no endpoint is created, and outbound HTTPS is open instead', () => {
    expect(endpoints(template)).toEqual([]);
    expect(ways(template, 'Egress')).toEqual([
      'Functions -> 0.0.0.0/0:443',
      'Functions -> 10.20.30.40/32:6432',
      'Functions -> sg-0123456789abcdef0:5432',
    ]);
  });
});

describe('with endpoints that the VPC has', () => {
  const endpointsSecurityGroupId = 'sg-0eeeeeeeeeeeeeeee';
  const template = templateOf({ ...ATTACH, egress: 'existing', endpointsSecurityGroupId });

  it('no endpoint is created, and the functions reach those of the group', () => {
    expect(endpoints(template)).toEqual([]);
    expect(ways(template, 'Egress')).toEqual([
      'Functions -> 10.20.30.40/32:6432',
      'Functions -> sg-0123456789abcdef0:5432',
      `Functions -> ${endpointsSecurityGroupId}:443`,
    ]);
  });

  it('checks start when the group admits the functions', () => {
    const [rule] = rulesInto(template, new RegExp(endpointsSecurityGroupId));
    expect(rule).toBeDefined();
    expect(scheduleWaitsFor(template)).toContain(rule);
  });

  it('synth names the services that need an endpoint', () => {
    const services = (pools: readonly object[]) => {
      const stack = stackOf({ ...ATTACH, egress: 'existing', endpointsSecurityGroupId, pools });
      const infos = Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('interface endpoints'));
      return infos.map(({ entry }) => String(entry.data).replace(/^.*services: | \[ack: .*/g, ''));
    };
    expect(services(ATTACH.pools)).toEqual(['ssm, monitoring, secretsmanager, rds']);
    expect(services([ATTACH.pools[2]])).toEqual(['ssm, monitoring, secretsmanager']);
  });
});

describe('two deployments in one VPC', () => {
  /** Who may enter which group, over both stacks. An id that is an output of the first stack stands for its group. */
  function admitted(first: Template, second: Template): readonly string[] {
    const shared = plain(first.toJSON().Outputs.EndpointsSecurityGroupId?.Value ?? '');
    const rules = (template: Template, label: string) =>
      ways(template, 'Ingress').map((way) =>
        way.replace(/\b(Functions|Endpoints)\b/g, `${label} $1`).replace(SHARED, `first ${short(shared)}`),
      );
    return [...rules(first, 'first'), ...rules(second, 'second')].sort();
  }
  const SHARED = 'sg-0eeeeeeeeeeeeeeee';
  const DATABASE = 'sg-0123456789abcdef0';
  const deployment = (name: string, keys: object) => templateOf({ ...ATTACH, name, ...keys });
  const withEndpoints = deployment('first', {});

  it.each([
    ['the second one uses the endpoints of the first', { egress: 'existing', endpointsSecurityGroupId: SHARED }],
    [
      'the second one has a NAT gateway, but private DNS leads it to the endpoints of the first',
      { egress: 'nat', endpointsSecurityGroupId: SHARED },
    ],
  ])('%s, which admit both', (_, keys) => {
    const second = deployment('second', keys);
    expect(admitted(withEndpoints, second)).toEqual([
      'first Functions -> first Endpoints:443',
      `first Functions -> ${DATABASE}:5432`,
      'second Functions -> first Endpoints:443',
      `second Functions -> ${DATABASE}:5432`,
    ]);
    expect(endpoints(second)).toEqual([]);
  });

  it('the output that the second one needs is the group of every endpoint of the first', () => {
    const { Value } = withEndpoints.toJSON().Outputs.EndpointsSecurityGroupId;
    withEndpoints.allResourcesProperties('AWS::EC2::VPCEndpoint', { SecurityGroupIds: [Value] });
  });

  it('both have a NAT gateway, and each enters the databases with a group of its own', () => {
    const [first, second] = [deployment('first', { egress: 'nat' }), deployment('second', { egress: 'nat' })];
    expect(admitted(first, second)).toEqual([
      `first Functions -> ${DATABASE}:5432`,
      `second Functions -> ${DATABASE}:5432`,
    ]);
    expect(first.toJSON().Outputs.EndpointsSecurityGroupId).toBeUndefined();
  });

  it('of one CDK app: the rule is in the stack of the second one', () => {
    const app = emptyApp();
    const [one, two] = [new Stack(app, 'One'), new Stack(app, 'Two')];
    const vpc = new Vpc(one, 'Vpc') as IVpc;
    const { definition, name } = ATTACH.pools[2];
    const pools = [{ name, definition }];
    const first = new PoolHealth(one, 'Health', { pools, network: { vpc, egress: 'endpoints' } });
    const endpointsSecurityGroup = first.endpointsSecurityGroup ?? undefined;
    new PoolHealth(two, 'Health', {
      pools,
      network: { vpc, egress: 'existing', ...(endpointsSecurityGroup && { endpointsSecurityGroup }) },
    });
    const template = Template.fromStack(two);
    template.resourceCountIs('AWS::EC2::VPCEndpoint', 0);
    const [rule, ...others] = Object.keys(template.findResources('AWS::EC2::SecurityGroupIngress'));
    expect(others).toEqual([]);
    expect(scheduleWaitsFor(template)).toContain(rule);
  });
});

it.each([
  ['existing endpoints without their group', { egress: 'existing' }, /endpointsSecurityGroup is missing/],
  [
    'subnets of endpoints that are not created',
    { egress: 'nat', endpointSubnets: {} },
    /endpointSubnets is for egress/,
  ],
] as const)('a construct refuses %s', (_, keys, message) => {
  const stack = new Stack(emptyApp(), 'Mistaken');
  const { definition, name } = ATTACH.pools[2];
  const network = { vpc: new Vpc(stack, 'Vpc') as IVpc, ...keys };
  expect(() => new PoolHealth(stack, 'Health', { pools: [{ name, definition }], network })).toThrow(message);
});

describe('with a security group for each pool', () => {
  const { definition } = ATTACH.pools[2];
  /** What synth says about the network of so many pools and groups. The rule for the NAT gateway comes on top. */
  const warnings = (pools: number, groups: number) => {
    const stack = new Stack(emptyApp(), 'Groups');
    const targets = Array.from({ length: groups }, (_, index) =>
      SecurityGroup.fromSecurityGroupId(stack, `Group${index}`, `sg-${index}`),
    );
    const { network } = new Functions(stack, 'Functions', {
      pools: checkedPools(
        Array.from({ length: pools }, (_, index) => {
          const target = targets[index % groups];
          return { name: `pool-${index}`, definition, ...(target && { target }) };
        }),
      ),
      parameterPrefix: '/pool-health',
      namespace: 'PoolHealth',
      logRetention: RetentionDays.TWO_WEEKS,
      network: { vpc: new Vpc(stack, 'Vpc') as IVpc, egress: 'nat' },
    });
    return network?.node.metadata.filter(({ type }) => type === 'aws:cdk:warning').map(({ data }) => String(data));
  };

  it('synth warns of more outbound rules than the default of the quota', () => {
    expect(warnings(61, 61)).toEqual([
      expect.stringMatching(
        /has 62 outbound rules.*AWS allows 60 by default.*"Inbound or outbound rules per security group"/,
      ),
    ]);
  });

  it('synth is silent up to the quota, and about pools that share their groups', () => {
    expect(warnings(59, 59)).toEqual([]);
    expect(warnings(61, 2)).toEqual([]);
  });
});

it('outside a VPC there is no network, and no permission to create network interfaces', () => {
  const stack = new Stack(emptyApp(), 'Public');
  const { definition, name } = ATTACH.pools[2];
  const health = new PoolHealth(stack, 'Health', { pools: [{ name, definition }] });
  expect(health.connections.securityGroups).toEqual([]);
  const template = Template.fromStack(stack);
  template.resourcePropertiesCountIs('AWS::Lambda::Function', { VpcConfig: {} }, 0);
  template.resourceCountIs('AWS::EC2::SecurityGroup', 0);
  expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toContain('ec2:');
});
