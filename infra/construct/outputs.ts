import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { checkRoleSql } from '../../functions/core/check-role.js';
import type { PoolHealth } from './pool-health.js';

/** Bytes that the description of an output may have. @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html */
const MAX_DESCRIPTION_BYTES = 1_024;

/** Adds the stack's outputs: URLs, topics and parameters of the deployment, and the SQL that the databases need. */
export function addOutputs(stack: Stack, health: PoolHealth): void {
  const { region } = stack;
  output('ApiUrl', `${health.apiUrl}/health/pool`, 'State of the pools as JSON');
  output('PageUrl', health.pageUrl, 'Page with the state of the pools');
  output('ActNowTopic', health.actNowTopic.topicArn, 'Topic of the act-now alarms');
  output('NoticeTopic', health.noticeTopic.topicArn, 'Topic of every other alarm');
  output('ParameterNames', health.parameterNames.join(','), 'Definitions in SSM; a change needs no deployment');
  output('MetricNamespace', health.namespace, 'Namespace of the metrics: POOL_HEALTH_NAMESPACE of the applications');
  const [functionsGroup] = health.connections.securityGroups;
  if (functionsGroup) {
    output('FunctionsSecurityGroupId', functionsGroup.securityGroupId, 'Security group of the functions');
  }
  if (health.endpointsSecurityGroup) {
    output(
      'EndpointsSecurityGroupId',
      health.endpointsSecurityGroup.securityGroupId,
      'Security group of the interface endpoints: endpointsSecurityGroupId of another deployment in the VPC',
    );
  }
  for (const [index, { dashboardName }] of health.dashboards.entries()) {
    const url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards:name=${dashboardName}`;
    output(`DashboardUrl${index === 0 ? '' : index + 1}`, url, 'Dashboard in the CloudWatch console');
  }
  for (const [index, role] of health.checkRoles.entries()) {
    output(
      `CheckRoleSql${index === 0 ? '' : index + 1}`,
      `${checkRoleSql(role)};`,
      withNames('Creates the role of the check: run it in the database of', role.pools),
    );
  }

  function output(id: string, value: string, description: string): void {
    new CfnOutput(stack, id, { value, description });
  }
}

/** A description that ends with as many of the names as it may, and the number of the others. */
function withNames(text: string, names: readonly string[]): string {
  let description = `${text} ${names.join(', ')}`;
  for (let others = 1; Buffer.byteLength(description) > MAX_DESCRIPTION_BYTES; others++) {
    description = `${text} ${names.slice(0, -others).join(', ')} … and ${others} more`;
  }
  return description;
}
