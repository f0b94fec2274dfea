import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { CfnAlarm, CfnCompositeAlarm, CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { HealthFunction } from '../../../infra/construct/health-function.js';
import type { PoolHealth } from '../../../infra/construct/pool-health.js';

/**
 * Takes out of a deployment what the emulator (ministack 1.5.33) does not know. All of it is covered by assertions on the
 * template. A network and an RDS Proxy are not there in the first place: it knows no rules between security groups and no
 * proxies in CloudFormation.
 */
export function leaveOut(stack: Stack, health: PoolHealth): void {
  for (const alarm of health.alarms.values()) {
    const resource = alarm.node.defaultChild;
    if (resource instanceof CfnAlarm && resource.metrics !== undefined) {
      // Metric math: its CloudFormation refuses the alarm.
      alarm.node.tryRemoveChild(resource.node.id);
    }
    if (resource instanceof CfnCompositeAlarm) {
      // Its CloudFormation knows no composite alarms, its CloudWatch does: the test makes the alarm from this output.
      const { alarmName, alarmRule, alarmActions, okActions } = resource;
      alarm.node.tryRemoveChild(resource.node.id);
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
  const dashboard = health.dashboard.node.defaultChild;
  if (dashboard instanceof CfnDashboard) {
    // It names every alarm, also those that are not there.
    dashboard.dashboardBody = '{"widgets": []}';
  }
  const { check, pool, details } = health.functions;
  for (const { role } of [check, pool, details]) {
    // It takes this call for one on every resource, so that the policy, which names one path, does not allow it.
    role.addToPolicy(new PolicyStatement({ actions: ['ssm:GetParametersByPath'], resources: ['*'] }));
  }
  // It does not know the condition on the namespace, so that it never holds.
  const publishing = new PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'] });
  check.role.addToPolicy(publishing);
}

export function allFunctions({ functions }: PoolHealth): readonly HealthFunction[] {
  return functions.node.findAll().filter((node) => node instanceof HealthFunction);
}
