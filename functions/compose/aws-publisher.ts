import { cloudWatchClient } from '../aws/clients/cloudwatch.js';
import { CloudWatchPublisher } from '../aws/cloudwatch-publisher.js';
import { DEPLOYED_ENVIRONMENT, type Environment } from '../core/environment.js';
import type { Publish } from '../core/ports.js';

/** Publishes to CloudWatch, in the namespace that the environment names. A separate file, so that only the check's bundle contains this client. */
export function awsPublisher({
  POOL_HEALTH_NAMESPACE: namespace = DEPLOYED_ENVIRONMENT.POOL_HEALTH_NAMESPACE.default,
}: Environment): Publish {
  const publisher = new CloudWatchPublisher({ client: cloudWatchClient(), namespace });
  return (metrics) => publisher.publish(metrics);
}
