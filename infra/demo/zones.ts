import { Aws, CfnCondition, Fn, Validations } from 'aws-cdk-lib';
import { CfnSubnet, type ISubnet } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/**
 * Two zones for the demo in each region where RDS Proxy is not available in every zone: in us-east-1 not in use1-az3, in
 * us-west-1 not in usw1-az2. They are zone ids, because a zone has another name in each account.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.html#rds-proxy.limitations
 * @see https://docs.aws.amazon.com/ram/latest/userguide/working-with-az-ids.html
 */
const ZONE_IDS = {
  'us-east-1': ['use1-az1', 'use1-az2'],
  'us-west-1': ['usw1-az1', 'usw1-az3'],
} as const;

/**
 * Places subnets in zones where RDS Proxy is available. The region is known only at deployment, so the template has a
 * condition for each region of `ZONE_IDS`; in all other regions the subnets keep their zones.
 *
 * @param subnets as many as there are zones for a region, at most
 */
export function placeWhereProxiesRun(scope: Construct, subnets: readonly ISubnet[]): void {
  const regions = Object.entries(ZONE_IDS).map(([region, zoneIds]) => {
    const expression = Fn.conditionEquals(Aws.REGION, region);
    return { condition: new CfnCondition(scope, `In-${region}`, { expression }).logicalId, zoneIds };
  });
  for (const [index, { node, availabilityZone }] of subnets.entries()) {
    const subnet = node.defaultChild;
    if (!(subnet instanceof CfnSubnet)) {
      throw new Error(`${node.path} is not a subnet of this app, so it has a zone already.`);
    }
    let [name, id] = [availabilityZone, Aws.NO_VALUE];
    for (const { condition, zoneIds } of regions) {
      name = Fn.conditionIf(condition, Aws.NO_VALUE, name).toString();
      id = Fn.conditionIf(condition, zoneIds[index], id).toString();
    }
    subnet.availabilityZone = name;
    subnet.availabilityZoneId = id;
    Validations.of(subnet).acknowledge({
      id: 'CloudFormation-Validate::F3020',
      reason: 'The rule evaluates no conditions: in every region, one of the two properties is AWS::NoValue.',
    });
  }
}
