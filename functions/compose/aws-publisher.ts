import { cloudWatchClient } from '../aws/clients/cloudwatch.js';
import { CloudWatchPublisher } from '../aws/cloudwatch-publisher.js';
import type { Publish } from '../core/ports.js';

/** Publishes to CloudWatch. A file of its own: only the check publishes, so the bundles of the API hold no client for it. */
export function awsPublisher(): Publish {
  const publisher = new CloudWatchPublisher({ client: cloudWatchClient() });
  return (metrics) => publisher.publish(metrics);
}
