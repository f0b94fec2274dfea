import type { EnvironmentName, PoolSettings } from './pool-settings.js';
import type { PoolerDefinition } from './poolers.js';

/** A pool's definition as a user writes it: the value of its SSM parameter. `definition.ts` checks it. */
export interface PoolDefinition {
  /** Host name or address, without port, user or scheme. */
  readonly endpoint: string;
  /** @default 5432 */
  readonly port?: number;
  readonly database: string;
  /** The role of the check. */
  readonly user: string;
  /** How the check logs in: with IAM, or with the password of a secret in Secrets Manager. */
  readonly auth: { readonly type: 'iam' } | { readonly type: 'secret'; readonly arn: string };
  /** @default "verify-full" */
  readonly tls?: 'verify-full' | 'off';
  /** Whose defaults apply to the settings that `pool` does not name. @default "production" */
  readonly environment?: EnvironmentName;
  /** The settings of the application's pool. Milliseconds. @default those of `environment` */
  readonly pool?: Partial<PoolSettings>;
  /** How many instances of the application have such a pool each. @default 1 */
  readonly instances?: number;
  /** Whose sessions of the database are the pool's. @default everybody's */
  readonly count?: { readonly users?: readonly string[]; readonly applications?: readonly string[] };
  /** True if the application logs in as `user` too. @default false */
  readonly sharedUser?: boolean;
  /** What stands between the application and the server. @default found out */
  readonly managed?: PoolerDefinition;
  /** From where on the share of pinned connections and the mean wait for one are problems. @default 20 % and 100 ms */
  readonly limits?: { readonly pinnedPercent?: number; readonly borrowWaitMs?: number };
}
