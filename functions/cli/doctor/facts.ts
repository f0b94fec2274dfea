import type { PoolSettings } from '../../core/pool-settings.js';
import type { Problem } from '../../core/problems.js';
import type { DatabaseView, PoolerView } from '../../core/sample.js';
import type { RoleFacts } from '../../postgres/role.js';

/** Everything that the doctor looks at. What could not be seen is null. */
export interface Facts {
  readonly settings: SettingsFacts;
  readonly address: AddressFacts;
  /** Whether the application logs in as the role of the URL too; otherwise only the check does. */
  readonly sharedUser: boolean;
  readonly role: RoleFacts | null;
  readonly database: DatabaseView | null;
  readonly managed: PoolerView | null;
  /** Those of a check. */
  readonly problems: readonly Problem[];
}

export interface SettingsFacts {
  /** Those in force here; null when there is a mistake in them. */
  readonly inForce: PoolSettings | null;
  readonly instances: number;
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
  /** What the deployed check works with; null without a definition. */
  readonly definition: { readonly settings: PoolSettings; readonly database: string } | null;
  /** Settings that a variable decides, and its name. */
  readonly variables: Readonly<Partial<Record<keyof PoolSettings, string>>>;
}

export interface AddressFacts {
  readonly database: string;
  readonly tls: 'verify-full' | 'off';
  /** Whether the connection never leaves this machine. */
  readonly isThisMachine: boolean;
}
