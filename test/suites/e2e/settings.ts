/** The settings of a deployment, in the context `e2e`. */
export interface Settings {
  /** The port of PostgreSQL on this machine. */
  readonly port: number;
  /** The ARN of the secret with the password of the check's role. */
  readonly secretArn: string;
  /** Whether the functions' code differs from that of the first deployment. */
  readonly isChanged: boolean;
}

/** The pool that the tests fill, with the maximum that is deployed. */
export const POOL = { name: 'orders', database: 'shop', user: 'pool_health', max: 20 } as const;

/** The pools of the deployment: `POOL`, and others with the same settings and sessions that nothing changes. */
export const POOL_NAMES: readonly string[] = Array.from({ length: 40 }, (_, index) =>
  index === 0 ? POOL.name : `pool-${index + 1}`,
);

/** Of these, so many have their alarms in the main stack, the others in a nested one. */
export const POOLS_IN_MAIN_STACK = 30;
