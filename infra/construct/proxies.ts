import { Token } from 'aws-cdk-lib';
import { parseRdsProxyHost } from '../../functions/core/rds-hosts.js';
import type { CheckedPool } from './pools.js';

/** An RDS Proxy that stands before at least one pool. */
export interface WatchedProxy {
  /** Its name, or the first pool's where the proxy's own is known only at deployment: identifies its alarms. */
  readonly label: string;
  /** What its metrics are found by. */
  readonly name: string;
}

/** The RDS Proxies that definitions name or host names show, each once, however many pools share it. */
export function proxiesOf(pools: readonly CheckedPool[]): readonly WatchedProxy[] {
  const proxies = new Map<string, WatchedProxy>();
  for (const pool of pools) {
    const name = proxyName(pool);
    if (name !== null && !proxies.has(name)) {
      proxies.set(name, { name, label: Token.isUnresolved(name) ? pool.name : name });
    }
  }
  return [...proxies.values()];
}

/** Null without a proxy, and where its name is not to be seen at synth. */
function proxyName({ definition: { managed, endpoint } }: CheckedPool): string | null {
  if (managed) {
    return managed.kind === 'rds-proxy' ? managed.name : null;
  }
  return parseRdsProxyHost(endpoint)?.proxy ?? null;
}
