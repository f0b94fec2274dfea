import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

/** Who is told by e-mail. Each address gets a message from AWS and has to confirm it. */
export interface EmailAddresses {
  /** Told when somebody has to act now. @default none */
  readonly actNow?: readonly string[];
  /** Told of everything else. @default none */
  readonly notice?: readonly string[];
}

/** Where alarms are sent: what has to be acted on now, and everything else. */
export class Topics extends Construct {
  readonly actNow: Topic;
  readonly notice: Topic;

  constructor(scope: Construct, id: string, emails: EmailAddresses) {
    super(scope, id);
    this.actNow = this.#topic('ActNow', emails.actNow ?? []);
    this.notice = this.#topic('Notice', emails.notice ?? []);
  }

  #topic(id: string, addresses: readonly string[]): Topic {
    const topic = new Topic(this, id, { enforceSSL: true });
    // A policy of our own replaces the default one, which is what lets alarms of the account publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    for (const address of new Set(addresses)) {
      topic.addSubscription(new EmailSubscription(address));
    }
    return topic;
  }
}
