import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { checkRoleSql } from '../../functions/core/check-role.js';
import type { PoolHealth } from './pool-health.js';

/** Shows after a deployment where everything is, and the SQL that the databases need. */
export function addOutputs(stack: Stack, health: PoolHealth): void {
  const { region } = stack;
  const dashboard = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards:name=${health.dashboard.dashboardName}`;
  output('ApiUrl', `${health.apiUrl}/health/pool`, 'The state of the pools as JSON');
  output('PageUrl', `${health.apiUrl}/health`, 'The page that shows the state of the pools');
  output('DashboardUrl', dashboard, 'The dashboard in the console');
  output('ActNowTopic', health.actNowTopic.topicArn, 'Told when somebody has to act now');
  output('NoticeTopic', health.noticeTopic.topicArn, 'Told of every other alarm');
  output('ParameterNames', health.parameterNames.join(','), 'The definitions in SSM; a change needs no deployment');
  for (const [index, role] of health.checkRoles.entries()) {
    output(
      `CheckRoleSql${index === 0 ? '' : index + 1}`,
      `${checkRoleSql(role)};`,
      `Makes the role of the check; run it on the database of ${role.pools.join(', ')}`,
    );
  }

  function output(id: string, value: string, description: string): void {
    new CfnOutput(stack, id, { value, description });
  }
}
