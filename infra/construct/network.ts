import {
  type IConnectable,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

/** The VPC of the functions, and how they reach AWS from it. */
export interface NetworkOptions {
  readonly vpc: IVpc;
  /** Where the functions run. @default the private subnets of the VPC */
  readonly subnets?: SubnetSelection;
  /** `nat`: the subnets have a way out. `endpoints`: interface endpoints are made for what is called. */
  readonly egress: 'nat' | 'endpoints';
}

export interface NetworkProps extends NetworkOptions {
  /** Whether a password has to be read from Secrets Manager. */
  readonly readsSecrets: boolean;
  /** Whether the RDS API is asked about an RDS Proxy. */
  readonly readsProxies: boolean;
}

const HTTPS = Port.tcp(443);

/**
 * The security group of the functions: nothing comes in, and out goes what is opened for it. Names are resolved by the
 * VPC's own resolver, which security groups do not filter; a DNS server of your own needs a rule of your own.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
 */
export class Network extends Construct {
  readonly securityGroup: SecurityGroup;
  readonly subnets: SubnetSelection;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { vpc, subnets = {}, egress } = props;
    this.subnets = subnets;
    this.securityGroup = new SecurityGroup(this, 'Functions', {
      vpc,
      description: 'Functions of pool-health',
      allowAllOutbound: false,
    });
    if (egress === 'nat') {
      this.securityGroup.addEgressRule(Peer.anyIpv4(), HTTPS, 'AWS APIs through NAT');
    } else {
      this.#endpoints(props, subnets);
    }
  }

  /** Opens the way to a proxy or database, on its port alone. */
  allowTo(target: IConnectable, port: number): void {
    this.securityGroup.connections.allowTo(target, Port.tcp(port), 'pool-health to the database');
  }

  /** One for each service that is called; logs and traces are delivered by Lambda itself and need none. */
  #endpoints({ vpc, readsSecrets, readsProxies }: NetworkProps, subnets: SubnetSelection): void {
    const { SSM, CLOUDWATCH_MONITORING, SECRETS_MANAGER, RDS } = InterfaceVpcEndpointAwsService;
    const services = {
      Ssm: SSM,
      Monitoring: CLOUDWATCH_MONITORING,
      ...(readsSecrets && { Secrets: SECRETS_MANAGER }),
      ...(readsProxies && { Rds: RDS }),
    };
    const securityGroup = new SecurityGroup(this, 'Endpoints', {
      vpc,
      description: 'Interface endpoints of pool-health',
      allowAllOutbound: false,
    });
    this.securityGroup.connections.allowTo(securityGroup, HTTPS, 'AWS APIs through interface endpoints');
    for (const [id, service] of Object.entries(services)) {
      new InterfaceVpcEndpoint(this, id, { vpc, service, subnets, securityGroups: [securityGroup], open: false });
    }
  }
}
