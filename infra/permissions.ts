import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { METRIC_NAMESPACE } from '../functions/contract/metrics.js';

/** What lets a function log in to a database with IAM: an RDS Proxy, a cluster or an instance of the CDK is one. */
export interface IamLogin {
  grantConnect(grantee: IGrantable, dbUser: string): Grant;
}

/**
 * The login by its id, where there is no construct of the CDK.
 *
 * @param resourceId `prx-…` of an RDS Proxy, `cluster-…` or `db-…` of a database
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
 */
export function iamLogin(scope: IConstruct, resourceId: string): IamLogin {
  return {
    grantConnect: (grantee, dbUser) => {
      const resourceName = `${resourceId}/${dbUser}`;
      const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
      const arn = Stack.of(scope).formatArn({ service: 'rds-db', resource: 'dbuser', resourceName, arnFormat });
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
 * Lets Lambda attach a function to a VPC. Narrower than AWSLambdaVPCAccessExecutionRole, which allows everything on every
 * resource: only describing knows no resources.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function allowVpc(role: Role): void {
  role.addToPolicy(
    new PolicyStatement({ actions: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'], resources: ['*'] }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: [Stack.of(role).formatArn({ service: 'ec2', resource: '*', resourceName: '*' })],
    }),
  );
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:*/*]',
    reason:
      'Lambda makes and removes the network interfaces of the function under ids that are not known before; bound to this account and region, as the documentation of Lambda asks for.',
  });
}

/** Says for a security review why "*" stands as a resource in the policy of a function. */
export function explainStar(role: Role): void {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'xray:Put*, ec2:Describe* and cloudwatch:PutMetricData know no resources; the last is bound to one namespace by a condition.',
  });
}
