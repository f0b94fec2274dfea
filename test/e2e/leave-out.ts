import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { CfnAlarm, CfnCompositeAlarm, CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { PoolHealth } from '../../infra/pool-health.js';

/**
 * Takes out of a deployment what the emulator (ministack 1.5.33) does not know. All of it is covered by assertions on the
 * template. A VPC and an RDS Proxy, which it does not know either, are not there in the first place: the functions get no
 * network, and the pool is a database.
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
      alarm.node.tryRemoveChild(resource.node.id);
      new CfnOutput(stack, 'ActNowRule', { value: resource.alarmRule });
    }
  }
  const dashboard = health.dashboard.node.defaultChild;
  if (dashboard instanceof CfnDashboard) {
    // It names every alarm, also those that are not there.
    dashboard.dashboardBody = '{"widgets": []}';
  }
  const { check, pool } = health.functions;
  // It takes this call for one on every resource, so that the policy, which names one path, does not allow it.
  const reading = new PolicyStatement({ actions: ['ssm:GetParametersByPath'], resources: ['*'] });
  check.role.addToPolicy(reading);
  pool.role.addToPolicy(reading);
  // It does not know the condition on the namespace, so that it never holds.
  check.role.addToPolicy(new PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'] }));
}
