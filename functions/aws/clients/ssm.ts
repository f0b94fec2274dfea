import { SSMClient } from '@aws-sdk/client-ssm';
import { BOUNDS, type Bounds, bounded } from './bounds.js';

/** Creates a client of SSM, which stores the pool definitions. */
export function ssmClient(bounds: Bounds = BOUNDS): SSMClient {
  return new SSMClient(bounded(bounds));
}
