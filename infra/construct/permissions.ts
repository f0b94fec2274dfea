import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { METRIC_NAMESPACE } from '../../functions/core/metrics.js';
import type { PoolConfig } from '../../functions/core/pool-config.js';
import { isRdsProxyHost, parseRdsProxyHost } from '../../functions/core/rds-hosts.js';

/** What lets a function log in to a database with IAM: an RDS Proxy, a cluster or an instance of the CDK is one. */
export interface IamLogin {
  grantConnect(grantee: IGrantable, dbUser: string): Grant;
  /** Of an RDS Proxy. */
  readonly dbProxyArn?: string;
}

/**
 * The login by its id, where there is no construct of the CDK.
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
 * Reading the definitions. The path itself is what is authorized, not the parameters under it, so no wildcard is needed.
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

/** Publishing metrics. The action knows no resources; the namespace is its only bound. */
export function publishMetrics(): PolicyStatement {
  return new PolicyStatement({
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
  });
}

/**
 * Reading metrics: those of the application and, where there are RDS Proxies, theirs, which have to be found first. Neither
 * action knows resources.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
 */
export function readMetrics(hasProxies: boolean): PolicyStatement {
  const actions = ['cloudwatch:GetMetricData', ...(hasProxies ? ['cloudwatch:ListMetrics'] : [])];
  return new PolicyStatement({ actions, resources: ['*'] });
}

/** What tells of a pool which RDS Proxy stands before it. */
interface Proxied {
  readonly config: Pick<PoolConfig, 'managed' | 'endpoint'>;
  readonly login?: IamLogin;
}

/**
 * Reading how RDS Proxies are set up: of those whose ARN a login tells, else of any, since the id in an ARN is not in a name.
 * Which proxy an endpoint beside its default one belongs to, and which targets are behind it, can be asked of any only.
 *
 * @param proxied at least one pool behind an RDS Proxy
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
 */
export function readProxies(proxied: readonly Proxied[]): readonly PolicyStatement[] {
  const arns = new Set(proxied.map(({ login }) => login?.dbProxyArn ?? '*'));
  const settings = new PolicyStatement({
    actions: ['rds:DescribeDBProxies', 'rds:DescribeDBProxyTargetGroups'],
    resources: arns.has('*') ? ['*'] : [...arns],
  });
  const endpoints = new PolicyStatement({ actions: ['rds:DescribeDBProxyEndpoints'], resources: ['*'] });
  const hasOther = proxied.some(({ config }) => typeof parseRdsProxyHost(config.endpoint)?.endpoint === 'string');
  return hasOther ? [settings, endpoints] : [settings];
}

/** Whether an RDS Proxy stands before a pool, as far as its definition, host name or login shows it at synth. */
export function isBehindRdsProxy({ config: { managed, endpoint }, login }: Proxied): boolean {
  return managed ? managed.kind === 'rds-proxy' : isRdsProxyHost(endpoint) || login?.dbProxyArn !== undefined;
}

/**
 * What Lambda needs to attach a function to a VPC, as AWSLambdaVPCAccessExecutionRole has it, without that policy's
 * access to every log. Lambda checks these for all resources when it attaches the function: the interfaces have no ids yet.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function attachToVpc(): PolicyStatement {
  return new PolicyStatement({
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
  });
}

/** Says for a security review why "*" stands as a resource in the policy of a function. */
export function explainStar(role: Role): void {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'cloudwatch:PutMetricData (bound to one namespace by a condition), GetMetricData and ListMetrics, and xray:Put* know no resources; the network interfaces of a function in a VPC have no ids when Lambda asks for the right to make them; an RDS Proxy whose ARN is not known here can only be described as one of all.',
  });
}
