import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { HANDLERS } from '../../../infra/build/entry-points.js';
import { PoolHealth } from '../../../infra/construct/pool-health.js';
import { ATTACH, emptyApp, templateOf } from '../../support/synth.js';
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
