import type { PoolSettings, Violation } from './pool-settings.js';
import type { PoolerDefinition } from './poolers.js';

/**
 * A pool's definition after validation: the only form in which the rest of the code accepts one. It is made by
 * `definition.ts` (SSM, and the same check at synth) and by `local-config.ts` (a URL and environment variables).
 */
export interface PoolConfig {
  /** Name of the pool: dimension of its metrics, last part of its SSM path and of its URL. */
  readonly pool: string;
  /** Host name, address or, with a leading slash, directory of a Unix socket. Never shown. */
  readonly endpoint: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** How the check logs in; `url` only where the URL brought its own password. */
  readonly auth:
    | { readonly type: 'iam' }
    | { readonly type: 'secret'; readonly arn: string }
    | { readonly type: 'url' };
  readonly tls: 'verify-full' | 'off';
  readonly settings: PoolSettings;
  /** How many application instances have such a pool each. */
  readonly instances: number;
  /** Whose sessions of the watched database are the pool's; null means everybody's. */
  readonly count: { readonly users: readonly string[] | null; readonly applications: readonly string[] | null };
  /** True if the application logs in as the check's user too. */
  readonly sharedUser: boolean;
  /** What stands between the application and the server; null means: to be found out. */
  readonly managed: PoolerDefinition | null;
  /** From where on pinned share (percent) and mean borrow wait (ms) are problems. */
  readonly limits: { readonly pinnedPercent: number; readonly borrowWaitMs: number };
}

/** Where a check connects, and as which user. */
export type ConnectionTarget = Pick<PoolConfig, 'endpoint' | 'port' | 'database' | 'user' | 'tls'>;

declare const validated: unique symbol;

/** Cannot be made but by validation. */
export type ValidatedPoolConfig = PoolConfig & { readonly [validated]: true };

export type Validation =
  | { readonly ok: true; readonly config: ValidatedPoolConfig; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly violations: readonly Violation[] };

/** Seals a configuration. Only for the modules that have just validated it. */
export function seal(config: PoolConfig): ValidatedPoolConfig {
  return Object.freeze(config) as ValidatedPoolConfig;
}

/** Connections that the settings promise: `max` of every instance. */
export function configuredMax({ settings, instances }: PoolConfig): number {
  return settings.max * instances;
}
