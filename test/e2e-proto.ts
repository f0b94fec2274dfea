import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { CliCredentialsStackSynthesizer } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnAlarm, CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { PoolHealth } from '../infra/pool-health.js';
const app = new App();
const stack = new Stack(app, 'pool-health-e2e', { synthesizer: new CliCredentialsStackSynthesizer() });
const secret = { secretArn: process.env.E2E_SECRET ?? '' };
const h = new PoolHealth(stack, 'PoolHealth', { pools: [{ name: 'orders', definition: { endpoint: '127.0.0.1', port: Number(process.env.E2E_PORT ?? 5432), database: 'shop', user: 'pool_health', auth: { type: 'secret', arn: secret.secretArn }, tls: 'off', pool: { max: 10 } } }] });
for (const n of h.node.findAll()) {
  const math = n instanceof CfnAlarm && n.metrics !== undefined;
  if (math || n instanceof CfnCompositeAlarm) { console.error('removed', n.node.path); n.node.scope?.node.tryRemoveChild(n.node.id); 
   if (n instanceof CfnCompositeAlarm) new CfnOutput(stack, 'Rule', { value: n.alarmRule }); }
}
h.node.tryRemoveChild('Dashboard');
for (const f of [h.functions.check, h.functions.pool]) f.role.addToPolicy(new PolicyStatement({ actions: ['ssm:GetParametersByPath'], resources: ['*'] }));
new CfnOutput(stack, 'Notice', { value: h.noticeTopic.topicArn });
new CfnOutput(stack, 'Act', { value: h.actNowTopic.topicArn });
new CfnOutput(stack, 'Url', { value: h.apiUrl });
