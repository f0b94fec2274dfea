import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { CfnAlarm, CfnCompositeAlarm, CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { HealthFunction } from '../../../infra/construct/health-function.js';
import type { PoolHealth } from '../../../infra/construct/pool-health.js';
import { POOL } from './settings.js';

/**
 * Removes from a deployment what the emulator (ministack 1.5.33) does not support; assertions on the template cover all of
 * it. The deployment has no network and no RDS Proxy: the emulator supports neither rules between security groups nor
 * proxies in CloudFormation.
 */
export function leaveOut(stack: Stack, health: PoolHealth): void {
  for (const [key, alarm] of health.alarms) {
    const resource = alarm.node.defaultChild;
    if (resource instanceof CfnAlarm && resource.metrics !== undefined) {
      // The emulator's CloudFormation refuses alarms on metric math.
      alarm.node.tryRemoveChild(resource.node.id);
    }
    if (resource instanceof CfnCompositeAlarm) {
      const { alarmName, alarmRule, alarmActions, okActions } = resource;
      alarm.node.tryRemoveChild(resource.node.id);
      if (key !== `${POOL.name}-act-now`) {
        continue;
      }
      // The emulator's CloudWatch supports composite alarms, its CloudFormation does not: the test creates the alarm from this output.
      new CfnOutput(stack, 'ActNowAlarm', {
        value: stack.toJsonString({
          AlarmName: alarmName,
          AlarmRule: alarmRule,
          AlarmActions: alarmActions,
          OKActions: okActions,
        }),
      });
    }
  }
  for (const { node } of health.dashboards) {
    if (node.defaultChild instanceof CfnDashboard) {
      // The dashboard refers to every alarm, including the removed ones.
      node.defaultChild.dashboardBody = '{"widgets": []}';
    }
  }
  const { check, pool, details } = health.functions;
  for (const { role } of [check, pool, details]) {
    // The emulator evaluates this call against every resource, so the policy for one path does not allow it.
    role.addToPolicy(new PolicyStatement({ actions: ['ssm:GetParametersByPath'], resources: ['*'] }));
  }
  // The emulator does not support the condition on the namespace: it is never true.
  const publishing = new PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'] });
  check.role.addToPolicy(publishing);
}

export function allFunctions({ functions }: PoolHealth): readonly HealthFunction[] {
  return functions.node.findAll().filter((node) => node instanceof HealthFunction);
}
