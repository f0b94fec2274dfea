/** The settings of a deployment, in the context `e2e`. */
export interface Settings {
  /** The port of PostgreSQL on this machine. */
  readonly port: number;
  /** The ARN of the secret with the password of the check's role. */
  readonly secretArn: string;
  /** Whether the functions' code differs from that of the first deployment. */
  readonly isChanged: boolean;
}

/** The monitored pool, with the maximum that is deployed. */
export const POOL = { name: 'orders', database: 'shop', user: 'pool_health', max: 20 } as const;
