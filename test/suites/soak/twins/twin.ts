import type { PoolConfig } from '../../../../functions/core/pool-config.js';
import type { ProblemCode } from '../../../../functions/core/problems.js';
import type { Pgbouncer } from '../../../support/pgbouncer.js';
import type { SessionState, TestServer } from '../../../support/postgres.js';

/** The keys of a definition that make a twin; login and database are those of its place. */
export type TwinDefinition = Partial<Pick<PoolConfig, 'instances' | 'sharedUser' | 'utilization' | 'limits'>> & {
  readonly pool?: { readonly min?: number; readonly max: number; readonly idleTimeout?: number };
};

/**
 * A pool in which nothing is wrong, although it looks like one of the faults that the check reports. Its checks never have
 * an error, however long it lasts.
 */
export interface Twin {
  readonly name: string;
  readonly definition: TwinDefinition;
  /** By what the definition counts: the application's role, its `application_name`. @default the whole database */
  readonly counts?: readonly ('users' | 'applications')[];
  /** Problems that it may have as warnings. @default none */
  readonly warnings?: readonly ProblemCode[];
  /** Which server it is on. @default primary */
  readonly on?: 'standby' | 'pgbouncer';
  /** Options of the application's role. */
  readonly role?: string;
  /** Makes the scene, which lasts until the server is closed. */
  readonly open: (place: Place) => Promise<void>;
  /** Happens again and again while it is checked. */
  readonly act?: (place: Place) => Promise<void>;
}

/** `application_name` of the application's sessions. */
export const APPLICATION = 'api';

/** Where a twin is: its own database, and roles that no other twin has. */
export class Place {
  readonly server: TestServer;
  readonly primary: TestServer;
  readonly pgbouncer: Pgbouncer | null;
  readonly database: string;
  readonly app: string;
  readonly check: string;

  constructor(parts: Pick<Place, 'server' | 'primary' | 'pgbouncer'>, number: number) {
    this.server = parts.server;
    this.primary = parts.primary;
    this.pgbouncer = parts.pgbouncer;
    this.database = `twin_${number}`;
    this.app = `app_${number}`;
    this.check = `check_${number}`;
  }

  /** Opens sessions of the application on the server itself. */
  async sessions(
    count: number,
    state: SessionState = 'idle',
    user = this.app,
    applicationName = APPLICATION,
  ): Promise<void> {
    await this.server.open(count, state, { user, database: this.database, applicationName });
  }
}
