import { Validations } from 'aws-cdk-lib';
import { Connections, type IConnectable, Peer, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { AttachOptions } from '../context.js';
import type { AttachedPool } from './attached-pool.js';
import { type IamLogin, iamLogin } from './permissions.js';
import type { PoolHealthProps } from './pool-health.js';
import type { WatchedPoolProps } from './pools.js';

/** Network and pools that exist already, by the ids in the context; nothing is looked up. */
export function attach(scope: Construct, options: AttachOptions): Pick<PoolHealthProps, 'network' | 'pools'> {
  const { vpcId, subnetIds, egress, pools } = options;
  const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId,
    privateSubnetIds: subnetIds,
    // Zones only tell subnets apart here and reach no template: each subnet stands for one.
    availabilityZones: subnetIds,
  });
  Validations.of(vpc).acknowledge({
    id: 'annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId',
    reason: 'Nothing here reads or changes a route table.',
  });
  // Pools that share a security group share its construct, so that its rule is made once.
  const groups = new Map(
    [...new Set(pools.flatMap(({ securityGroupId }) => securityGroupId ?? []))].map((id) => [
      id,
      SecurityGroup.fromSecurityGroupId(scope, id, id),
    ]),
  );
  return { network: { vpc, egress }, pools: pools.map((pool) => attachedPool(scope, pool, groups)) };
}

function attachedPool(
  scope: Construct,
  pool: AttachedPool,
  groups: ReadonlyMap<string | undefined, IConnectable>,
): WatchedPoolProps {
  const { name, definition, securityGroupId, cidr, endToEndIam, ceiling } = pool;
  const target = cidr === undefined ? groups.get(securityGroupId) : new Connections({ peer: Peer.ipv4(cidr) });
  const login = loginOf(scope, pool);
  return {
    name,
    definition,
    ...(target && { target }),
    ...(login && { login }),
    ...(endToEndIam !== undefined && { endToEndIam }),
    ...(ceiling !== undefined && { ceiling }),
  };
}

function loginOf(scope: Construct, { proxyArn, dbResourceId }: AttachedPool): IamLogin | null {
  const resourceId = proxyArn?.split(':').at(-1) ?? dbResourceId;
  return resourceId === undefined ? null : iamLogin(scope, resourceId);
}
