import { Client } from 'pg';
import { fixedPassword } from '../../../functions/connection/credentials.js';
import { SharedConnection } from '../../../functions/connection/shared-connection.js';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import type { Problem } from '../../../functions/core/problems.js';
import type { PoolerStats, PoolSample } from '../../../functions/core/sample.js';
import type { Verdict } from '../../../functions/core/verdict.js';
import { Monitor } from '../../../functions/monitor/monitor.js';
import { PgbouncerReader } from '../../../functions/poolers/pgbouncer/reader.js';
import { PoolerProbe } from '../../../functions/poolers/probe.js';
import { PostgresProbe } from '../../../functions/postgres/probe.js';
import { inTurns } from '../../support/clock.js';
import { CONSOLE_USER, type Pgbouncer, type PgbouncerOptions, startPgbouncer } from '../../support/pgbouncer.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor } from '../../support/probe.js';
import { until } from '../../support/until.js';

/** The role of the application, and its database. */
export const APP = 'app';
export const SHOP = 'shop';
/** Connections to the server that PgBouncer may open for each user. */
export const POOL_SIZE = 5;
/** A table of all databases that nobody needs: who locks it in one holds the statements of clients in another. */
const GATE = 'pg_catalog.pg_shdescription';

/** How a definition names a PgBouncer. The secret is not read here. */
export const NAMED: PoolConfig['managed'] = {
  kind: 'pgbouncer',
  user: CONSOLE_USER,
  auth: { type: 'secret', arn: '' },
};

/** One look at a pool, from both sides. */
export interface Look {
  readonly verdict: Verdict;
  readonly sample: PoolSample;
  readonly figures: PoolerStats | null;
  readonly codes: readonly Problem['code'][];
  /** How long it waited, in milliseconds: see `inTurns`. */
  readonly tookMs: number;
}

/** A real server with a real PgBouncer in front of it, clients of an application, and checks. */
export class Scene {
  readonly server: TestServer;
  readonly #monitors: Monitor[] = [];
  readonly #clients: Client[] = [];
  #gate: Client | null = null;
  #pooler: Pgbouncer | null = null;

  private constructor(server: TestServer) {
    this.server = server;
  }

  static async start(): Promise<Scene> {
    const server = await startTestServer({ max_connections: '60' });
    await server.createCheckRole(CHECK_ROLE);
    await server.createRole(APP, 'IN ROLE pg_monitor');
    await server.createRole('stranger');
    await server.createDatabase(SHOP);
    return new Scene(server);
  }

  get pooler(): Pgbouncer {
    if (!this.#pooler) {
      throw new Error('There is no PgBouncer yet.');
    }
    return this.#pooler;
  }

  /** Puts a PgBouncer in front of the server, with `POOL_SIZE` connections for each user. */
  async pool(settings: Readonly<Record<string, string>>, options: Partial<PgbouncerOptions> = {}): Promise<Pgbouncer> {
    this.#pooler = await startPgbouncer(this.server, {
      users: [APP, CHECK_ROLE, 'stranger'],
      databases: { [SHOP]: '' },
      ...options,
      settings: { default_pool_size: String(POOL_SIZE), max_client_conn: '200', ...settings },
    });
    return this.#pooler;
  }

  /** A check through the PgBouncer, which keeps its connections from look to look. */
  check(changes: Partial<PoolConfig> = {}): () => Promise<Look> {
    const settings = { min: 1, max: POOL_SIZE, idleTimeout: 30_000, connectionTimeout: 10_000 };
    const through = { port: this.pooler.port, database: SHOP, settings, managed: NAMED };
    const config = configFor(this.server, { ...through, ...changes });
    const credentials = fixedPassword(this.server.postgres.password);
    const console = config.managed?.kind === 'pgbouncer' ? config.managed.user : config.user;
    const monitor = new Monitor({ pools: async () => [] }, () => {
      const isPooled = config.managed?.kind === 'pgbouncer';
      const session = new SharedConnection({ target: config, caFile: null, credentials, isPooled });
      const pgbouncer = new PgbouncerReader(config, { user: console, credentials, caFile: null });
      return { database: new PostgresProbe(config, session), pooler: new PoolerProbe(config, { pgbouncer }) };
    });
    this.#monitors.push(monitor);
    return async () => {
      const look = () => monitor.assess({ pool: config.pool, config, problems: [] }, 0);
      const { value, turnsMs: tookMs } = await inTurns(look);
      const { sample, verdict } = value;
      const codes = verdict.problems.map(({ code }) => code);
      return { verdict, sample, figures: sample.pooler?.stats ?? null, codes, tookMs };
    };
  }

  /** A client of the application through the PgBouncer. */
  async client(user = APP): Promise<Client> {
    const client = new Client(this.pooler.connection({ user, database: SHOP }));
    client.on('error', () => undefined);
    await client.connect();
    this.#clients.push(client);
    return client;
  }

  /**
   * Lets so many clients run a statement that lasts until `release`; then they leave. Resolves when as many are served as
   * can be, and all others wait.
   */
  async crowd(count: number, served: number, user = APP): Promise<void> {
    await this.#closeGate();
    for (let come = 0; come < count; come += 1) {
      const client = await this.client(user);
      client
        .query(`SELECT 1 FROM ${GATE} LIMIT 1`)
        .then(() => client.end())
        .catch(() => undefined);
    }
    await until(`${served} of ${count} clients are served`, async () => {
      const row = await this.pooler.pool(SHOP, user);
      return row?.sv_active === served && row.cl_waiting === count - served;
    });
  }

  /** Lets all statements of crowds end. */
  async release(): Promise<void> {
    await this.#gate?.end();
    this.#gate = null;
  }

  /** Resolves when all clients of a role are gone, and none of its connections is in use. */
  async left(user = APP): Promise<void> {
    await until('everybody was served and has left', async () => {
      const row = await this.pooler.pool(SHOP, user);
      return row?.cl_active === 0 && row.cl_waiting === 0 && row.sv_active === 0;
    });
  }

  /** How many clients wait, by the console's own words. */
  async waiting(user: string): Promise<number> {
    return Number((await this.pooler.pool(SHOP, user))?.cl_waiting ?? 0);
  }

  /** Process ids of the server connections of a role. */
  async backends(user: string): Promise<string> {
    const rows = await this.server.sql('SELECT pid FROM pg_stat_activity WHERE usename = $1 ORDER BY pid', [user]);
    return rows.map(({ pid }) => pid).join();
  }

  /** Ends what a test left. */
  async clear(): Promise<void> {
    await Promise.all(this.#monitors.splice(0).map((monitor) => monitor.close()));
    await this.#pooler?.remove();
    this.#pooler = null;
    this.#clients.splice(0);
    await this.release();
    await this.server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${SHOP}'`);
    await this.server.gone('sessions of the test', `datname = '${SHOP}'`);
  }

  async #closeGate(): Promise<void> {
    if (!this.#gate) {
      this.#gate = await this.server.connect();
      await this.#gate.query(`BEGIN; LOCK TABLE ${GATE} IN ACCESS EXCLUSIVE MODE`);
    }
  }
}
