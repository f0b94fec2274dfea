import { SSMClient } from '@aws-sdk/client-ssm';
import { BOUNDS, type Bounds, bounded } from './bounds.js';

/** A client of SSM, which holds the definitions of the pools. */
export function ssmClient(bounds: Bounds = BOUNDS): SSMClient {
  return new SSMClient(bounded(bounds));
}
