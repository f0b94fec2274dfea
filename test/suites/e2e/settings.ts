/** What a deployment is told, as the context `e2e`. */
export interface Settings {
  /** Of PostgreSQL on this machine. */
  readonly port: number;
  /** Of the secret with the password of the check's role. */
  readonly secretArn: string;
  /** Whether the functions' code differs from that of the first deployment. */
  readonly isChanged: boolean;
}

/** The pool that is watched, with the maximum that is deployed. */
export const POOL = { name: 'orders', database: 'shop', user: 'pool_health', max: 20 } as const;
