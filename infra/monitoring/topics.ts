import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

/** The e-mail addresses that receive alarms. Each address gets a message from AWS and must confirm it. */
export interface EmailAddresses {
  /** Receive the `act-now` alarms. @default none */
  readonly actNow?: readonly string[];
  /** Receive every other alarm. @default none */
  readonly notice?: readonly string[];
}

/** The topics that alarms are sent to: one for the `act-now` alarms, one for all others. */
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
    // This policy replaces the default one, which lets alarms of the account publish.
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
