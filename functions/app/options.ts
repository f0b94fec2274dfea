import type { Environment } from '../core/environment.js';
import type { PoolDefinition } from '../core/pool-definition-type.js';
import type { PoolSettings } from '../core/pool-settings.js';

/** Where the pool's log goes: `console` has this shape, and so have the usual loggers. */
export interface Logger {
  info(text: string): void;
  warn(text: string): void;
}

/** Where a pool connects and what it may have. Everything is optional where `DATABASE_URL` is set. */
export interface SettingsOptions {
  /**
   * Name of the pool: the one of its definition in SSM, so that the monitor finds the gauges.
   *
   * @default 'default'
   */
  readonly name?: string;
  /**
   * `postgres://user:password@host:5432/database`. Verified TLS unless it says `sslmode=disable` or names this machine;
   * `sslrootcert` names the file of a private authority.
   *
   * @default DATABASE_URL
   */
  readonly connectionString?: string;
  /**
   * Settings written in the code, where no `DATABASE_POOL_*` variable says otherwise. Milliseconds.
   *
   * @default none
   */
  readonly settings?: Partial<PoolSettings>;
  /**
   * The definition that the monitor reads, as the text of its SSM parameter or as an object. Its `pool` gives the settings
   * that neither a variable nor `settings` says; where to connect, and as whom, is always the URL's to say.
   *
   * @default none
   */
  readonly definition?: string | PoolDefinition;
  /** @default process.env */
  readonly environment?: Environment;
}

export interface PoolOptions extends SettingsOptions {
  /**
   * Asked for the password or the IAM token of each new connection, in the place of the URL's password.
   *
   * @default the password of the URL
   * @see https://www.npmjs.com/package/@aws-sdk/rds-signer `() => signer.getAuthToken()`
   */
  readonly password?: () => string | Promise<string>;
  /**
   * `application_name` of its sessions, by which the monitor can count them.
   *
   * @default `application_name` of the URL, or none
   */
  readonly applicationName?: string;
  /** @default console */
  readonly logger?: Logger;
  /**
   * Takes the gauges as a line of CloudWatch's embedded metric format, once a minute. Null: nobody does.
   *
   * @default standard output
   */
  readonly writeMetrics?: ((line: string) => void) | null;
  /**
   * Milliseconds that `end` waits for what is still in use, before it takes a second to close or cut the connections.
   *
   * @default 10000
   */
  readonly endWithin?: number;
}
