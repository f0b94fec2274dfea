import { Annotations } from 'aws-cdk-lib';
import {
  CfnSecurityGroup,
  CfnSecurityGroupEgress,
  type IConnectable,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { Construct, type IConstruct } from 'constructs';
import type { Placement } from './health-function.js';

/** How the functions reach AWS from a VPC. */
export const EGRESS = ['nat', 'endpoints', 'existing'] as const;

/** The VPC of the functions, and how they reach AWS from it. */
export interface NetworkOptions {
  readonly vpc: IVpc;
  /** Where the functions run. @default the private subnets of the VPC */
  readonly subnets?: SubnetSelection;
  /**
   * How the functions reach AWS. `nat`: the subnets route to a NAT gateway. `endpoints`: creates an interface endpoint for each
   * AWS service that is called. `existing`: the VPC has these endpoints, for example those of another deployment. A VPC can
   * have only one endpoint with private DNS for each service.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html#interface-endpoint-dns-hostnames
   */
  readonly egress: (typeof EGRESS)[number];
  /**
   * The security group of the interface endpoints that the VPC has. It gets a rule that admits the functions. Required with
   * `existing`; needed with `nat` if the VPC has such endpoints, because their private DNS takes precedence over the NAT gateway.
   *
   * @default none
   */
  readonly endpointsSecurityGroup?: ISecurityGroup;
  /**
   * Where `endpoints` creates them: at most one subnet in each zone, otherwise the deployment fails.
   *
   * @default the subnets of the functions
   */
  readonly endpointSubnets?: SubnetSelection;
}

export interface NetworkProps extends NetworkOptions {
  /** Whether the functions read a password from Secrets Manager. */
  readonly readsSecrets: boolean;
  /** Whether the functions query the RDS API for an RDS Proxy. */
  readonly readsProxies: boolean;
}

/** The names under which a user writes the options of endpoints. */
export interface EgressNames {
  readonly group: string;
  readonly subnets: string;
}

/**
 * The default of the quota "Inbound or outbound rules per security group".
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
 */
const MAX_RULES = 60;
const HTTPS = Port.tcp(443);
const PROPS: EgressNames = { group: 'endpointsSecurityGroup', subnets: 'endpointSubnets' };

/**
 * The mistakes in how the functions reach AWS, one line each. Never throws.
 *
 * @param written which options of endpoints are written
 * @param names their names in the messages. @default those of `NetworkOptions`
 */
export function egressMistakes(
  egress: NetworkOptions['egress'],
  written: Readonly<Record<keyof EgressNames, boolean>>,
  names: EgressNames = PROPS,
): readonly string[] {
  const mistakes: string[] = [];
  if (egress === 'existing' && !written.group) {
    mistakes.push(
      `egress is "existing": ${names.group} is missing, the security group of the VPC's interface endpoints; it gets a rule that admits the functions`,
    );
  }
  if (egress === 'endpoints' && written.group) {
    mistakes.push(
      `egress is "endpoints", which creates endpoints with their own security group: remove ${names.group}, or set egress to "existing"`,
    );
  }
  if (egress !== 'endpoints' && written.subnets) {
    mistakes.push(`${names.subnets} is for egress "endpoints" only: remove it`);
  }
  return mistakes;
}

/**
 * The security group of the functions. It admits no inbound traffic, and outbound traffic only to AWS and to the pools.
 * Security groups do not filter the VPC's own DNS resolver; if you run your own DNS server, add a rule for it.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
 */
export class Network extends Construct {
  readonly securityGroup: SecurityGroup;
  readonly placement: Placement;
  /** The group of the interface endpoints that were created; null with another `egress`. */
  readonly endpointsSecurityGroup: SecurityGroup | null;
  readonly #existing: ISecurityGroup | undefined;

  /** @throws Error that lists every mistake of `egressMistakes` */
  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { vpc, subnets = {}, egress, endpointsSecurityGroup: group, endpointSubnets } = props;
    const mistakes = egressMistakes(egress, { group: group !== undefined, subnets: endpointSubnets !== undefined });
    if (mistakes.length > 0) {
      throw new Error(`The network cannot be deployed:\n${mistakes.map((line) => `- ${line}`).join('\n')}`);
    }
    this.#existing = group;
    this.securityGroup = new SecurityGroup(this, 'Functions', {
      vpc,
      description: 'Functions of pool-health',
      allowAllOutbound: false,
    });
    this.placement = { vpc, subnets, securityGroup: this.securityGroup };
    if (egress === 'nat') {
      this.securityGroup.addEgressRule(Peer.anyIpv4(), HTTPS, 'AWS APIs through NAT');
    }
    this.endpointsSecurityGroup = egress === 'endpoints' ? this.#endpoints(props, endpointSubnets ?? subnets) : null;
    if (group) {
      this.#allowToEndpoints(group);
    }
    if (egress === 'existing') {
      const names = Object.values(servicesOf(props)).map(({ shortName }) => shortName);
      Annotations.of(this).addInfoV2(
        'pool-health:existing-endpoints',
        `the VPC must have interface endpoints with private DNS for these services: ${names.join(', ')}`,
      );
    }
  }

  /** Makes a construct wait until the functions can reach AWS: for the endpoints, and for the rule of an existing group. */
  delay({ node }: IConstruct): void {
    node.addDependency(this, ...(this.#existing ? [this.#existing] : []));
  }

  /** Lets the functions reach a proxy or database, on its port only. */
  allowTo(target: IConnectable, port: number): void {
    this.securityGroup.connections.allowTo(target, Port.tcp(port), 'pool-health to the database');
  }

  /** Warns of more outbound rules than the account may allow; the ways to all pools are open by then. */
  warnOfRules(): void {
    const rules = outboundRules(this.securityGroup);
    if (rules > MAX_RULES) {
      Annotations.of(this).addWarningV2(
        'pool-health:rules',
        `The security group of the functions has ${rules} outbound rules, one for each security group or cidr of the pools, and AWS allows ${MAX_RULES} by default: raise the quota "Inbound or outbound rules per security group" before you deploy, or let databases share a group`,
      );
    }
  }

  #allowToEndpoints(group: ISecurityGroup): void {
    this.securityGroup.connections.allowTo(group, HTTPS, 'AWS APIs through interface endpoints');
  }

  #endpoints(props: NetworkProps, subnets: SubnetSelection): SecurityGroup {
    const { vpc } = props;
    const securityGroup = new SecurityGroup(this, 'Endpoints', {
      vpc,
      description: 'Interface endpoints of pool-health',
      allowAllOutbound: false,
    });
    this.#allowToEndpoints(securityGroup);
    for (const [id, service] of Object.entries(servicesOf(props))) {
      new InterfaceVpcEndpoint(this, id, { vpc, service, subnets, securityGroups: [securityGroup], open: false });
    }
    return securityGroup;
  }
}

/** How many outbound rules a security group has: those in the resource itself, and those that are resources of their own. */
function outboundRules(group: SecurityGroup): number {
  const { children, defaultChild } = group.node;
  const inline = defaultChild instanceof CfnSecurityGroup ? group.stack.resolve(defaultChild.securityGroupEgress) : [];
  return (inline?.length ?? 0) + children.filter((child) => child instanceof CfnSecurityGroupEgress).length;
}

/** The services that are called, by the ids of their endpoints. Lambda delivers logs without an endpoint. */
function servicesOf({
  readsSecrets,
  readsProxies,
}: NetworkProps): Readonly<Record<string, InterfaceVpcEndpointAwsService>> {
  const { SSM, CLOUDWATCH_MONITORING, SECRETS_MANAGER, RDS } = InterfaceVpcEndpointAwsService;
  return {
    Ssm: SSM,
    Monitoring: CLOUDWATCH_MONITORING,
    ...(readsSecrets && { Secrets: SECRETS_MANAGER }),
    ...(readsProxies && { Rds: RDS }),
  };
}
