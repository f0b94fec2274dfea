import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type IGrantable, type IPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DEPLOYED_ENVIRONMENT } from '../../functions/core/environment.js';
import type { Handler } from '../build/entry-points.js';
import { bundleFolder } from '../package-root.js';
import { attachToVpc, denyInterfacesToCode, explainStar } from './permissions.js';

/** Where functions run in a VPC. */
export interface Placement {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly securityGroup: ISecurityGroup;
}

export interface HealthFunctionProps {
  readonly handler: Handler;
  readonly timeout: Duration;
  readonly environment: Readonly<Partial<Record<keyof typeof DEPLOYED_ENVIRONMENT, string>>>;
  readonly logRetention: RetentionDays;
  /** Null: outside any VPC. */
  readonly placement: Placement | null;
  /** @default 512: CPU grows with memory, and start-up plus TLS handshake must fit into the timeout of a check */
  readonly memoryMb?: number;
  /** Environments that may run at once. @default the unreserved concurrency of the account */
  readonly reservedConcurrency?: number;
}

/** One function of the monitor, with its own role and log. */
export class HealthFunction extends Construct implements IGrantable {
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: HealthFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Log', { retention: props.logRetention, removalPolicy: RemovalPolicy.DESTROY });
    this.role = this.#role(props);
    this.lambda = new LambdaFunction(this, 'Function', {
      code: Code.fromAsset(bundleFolder(props.handler)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb ?? 512,
      timeout: props.timeout,
      tracing: Tracing.ACTIVE,
      role: this.role,
      logGroup: this.logGroup,
      environment: props.environment,
      // A check that is late must not run: the next one is due.
      retryAttempts: 0,
      maxEventAge: Duration.seconds(60),
      ...(props.placement && {
        vpc: props.placement.vpc,
        vpcSubnets: props.placement.subnets,
        securityGroups: [props.placement.securityGroup],
      }),
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
  }

  get grantPrincipal(): IPrincipal {
    return this.role;
  }

  #role({ placement }: HealthFunctionProps): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.logGroup.grantWrite(role);
    if (placement) {
      role.addToPolicy(attachToVpc());
      role.addToPolicy(denyInterfacesToCode());
    }
    explainStar(role);
    return role;
  }
}
