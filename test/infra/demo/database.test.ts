import type { Template } from 'aws-cdk-lib/assertions';
import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { templateOf } from '../../support/synth.js';
import { plain } from '../../support/templates.js';

let template: Template;
beforeAll(() => {
  template = templateOf({ mode: 'demo' });
});

const only = (type: string) => Object.entries(template.findResources(type))[0] ?? ['', {}];

describe('the demo', () => {
  it('has no route to the internet', () => {
    for (const type of ['AWS::EC2::NatGateway', 'AWS::EC2::InternetGateway', 'AWS::EC2::Route']) {
      template.resourceCountIs(type, 0);
    }
  });

  it.each([
    ['us-east-1', ['use1-az1', 'use1-az2']],
    ['us-west-1', ['usw1-az1', 'usw1-az3']],
    ['eu-central-1', ['zone 0', 'zone 1']],
  ])('has subnets in two zones where RDS Proxy is available: %s', (region, expected) => {
    const { Conditions } = template.toJSON();
    const subnets = Object.values(template.findResources('AWS::EC2::Subnet'));
    const zones = subnets.map(({ Properties: { AvailabilityZone, AvailabilityZoneId } }) =>
      [AvailabilityZone, AvailabilityZoneId].map((value) => zoneIn(region, Conditions, value)),
    );
    // A subnet has a zone or the id of a zone: AWS refuses both.
    expect(zones.map((zone) => zone.filter((value) => value !== null))).toEqual(expected.map((zone) => [zone]));
  });

  it('has a database that only its proxy reaches, which logs in with IAM as the user of the check alone', () => {
    template.hasResourceProperties('AWS::RDS::DBProxy', {
      DBProxyName: 'pool-health-demo',
      DefaultAuthScheme: 'IAM_AUTH',
      RequireTLS: true,
      Auth: Match.absent(),
    });
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      EnableIAMDatabaseAuthentication: true,
      ManageMasterUserPassword: true,
      MasterUserPassword: Match.absent(),
      StorageEncrypted: true,
      EnableHttpEndpoint: true,
    });
    const login = Object.values(template.findResources('AWS::IAM::Policy')).find(({ Properties }) =>
      Properties.Roles.some((role: unknown) => plain(role).startsWith('DemoProxyRole')),
    );
    const [statement, ...others] = login?.Properties.PolicyDocument.Statement ?? [];
    expect(others).toEqual([]);
    expect(statement.Action).toBe('rds-db:connect');
    expect(plain(statement.Resource)).toMatch(/^arn:aws:rds-db:.*:dbuser:DemoCluster\w+\/pool_health$/);
  });

  it('lets traffic go from the functions to the proxy to the database', () => {
    const rules = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) =>
      [Properties.SourceSecurityGroupId, Properties.GroupId]
        .map((id) => plain(id).replace(/[0-9A-F]{8}$/, ''))
        .join(' '),
    );
    expect(rules.sort()).toEqual([
      'DemoProxyGroup DemoClusterGroup',
      'PoolHealthFunctionsNetworkFunctions DemoProxyGroup',
      'PoolHealthFunctionsNetworkFunctions PoolHealthFunctionsNetworkEndpoints',
    ]);
  });

  it('creates the role of the check through the Data API, without a password', () => {
    const [, role] = only('Custom::AWS');
    for (const event of [role.Properties.Create, role.Properties.Update]) {
      const call = JSON.parse(plain(event));
      expect([call.service, call.action]).toEqual(['rds-data', 'executeStatement']);
      expect(call.parameters.sql).toContain('GRANT rds_iam TO "pool_health"');
      expect(call.parameters.sql).not.toMatch(/password|:/i);
    }
    expect(role.Properties.Delete).toBeUndefined();
  });

  it('lets IAM learn the permissions of that call while the instance of the database is created', () => {
    const [call] = only('Custom::AWS');
    const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([, { Properties }]) =>
      JSON.stringify(Properties.PolicyDocument).includes('rds-data:ExecuteStatement'),
    );
    expect(policies).toHaveLength(1);
    const [[policy = '']] = policies as [[string, unknown]];
    const [instance] = only('AWS::RDS::DBInstance');
    const before = dependencies(template, call);
    expect(before).toEqual(expect.arrayContaining([policy, instance]));
    expect(dependencies(template, policy)).not.toContain(instance);
  });

  it('starts checks after the role and the proxy exist, and alarms after the schedule exists', () => {
    const [schedule, { DependsOn }] = only('AWS::Scheduler::Schedule');
    const [roleStatement] = only('Custom::AWS');
    const [proxyTarget] = only('AWS::RDS::DBProxyTargetGroup');
    expect(DependsOn).toEqual(expect.arrayContaining([roleStatement, proxyTarget]));
    for (const [id, alarm] of Object.entries(template.findResources('AWS::CloudWatch::Alarm'))) {
      expect(alarm.DependsOn, id).toContain(schedule);
    }
  });

  it('leaves no resource behind when it is destroyed', () => {
    const retained = Object.entries(template.toJSON().Resources).filter(([, resource]) => {
      const { DeletionPolicy, UpdateReplacePolicy } = resource as Record<string, string>;
      return [DeletionPolicy, UpdateReplacePolicy].some((policy) => policy !== undefined && policy !== 'Delete');
    });
    expect(retained).toEqual([]);
    template.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete' });
    template.hasResource('AWS::RDS::DBCluster', {
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtection: false },
    });
    // The proxy would create this group: the stack creates it first, so that it removes it last.
    template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: '/aws/rds/proxy/pool-health-demo' });
    expect(only('AWS::RDS::DBProxy')[1].DependsOn).toContainEqual(expect.stringContaining('ProxyLog'));
    // Functions of the CDK, which otherwise create log groups outside the stack.
    for (const [id, { Properties }] of Object.entries(template.findResources('AWS::Lambda::Function'))) {
      expect(Properties.LoggingConfig?.LogGroup, id).toBeDefined();
    }
  });
});

/** A zone as CloudFormation resolves it in a region; null for a property that is left out. */
function zoneIn(region: string, conditions: Readonly<Record<string, unknown>>, value: unknown): string | null {
  const { Ref, 'Fn::If': choice, 'Fn::Select': select } = Object(value);
  if (choice) {
    const [condition, yes, no] = choice;
    const isMet = JSON.stringify(conditions[condition]).includes(region);
    return zoneIn(region, conditions, isMet ? yes : no);
  }
  if (select) {
    return `zone ${select[0]}`;
  }
  return Ref === 'AWS::NoValue' || value === undefined ? null : String(value);
}

/** The logical ids of all resources that CloudFormation creates before a resource. */
function dependencies(of: Template, id: string): readonly string[] {
  const { Resources } = of.toJSON();
  const found = new Set<string>();
  const visit = (each: string): void => {
    const text = JSON.stringify(Resources[each]);
    for (const other of Object.keys(Resources)) {
      if (other !== each && !found.has(other) && text.includes(`"${other}"`)) {
        found.add(other);
        visit(other);
      }
    }
  };
  visit(id);
  return [...found];
}
