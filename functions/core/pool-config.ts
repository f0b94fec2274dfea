import type { EnvironmentName, PoolSettings } from './pool-settings.js';
import type { PoolerDefinition } from './poolers.js';
import type { Violation } from './validation.js';

/** A pool's definition as a user writes it: the value of its SSM parameter. */
export interface PoolDefinition {
  /** Host name or address that the check connects to, without port, user or scheme. */
  readonly endpoint: string;
  /** @default 5432 */
  readonly port?: number;
  /** Name of the database whose sessions are counted. */
  readonly database: string;
  /** The database role of the check. */
  readonly user: string;
  /** How the check logs in: with an IAM token, or with the password of a secret in Secrets Manager. */
  readonly auth: { readonly type: 'iam' } | { readonly type: 'secret'; readonly arn: string };
  /** @default "verify-full" */
  readonly tls?: 'verify-full' | 'off';
  /** Whose defaults apply to the settings that `pool` does not name. @default "production" */
  readonly environment?: EnvironmentName;
  /** Settings of the application's pool; times in milliseconds. @default those of `environment` */
  readonly pool?: Partial<PoolSettings>;
  /** How many instances of the application have such a pool each. @default 1 */
  readonly instances?: number;
  /** Which sessions of the database belong to the pool. @default all */
  readonly count?: { readonly users?: readonly string[]; readonly applications?: readonly string[] };
  /** True if the application logs in as `user` too. @default false */
  readonly sharedUser?: boolean;
  /** The pooler between the application and PostgreSQL. @default detected */
  readonly managed?: PoolerDefinition;
  /**
   * When stats of the pooler are problems: share of pinned connections (percent), mean wait for a connection (milliseconds).
   *
   * @default 20 and 100
   */
  readonly limits?: { readonly pinnedPercent?: number; readonly borrowWaitMs?: number };
  /**
   * What the utilization is a percentage of: open connections, or those in use.
   *
   * @default "active" behind a pooler that multiplexes, otherwise "open"
   */
  readonly utilization?: UtilizationBasis;
  /** What the server at the endpoint has to be. @default derived from the host name, otherwise as first seen */
  readonly role?: ExpectedRole;
}

export type UtilizationBasis = 'open' | 'active';
export type ExpectedRole = 'primary' | 'standby' | 'any';

/**
 * A pool's definition after validation: the only form that the rest of the code accepts. It comes from `pool-definition.ts`
 * (SSM, and the same check at synth) or from a URL and environment variables (`functions/compose/`).
 */
export interface PoolConfig {
  /** Name of the pool: dimension of its metrics, last part of its SSM path and of its URL path. */
  readonly pool: string;
  /** Host name, address or, with a leading slash, directory of a Unix socket. Never logged or returned. */
  readonly endpoint: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** How the check logs in; `url` only if the password comes from the URL. */
  readonly auth:
    | { readonly type: 'iam' }
    | { readonly type: 'secret'; readonly arn: string }
    | { readonly type: 'url' };
  /** `verify-ca`, which does not compare the host name with the certificate, comes only from a URL. */
  readonly tls: 'verify-full' | 'verify-ca' | 'off';
  readonly settings: PoolSettings;
  /** How many application instances have such a pool each. */
  readonly instances: number;
  /** Which sessions of the database belong to the pool; null means all. */
  readonly count: { readonly users: readonly string[] | null; readonly applications: readonly string[] | null };
  /** True if the application logs in as the check's user too. */
  readonly sharedUser: boolean;
  /** The pooler between the application and PostgreSQL; null if it has to be detected. */
  readonly managed: PoolerDefinition | null;
  /** Pinned share (percent) and mean borrow wait (milliseconds) from which they are problems. */
  readonly limits: { readonly pinnedPercent: number; readonly borrowWaitMs: number };
  /** What the utilization is a percentage of; null for the default of the pooler. */
  readonly utilization: UtilizationBasis | null;
  /** What the server has to be; null if the definition does not say. */
  readonly role: ExpectedRole | null;
  /** Milliseconds after which a counted idle session may be leaked; null if the user did not write `idleTimeout`. */
  readonly idleLimitMs: number | null;
}

/** Where a check connects, and as which user. */
export type ConnectionTarget = Pick<PoolConfig, 'endpoint' | 'port' | 'database' | 'user' | 'tls'>;

declare const validated: unique symbol;

/** Only validation can create one. */
export type ValidatedPoolConfig = PoolConfig & { readonly [validated]: true };

export type Validation =
  | { readonly ok: true; readonly config: ValidatedPoolConfig; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly violations: readonly Violation[] };

/** Marks a configuration as validated. Only for modules that have just validated it. */
export function seal(config: PoolConfig): ValidatedPoolConfig {
  return Object.freeze(config) as ValidatedPoolConfig;
}

/** `idleLimitMs` of a pool whose `idleTimeout` the user wrote. A pool closes idle connections long before that. */
export function idleLimitMs(idleTimeoutMs: number): number {
  return 2 * idleTimeoutMs + 60_000;
}

/** Connections that all instances together may open: `max` x `instances`. */
export function configuredMax({ settings, instances }: Pick<PoolConfig, 'settings' | 'instances'>): number {
  return settings.max * instances;
}
