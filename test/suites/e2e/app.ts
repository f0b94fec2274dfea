import { App, CfnOutput, CliCredentialsStackSynthesizer, type IStackSynthesizer, Stack } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { addOutputs } from '../../../infra/construct/outputs.js';
import { PoolHealth } from '../../../infra/construct/pool-health.js';
import { changeCode } from './change-code.js';
import { allFunctions, leaveOut } from './leave-out.js';
import { POOL, type Settings } from './settings.js';

/**
 * A CDK app as a user's own could be: the construct, one pool, and a queue that subscribes to each topic. What the emulator
 * does not know is left out, in `leave-out.ts`.
 */

const app = new App();
const { port, secretArn, isChanged }: Settings = JSON.parse(app.node.getContext('e2e'));
// With the credentials of whoever deploys: the bootstrap bucket rightly refuses its own roles where there is no TLS. The
// types of this class are not written for exactOptionalPropertyTypes.
const synthesizer = new CliCredentialsStackSynthesizer() as IStackSynthesizer;
const stack = new Stack(app, 'pool-health-e2e', { synthesizer });
const { name, database, user, max } = POOL;
const health = new PoolHealth(stack, 'PoolHealth', {
  pools: [
    {
      name,
      definition: {
        endpoint: '127.0.0.1',
        port,
        database,
        user,
        auth: { type: 'secret', arn: secretArn },
        tls: 'off',
        pool: { max },
      },
    },
  ],
});
addOutputs(stack, health);
subscribe('ActNowQueue', health.actNowTopic);
subscribe('NoticeQueue', health.noticeTopic);
leaveOut(stack, health);
if (isChanged) {
  allFunctions(health).forEach(changeCode);
}

function subscribe(id: string, topic: ITopic): void {
  const queue = new Queue(stack, id);
  topic.addSubscription(new SqsSubscription(queue));
  new CfnOutput(stack, `${id}Url`, { value: queue.queueUrl });
}
