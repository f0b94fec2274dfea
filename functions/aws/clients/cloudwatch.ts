import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { BOUNDS, type Bounds, bounded } from './bounds.js';

/** Creates a client of CloudWatch, which stores the metrics. */
export function cloudWatchClient(bounds: Bounds = BOUNDS): CloudWatchClient {
  return new CloudWatchClient(bounded(bounds));
}
