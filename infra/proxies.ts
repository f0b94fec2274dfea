import { Token } from 'aws-cdk-lib';
import type { CheckedPool } from './pools.js';

/** An RDS Proxy that stands before at least one pool. */
export interface WatchedProxy {
  /** Its name, or the first pool's where the proxy's own is known only at deployment: identifies its alarms. */
  readonly label: string;
  /** What its metrics are found by. */
  readonly name: string;
}

/** The RDS Proxies that definitions name, each once, however many pools share it. */
export function proxiesOf(pools: readonly CheckedPool[]): readonly WatchedProxy[] {
  const proxies = new Map<string, WatchedProxy>();
  for (const { name: pool, definition } of pools) {
    if (definition.managed?.kind === 'rds-proxy' && !proxies.has(definition.managed.name)) {
      const { name } = definition.managed;
      proxies.set(name, { name, label: Token.isUnresolved(name) ? pool : name });
    }
  }
  return [...proxies.values()];
}
