import { Token } from 'aws-cdk-lib';
import { isRdsHost } from '../../functions/core/rds-hosts.js';
import { isBehindRdsProxy } from '../construct/permissions.js';
import type { CheckedPool } from '../construct/pools.js';
import { HOURS, PRICES } from './prices.js';

/** ACUs of an Aurora Serverless v2 instance that is awake, at least. */
const MIN_AWAKE_ACUS = 0.5;

/**
 * What the check costs an Aurora Serverless v2 cluster that could pause; null if no pool can be one. A cluster behind an
 * RDS Proxy never pauses, with or without the check: the proxy keeps a connection open.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
 */
export function autoPauseNotice(pools: readonly CheckedPool[]): string | null {
  const names = pools.filter(mayPause).map(({ name }) => JSON.stringify(name));
  if (names.length === 0) {
    return null;
  }
  const usd = Math.round(MIN_AWAKE_ACUS * PRICES.auroraAcuHour * HOURS);
  return `An Aurora Serverless v2 cluster with a minimum capacity of 0 no longer pauses: the check connects every minute. Awake it costs at least ${usd} USD a month (${MIN_AWAKE_ACUS} ACU in us-east-1). This applies to the pools ${names.join(', ')} if their database is such a cluster`;
}

/** Whether the host is a database of RDS, or is known only at deployment. */
function mayPause(pool: CheckedPool): boolean {
  const { endpoint } = pool.definition;
  return !isBehindRdsProxy(pool) && (Token.isUnresolved(endpoint) || isRdsHost(endpoint));
}
