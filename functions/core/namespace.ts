import { received, type Violation } from './validation.js';

/**
 * The CloudWatch namespace of a deployment's metrics. Namespace and dimensions are the whole identity of a metric: in one
 * namespace, two deployments with a pool of the same name would share its values, alarms and heartbeat.
 */

/** The name of a deployment that has no other. */
export const DEFAULT_NAME = 'pool-health';

/** The namespace of the deployment with the default name, and of applications that name no other. */
export const DEFAULT_NAMESPACE = 'PoolHealth';

/** What a namespace accepts, in words. */
export const NAMESPACE_FORM = 'up to 255 letters, digits, ".", "_", "-", "/" or "#", not beginning with "AWS/"';

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Namespace */
export const NAMESPACE_PATTERN = /^(?!AWS\/)[\w.#/-]{1,255}$/i;

/** The mistake in a namespace, or null. @param field the option or variable that it comes from */
export function namespaceViolation(field: string, namespace: unknown): Violation | null {
  return typeof namespace === 'string' && NAMESPACE_PATTERN.test(namespace)
    ? null
    : { field, message: `${field} must be ${NAMESPACE_FORM}, received ${received(namespace)}` };
}

/** The namespace of the deployment with a name: each further deployment of an account and region has its own. */
export function namespaceOf(name: string): string {
  return name === DEFAULT_NAME ? DEFAULT_NAMESPACE : `${DEFAULT_NAMESPACE}/${name}`;
}
