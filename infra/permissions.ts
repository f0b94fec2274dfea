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
      'cloudwatch:PutMetricData (bound to one namespace by a condition) and xray:Put* know no resources; the network interfaces of a function in a VPC have no ids when Lambda asks for the right to make them.',
  });
}
