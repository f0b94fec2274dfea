import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { Effect, Grant, type IGrantable, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { PoolConfig } from '../../functions/core/pool-config.js';
import { isRdsProxyHost, parseRdsProxyHost } from '../../functions/core/rds-hosts.js';

/** Grants the login to a database with IAM. An RDS Proxy, a cluster and an instance of the CDK each fit this interface. */
export interface IamLogin {
  grantConnect(grantee: IGrantable, dbUser: string): Grant;
  /** The ARN, for an RDS Proxy. */
  readonly dbProxyArn?: string;
}

/**
 * The login by the id of the proxy or database, for apps without a CDK construct of it.
 *
 * @param resourceId `prx-…` of an RDS Proxy, `cluster-…` or `db-…` of a database
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
 */
export function iamLogin(scope: IConstruct, resourceId: string): IamLogin {
  const arnOf = (service: string, resource: string, resourceName: string) =>
    Stack.of(scope).formatArn({ service, resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return {
    ...(resourceId.startsWith('prx-') && { dbProxyArn: arnOf('rds', 'db-proxy', resourceId) }),
    grantConnect: (grantee, dbUser) => {
      const arn = arnOf('rds-db', 'dbuser', `${resourceId}/${dbUser}`);
      return Grant.addToPrincipal({ grantee, actions: ['rds-db:connect'], resourceArns: [arn] });
    },
  };
}

/**
 * Allows reading the definitions. IAM authorizes the path itself, not the parameters under it, so no wildcard is needed.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-retrieval-authorization.html
 */
export function readDefinitions(scope: IConstruct, parameterPrefix: string): PolicyStatement {
  return new PolicyStatement({
    actions: ['ssm:GetParametersByPath'],
    resources: [
      Stack.of(scope).formatArn({ service: 'ssm', resource: 'parameter', resourceName: parameterPrefix.slice(1) }),
    ],
  });
}

/**
 * Allows decrypting with the customer's keys what Secrets Manager reads. The policy of each key must allow it too, as the
 * default one does by leaving it to IAM.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
export function decryptSecrets(scope: IConstruct, keyArns: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [...keyArns],
    conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(scope).region}.amazonaws.com` } },
  });
}

/** Allows publishing metrics in one namespace. The action has no resources; only the namespace can be restricted. */
export function publishMetrics(namespace: string): PolicyStatement {
  return new PolicyStatement({
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': namespace } },
  });
}

/**
 * Allows reading metrics. Metrics of RDS Proxies must be listed first, to learn their dimensions. Neither action has
 * resources.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
 */
export function readMetrics(hasProxies: boolean): PolicyStatement {
  const actions = ['cloudwatch:GetMetricData', ...(hasProxies ? ['cloudwatch:ListMetrics'] : [])];
  return new PolicyStatement({ actions, resources: ['*'] });
}

/** The parts of a pool that show whether an RDS Proxy is in front of it. */
interface MaybeProxied {
  readonly config: Pick<PoolConfig, 'managed' | 'endpoint'>;
  readonly login?: IamLogin;
}

/**
 * Allows reading the settings of RDS Proxies: of the proxies whose ARN is known from a login, otherwise of all, because a
 * proxy's name does not contain the id in its ARN. Additional endpoints can only be described for all proxies.
 *
 * @param proxied at least one pool behind an RDS Proxy
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
 */
export function readProxies(proxied: readonly MaybeProxied[]): readonly PolicyStatement[] {
  const arns = new Set(proxied.map(({ login }) => login?.dbProxyArn ?? '*'));
  const settings = new PolicyStatement({
    actions: ['rds:DescribeDBProxies', 'rds:DescribeDBProxyTargetGroups'],
    resources: arns.has('*') ? ['*'] : [...arns],
  });
  const endpoints = new PolicyStatement({ actions: ['rds:DescribeDBProxyEndpoints'], resources: ['*'] });
  const hasOther = proxied.some(({ config }) => typeof parseRdsProxyHost(config.endpoint)?.endpoint === 'string');
  return hasOther ? [settings, endpoints] : [settings];
}

/** Whether an RDS Proxy is in front of a pool, as far as its definition, host name or login shows at synth. */
export function isBehindRdsProxy({ config: { managed, endpoint }, login }: MaybeProxied): boolean {
  return managed ? managed.kind === 'rds-proxy' : isRdsProxyHost(endpoint) || login?.dbProxyArn !== undefined;
}

/** The actions of AWSLambdaVPCAccessExecutionRole on network interfaces. */
const INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * Allows Lambda to attach a function to a VPC, without the access to every log that AWSLambdaVPCAccessExecutionRole has. Lambda checks them for all resources when it attaches the function, because the interfaces have no ids yet.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function attachToVpc(): PolicyStatement {
  return new PolicyStatement({
    actions: INTERFACE_ACTIONS,
    resources: ['*'],
  });
}

/**
 * Denies these actions to the code of a function: only Lambda itself needs them. Requests of code carry the ARN of its function,
 * requests of Lambda that attach the function do not. The policy cannot name the function, which waits for the policy.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
 */
export function denyInterfacesToCode(): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.DENY,
    actions: INTERFACE_ACTIONS,
    resources: ['*'],
    conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
  });
}

/** Records for a security review why the policy of a function has the resource "*". */
export function explainStar(role: Role): void {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'cloudwatch:PutMetricData (restricted to one namespace by a condition), GetMetricData, ListMetrics and xray:Put* have no resources; the network interfaces of a function in a VPC have no ids when Lambda checks the permission to create them; an RDS Proxy whose ARN is unknown at synth can only be described with permission for all proxies.',
  });
}
