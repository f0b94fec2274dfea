import { Stack, Validations } from 'aws-cdk-lib';
import { Connections, type IConnectable, type IVpc, Peer, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { NetworkOptions } from './construct/network.js';
import { addOutputs } from './construct/outputs.js';
import { type IamLogin, iamLogin } from './construct/permissions.js';
import { PoolHealth, type PoolHealthProps } from './construct/pool-health.js';
import type { WatchedPoolProps } from './construct/pools.js';
import type { AttachedPool, AttachOptions, Options } from './context.js';
import { DemoDatabase } from './demo/database.js';
import { DatabaseRole } from './demo/database-role.js';
import { prefixOf } from './names.js';

type NetworkAndPools = Pick<PoolHealthProps, 'network' | 'pools'>;

/** The deployment that the context describes: pool-health, and in mode `demo` a database to monitor. */
export class PoolHealthStack extends Stack {
  readonly health: PoolHealth;

  constructor(scope: Construct, options: Options) {
    super(scope, options.name, {
      description: `pool-health, ${options.mode}`,
      // A template may have 1 MB, and indentation is a quarter of it.
      suppressTemplateIndentation: true,
    });
    this.health = options.mode === 'demo' ? this.#demo(options) : this.#health(options, attach(this, options));
    addOutputs(this, this.health);
  }

  #demo(options: Options): PoolHealth {
    const database = new DemoDatabase(this, 'Demo', options.name);
    const health = this.#health(options, {
      network: { vpc: database.vpc, egress: 'endpoints' },
      pools: [database.pool],
    });
    for (const role of health.checkRoles) {
      new DatabaseRole(database, `Role-${role.user}`, { ...database, role });
    }
    // Checks start when the proxy and the role exist, so that the first check is healthy.
    health.schedule.node.addDependency(database);
    return health;
  }

  #health(options: Options, networkAndPools: NetworkAndPools): PoolHealth {
    const { name, mode: _, parameterPrefix = prefixOf(name), logRetentionDays, ...rest } = options;
    const logRetention = logRetentionDays === undefined ? {} : { logRetention: logRetentionDays };
    return new PoolHealth(this, 'PoolHealth', { ...rest, ...logRetention, name, parameterPrefix, ...networkAndPools });
  }
}

/** The existing network and pools, by the ids in the context. Makes no AWS call. */
function attach(scope: Construct, options: AttachOptions): NetworkAndPools {
  const { pools } = options;
  // Pools with the same security group share one construct, so that CloudFormation gets its rule once.
  const groups = new Map(
    [...new Set(pools.flatMap(({ securityGroupId }) => securityGroupId ?? []))].map((id) => [
      id,
      SecurityGroup.fromSecurityGroupId(scope, id, id),
    ]),
  );
  return { network: networkOf(scope, options), pools: pools.map((pool) => watchedPool(scope, pool, groups)) };
}

function networkOf(scope: Construct, options: AttachOptions): NetworkOptions {
  const { vpcId, subnetIds, egress, endpointsSecurityGroupId, endpointSubnetIds } = options;
  return {
    vpc: existingVpc(scope, 'Vpc', vpcId, subnetIds),
    egress,
    ...(endpointsSecurityGroupId !== undefined && {
      endpointsSecurityGroup: SecurityGroup.fromSecurityGroupId(scope, 'Endpoints', endpointsSecurityGroupId),
    }),
    ...(endpointSubnetIds && {
      endpointSubnets: { subnets: existingVpc(scope, 'EndpointSubnets', vpcId, endpointSubnetIds).privateSubnets },
    }),
  };
}

function existingVpc(scope: Construct, id: string, vpcId: string, subnetIds: string[]): IVpc {
  const vpc = Vpc.fromVpcAttributes(scope, id, {
    vpcId,
    privateSubnetIds: subnetIds,
    // The CDK needs one zone for each subnet, but no template contains them: the subnet ids serve as names.
    availabilityZones: subnetIds,
  });
  Validations.of(vpc).acknowledge({
    id: 'annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId',
    reason: 'Nothing here reads or changes a route table.',
  });
  return vpc;
}

function watchedPool(
  scope: Construct,
  pool: AttachedPool,
  groups: ReadonlyMap<string | undefined, IConnectable>,
): WatchedPoolProps {
  const { name, definition, securityGroupId, cidr, endToEndIam, ceiling, alarmStack } = pool;
  const target = cidr === undefined ? groups.get(securityGroupId) : new Connections({ peer: Peer.ipv4(cidr) });
  const login = loginOf(scope, pool);
  return {
    name,
    definition,
    ...(target && { target }),
    ...(login && { login }),
    ...(endToEndIam !== undefined && { endToEndIam }),
    ...(ceiling !== undefined && { ceiling }),
    ...(alarmStack !== undefined && { alarmStack }),
  };
}

function loginOf(scope: Construct, { proxyArn, dbResourceId }: AttachedPool): IamLogin | null {
  const resourceId = proxyArn?.split(':').at(-1) ?? dbResourceId;
  return resourceId === undefined ? null : iamLogin(scope, resourceId);
}
