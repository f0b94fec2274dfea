import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseProxy,
  DefaultAuthScheme,
  ProxyTarget,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { WatchedPoolProps } from '../construct/pools.js';
import { placeWhereProxiesRun } from './zones.js';

const DATABASE = 'demo';
const USER = 'pool_health';

/**
 * The database of the demo: a VPC without internet access, Aurora PostgreSQL Serverless v2, and an RDS Proxy that logs in
 * with IAM. Destroying the stack removes all of it.
 */
export class DemoDatabase extends Construct {
  readonly vpc: IVpc;
  readonly cluster: DatabaseCluster;
  readonly adminSecret: ISecret;
  readonly database = DATABASE;
  /** The pool behind the proxy. */
  readonly pool: WatchedPoolProps;

  /** @param name the name of the deployment: first part of the proxy's name */
  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    this.vpc = this.#vpc();
    this.cluster = this.#cluster();
    if (!this.cluster.secret) {
      throw new Error('The demo cluster has no secret, although RDS manages its password.');
    }
    this.adminSecret = this.cluster.secret;
    const proxyName = `${name.toLowerCase()}-demo`;
    const proxy = this.#proxy(proxyName);
    this.pool = {
      name: 'demo',
      definition: {
        endpoint: proxy.endpoint,
        database: DATABASE,
        user: USER,
        auth: { type: 'iam' },
        managed: { kind: 'rds-proxy', name: proxyName },
      },
      target: proxy,
      login: proxy,
      endToEndIam: true,
    };
  }

  #vpc(): IVpc {
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
    });
    placeWhereProxiesRun(this, vpc.isolatedSubnets);
    Validations.of(vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason: 'A demo without data and without a route to or from the internet; flow logs would outlive it and cost.',
    });
    // With exactOptionalPropertyTypes the CDK's class does not satisfy its own interface (vpnGatewayId).
    return vpc as IVpc;
  }

  #cluster(): DatabaseCluster {
    const cluster = new DatabaseCluster(this, 'Cluster', {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
      writer: ClusterInstance.serverlessV2('Writer'),
      serverlessV2MinCapacity: 0.5,
      serverlessV2MaxCapacity: 1,
      vpc: this.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [this.#securityGroup('ClusterGroup', 'Database of the pool-health demo')],
      defaultDatabaseName: DATABASE,
      iamAuthentication: true,
      manageMasterUserPassword: true,
      enableDataApi: true,
      storageEncrypted: true,
      backup: { retention: Duration.days(1) },
      deletionProtection: false,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(cluster).acknowledge({
      id: 'AwsSolutions-RDS10',
      reason: 'A demo without data: cdk destroy must be able to remove it.',
    });
    return cluster;
  }

  #proxy(dbProxyName: string): DatabaseProxy {
    const role = new Role(this, 'ProxyRole', { assumedBy: new ServicePrincipal('rds.amazonaws.com') });
    // With IAM on both sides the CDK does not grant the proxy its login.
    this.cluster.grantConnect(role, USER);
    // Otherwise the proxy creates this group, and destroying the stack leaves it behind.
    const log = new LogGroup(this, 'ProxyLog', {
      logGroupName: `/aws/rds/proxy/${dbProxyName}`,
      retention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const proxy = new DatabaseProxy(this, 'Proxy', {
      dbProxyName,
      proxyTarget: ProxyTarget.fromCluster(this.cluster),
      defaultAuthScheme: DefaultAuthScheme.IAM_AUTH,
      requireTLS: true,
      role,
      vpc: this.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [this.#securityGroup('ProxyGroup', 'RDS Proxy of the pool-health demo')],
    });
    proxy.node.addDependency(log);
    return proxy;
  }

  #securityGroup(id: string, description: string): SecurityGroup {
    return new SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }
}
