import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { BOUNDS, type Bounds, bounded } from './bounds.js';

/** A client of CloudWatch, which takes the metrics. */
export function cloudWatchClient(bounds: Bounds = BOUNDS): CloudWatchClient {
  return new CloudWatchClient(bounded(bounds));
}
