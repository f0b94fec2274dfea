import type { Environment } from '../core/environment.js';
import type { PoolDefinition } from '../core/pool-config.js';
import type { PoolSettings } from '../core/pool-settings.js';
import type { Violation } from '../core/validation.js';

/** A logger. `console` has this shape, and so do the usual loggers. */
export interface Logger {
  info(text: string): void;
  warn(text: string): void;
}

/** Where a pool connects, and its settings. Everything is optional if `DATABASE_URL` is set. */
export interface SettingsOptions {
  /**
   * Name of the pool. Use the name of its definition in SSM: the monitor finds the pool's metrics by it.
   *
   * @default 'default'
   */
  readonly name?: string;
  /**
   * `postgres://user:password@host:5432/database`. TLS is verified unless the URL has `sslmode=disable` or its host is this
   * machine; `sslrootcert` is the path of a private certificate authority.
   *
   * @default DATABASE_URL
   */
  readonly connectionString?: string;
  /**
   * Settings from the code. A `DATABASE_POOL_*` variable overrides each. Milliseconds.
   *
   * @default none
   */
  readonly settings?: Partial<PoolSettings>;
  /**
   * The definition that the monitor reads, as the text of its SSM parameter or as an object. Its `pool` provides the settings
   * that neither a variable nor `settings` has. Host, database and user always come from the URL.
   *
   * @default none
   */
  readonly definition?: string | PoolDefinition;
  /** @default process.env */
  readonly environment?: Environment;
}

export interface PoolOptions extends SettingsOptions {
  /**
   * Returns the password or the IAM token of each new connection. Replaces the password of the URL.
   *
   * @default the password of the URL
   * @see https://www.npmjs.com/package/@aws-sdk/rds-signer `() => signer.getAuthToken()`
   */
  readonly password?: () => string | Promise<string>;
  /**
   * `application_name` of the pool's sessions. The monitor can count sessions by it.
   *
   * @default `application_name` of the URL, or none
   */
  readonly applicationName?: string;
  /**
   * CloudWatch namespace of the metrics: that of the deployment that monitors the pool, such as `PoolHealth/staging`.
   *
   * @default POOL_HEALTH_NAMESPACE, or "PoolHealth"
   */
  readonly namespace?: string;
  /** @default console */
  readonly logger?: Logger;
  /**
   * Writes the metrics, once a minute, as one line of CloudWatch's embedded metric format. Null turns them off.
   *
   * @default standard output
   */
  readonly writeMetrics?: ((line: string) => void) | null;
  /**
   * Milliseconds that `end` waits for connections in use and for waiting requests. After them, `end` takes one second at most
   * to close the connections.
   *
   * @default 10000
   */
  readonly endWithin?: number;
}

/**
 * The options are not valid. The message lists every mistake with the field, the value received and what is accepted. It
 * never contains a part of a connection string.
 */
export class InvalidPoolOptions extends Error {
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    const messages = [...new Set(violations.map(({ message }) => message))];
    super(`Invalid pool options: ${messages.join('; ')}`);
    this.name = 'InvalidPoolOptions';
    this.violations = violations;
  }
}

/** @throws InvalidPoolOptions with one mistake */
export function refuseOption(field: string, message: string): never {
  throw new InvalidPoolOptions([{ field, message }]);
}
