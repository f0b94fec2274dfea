import { escapeIdentifier, escapeLiteral } from 'pg';
import { type SessionState, startTestServer, type TestServer } from '../../support/postgres.js';
import { POOL } from './settings.js';

/** For two connections to each pool, and those that the test opens. */
const MAX_CONNECTIONS = '200';

/** The role whose sessions are counted. */
const APPLICATION = 'shop_app';

/** A PostgreSQL with the database of an application, and sessions that the test opens. */
export class Database {
  readonly #server: TestServer;

  static async start(): Promise<Database> {
    const server = await startTestServer({ max_connections: MAX_CONNECTIONS });
    await server.createDatabase(POOL.database);
    await server.createRole(APPLICATION);
    return new Database(server);
  }

  private constructor(server: TestServer) {
    this.#server = server;
  }

  get port(): number {
    return this.#server.postgres.port;
  }

  /** The password of every role. */
  get password(): string {
    return this.#server.postgres.password;
  }

  /** Runs the SQL in the outputs of a deployment, and sets the role's password, as a user must. */
  async createCheckRole(sql: string): Promise<void> {
    await this.#server.sql(sql);
    await this.#server.sql(`ALTER ROLE ${escapeIdentifier(POOL.user)} PASSWORD ${escapeLiteral(this.password)}`);
  }

  async open(count: number, state: SessionState): Promise<void> {
    await this.#server.open(count, state, { user: APPLICATION, database: POOL.database });
  }

  /** Sessions of a role, by state, in the server's own words. */
  async shown(role: 'application' | 'check'): Promise<Readonly<Record<string, number>>> {
    const rows = await this.#server.sql(
      'SELECT state, count(*)::int FROM pg_stat_activity WHERE datname = $1 AND usename = $2 GROUP BY state',
      [POOL.database, role === 'application' ? APPLICATION : POOL.user],
    );
    return Object.fromEntries(rows.map(({ state, count }) => [String(state), Number(count)]));
  }

  async remove(): Promise<void> {
    await this.#server.close();
  }
}
