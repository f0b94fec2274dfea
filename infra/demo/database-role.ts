import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AwsCustomResource,
  AwsCustomResourcePolicy,
  type AwsSdkCall,
  PhysicalResourceId,
} from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { type CheckRole, checkRoleSql } from '../../functions/core/check-role.js';

export interface DatabaseRoleProps {
  /** An Aurora cluster with the Data API. */
  readonly cluster: DatabaseCluster;
  /** The secret of a user that may create roles. */
  readonly adminSecret: ISecret;
  readonly database: string;
  readonly role: CheckRole;
}

/**
 * Creates the check's role in an Aurora database through the Data API, without a connection and without a password. The role
 * is not removed separately: it goes with the database.
 *
 * If the cluster exists long before this construct, its permissions are only seconds older than their first use. Whether IAM
 * knows them by then is unproven; a second deployment succeeds.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export class DatabaseRole extends Construct {
  constructor(scope: Construct, id: string, { cluster, adminSecret, database, role }: DatabaseRoleProps) {
    super(scope, id);
    const statement: AwsSdkCall = {
      service: 'rds-data',
      action: 'executeStatement',
      parameters: {
        resourceArn: cluster.clusterArn,
        secretArn: adminSecret.secretArn,
        database,
        sql: checkRoleSql(role),
      },
      physicalResourceId: PhysicalResourceId.of(`role-${role.user}`),
    };
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_DAY,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Its own role, because the default one may write to every log of the account.
    const executionRole = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(executionRole);
    const resource = new AwsCustomResource(this, 'Statement', {
      onCreate: statement,
      onUpdate: statement,
      installLatestAwsSdk: false,
      logGroup,
      role: executionRole,
      policy: AwsCustomResourcePolicy.fromStatements([
        new PolicyStatement({ actions: ['rds-data:ExecuteStatement'], resources: [cluster.clusterArn] }),
        new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [adminSecret.secretArn] }),
      ]),
    });
    // The Data API needs an instance, not only the cluster. Only the call waits for it: the policy exists minutes before, since
    // IAM is eventually consistent.
    resource.node.findChild('Resource').node.addDependency(cluster);
  }
}
