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
  /** `nat`: the subnets route to a NAT gateway. `endpoints`: creates an interface endpoint for each AWS service that is called. */
  readonly egress: 'nat' | 'endpoints';
}

export interface NetworkProps extends NetworkOptions {
  /** Whether the functions read a password from Secrets Manager. */
  readonly readsSecrets: boolean;
  /** Whether the functions query the RDS API for an RDS Proxy. */
  readonly readsProxies: boolean;
}

const HTTPS = Port.tcp(443);

/**
 * The security group of the functions. It admits no inbound traffic, and outbound traffic only to AWS and to the pools.
 * Security groups do not filter the VPC's own DNS resolver; if you run your own DNS server, add a rule for it.
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

  /** Lets the functions reach a proxy or database, on its port only. */
  allowTo(target: IConnectable, port: number): void {
    this.securityGroup.connections.allowTo(target, Port.tcp(port), 'pool-health to the database');
  }

  /** One endpoint for each service that is called. Lambda delivers logs and traces without an endpoint. */
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
