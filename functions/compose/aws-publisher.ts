import { cloudWatchClient } from '../aws/clients/cloudwatch.js';
import { CloudWatchPublisher } from '../aws/cloudwatch-publisher.js';
import type { Publish } from '../core/ports.js';

/** Publishes to CloudWatch. A separate file, so that only the check's bundle contains this client. */
export function awsPublisher(): Publish {
  const publisher = new CloudWatchPublisher({ client: cloudWatchClient() });
  return (metrics) => publisher.publish(metrics);
}
