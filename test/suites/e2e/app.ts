import { App, CfnOutput, CliCredentialsStackSynthesizer, type IStackSynthesizer, Stack } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { addOutputs } from '../../../infra/construct/outputs.js';
import { PoolHealth } from '../../../infra/construct/pool-health.js';
import { FEATURE_FLAGS } from '../../../infra/feature-flags.js';
import { changeCode } from './change-code.js';
import { allFunctions, leaveOut } from './leave-out.js';
import { POOL, POOL_NAMES, POOLS_IN_MAIN_STACK, type Settings } from './settings.js';

/**
 * A CDK app like a user's own: the construct, 40 pools, and a queue that subscribes to each topic. `leave-out.ts` removes
 * what the emulator does not support.
 */

const app = new App({ context: FEATURE_FLAGS });
const { port, secretArn, isChanged }: Settings = JSON.parse(app.node.getContext('e2e'));
// Uses the credentials of the CLI, because the bootstrap bucket refuses its own roles without TLS. The types of this class
// do not support exactOptionalPropertyTypes.
const synthesizer = new CliCredentialsStackSynthesizer() as IStackSynthesizer;
const stack = new Stack(app, 'pool-health-e2e', { synthesizer });
const { database, user, max } = POOL;
const health = new PoolHealth(stack, 'PoolHealth', {
  pools: POOL_NAMES.map((name, index) => ({
    name,
    // Only keys of version 0.1.0: the definition of a user who upgrades.
    definition: {
      endpoint: '127.0.0.1',
      port,
      database,
      user,
      auth: { type: 'secret', arn: secretArn },
      tls: 'off',
      pool: { max },
    },
    alarmStack: index < POOLS_IN_MAIN_STACK ? 0 : 1,
  })),
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
