import { inspect } from 'node:util';
import { expect } from 'vitest';
import { type Credentials, fixedPassword } from '../../functions/connection/credentials.js';
import { type ConnectionTimeouts, SharedConnection } from '../../functions/connection/shared-connection.js';
import type { PoolConfig } from '../../functions/core/pool-config.js';
import type { Problem } from '../../functions/core/problems.js';
import { PostgresProbe } from '../../functions/postgres/probe.js';
import { backendsOf } from './backends.js';
import { startTestServer, type TestServer } from './postgres.js';
import { configFor } from './probe.js';
import { Relay } from './relay.js';

/** A role of the check that nothing on the server ends: what is left behind stays. */
export const ROLE = 'check_through_relay';

/** For tests on a clock that goes by turns: there they are over only after so many turns of the event loop. */
export const SHORT = { totalMs: 1_500, connectMs: 1_000, queryMs: 1_000, reusedQueryMs: 500 };

/** Statements of the first check on a server: the counts and the facts. */
export const FIRST_STATEMENTS = 2;

export interface SessionChanges extends Partial<PoolConfig> {
  readonly credentials?: Credentials;
  readonly isPooled?: boolean;
  /** @default SHORT */
  readonly timeouts?: ConnectionTimeouts;
}

/** A real server, and a relay in front of it that is new for every test. */
export class Wire {
  readonly server: TestServer;
  relay: Relay;
  readonly #sessions: SharedConnection[] = [];

  private constructor(server: TestServer, relay: Relay) {
    this.server = server;
    this.relay = relay;
  }

  static async start(): Promise<Wire> {
    const server = await startTestServer();
    await server.createRole(ROLE, 'IN ROLE pg_monitor');
    return new Wire(server, await Relay.start(server.postgres.port));
  }

  /** A session of the check through the relay. */
  session({ credentials, isPooled = false, timeouts = SHORT, ...changes }: SessionChanges = {}): SharedConnection {
    const session = new SharedConnection({
      target: configFor(this.server, { port: this.relay.port, user: ROLE, ...changes }),
      caFile: null,
      credentials: credentials ?? fixedPassword(this.server.postgres.password),
      isPooled,
      timeouts,
    });
    this.#sessions.push(session);
    return session;
  }

  probe(changes: SessionChanges = {}): PostgresProbe {
    return new PostgresProbe(configFor(this.server, changes), this.session(changes));
  }

  /** The problems of a look. None of them may ever hold the password. */
  async problemsOf(probe: PostgresProbe): Promise<readonly Problem[]> {
    const { problems } = await probe.probe();
    expect(inspect(problems, { depth: 9 })).not.toContain(this.server.postgres.password);
    return problems;
  }

  async codes(probe: PostgresProbe): Promise<string[]> {
    return (await this.problemsOf(probe)).map(({ code }) => code);
  }

  /** Processes of the server that serve the check. */
  backends(): string[] {
    return backendsOf(this.server.postgres.pid ?? 0, ROLE);
  }

  /** Ends what a test left, on all three sides, and brings a new relay. */
  async renew(): Promise<void> {
    await Promise.all(this.#sessions.splice(0).map((session) => session.close()));
    await this.relay.close();
    await this.server.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [ROLE]);
    await this.server.gone('sessions of the check', 'usename = $1', [ROLE]);
    this.relay = await Relay.start(this.server.postgres.port);
  }

  async close(): Promise<void> {
    await this.relay.close();
    await this.server.close();
  }
}
