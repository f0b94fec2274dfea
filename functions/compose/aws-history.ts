import { CloudWatchHistory } from '../aws/cloudwatch-history.js';
import { DEPLOYED_ENVIRONMENT, type Environment } from '../core/environment.js';
import type { HistorySource } from '../core/history.js';

/** The history of the pools in `POOL_HEALTH_POOLS`. A separate file, so that the page's bundle contains no other AWS client. */
export function awsHistory({
  POOL_HEALTH_POOLS = DEPLOYED_ENVIRONMENT.POOL_HEALTH_POOLS.default,
  POOL_HEALTH_NAMESPACE: namespace = DEPLOYED_ENVIRONMENT.POOL_HEALTH_NAMESPACE.default,
}: Environment): HistorySource {
  const pools = POOL_HEALTH_POOLS.split(',').filter((name) => name !== '');
  return new CloudWatchHistory(pools, namespace);
}
