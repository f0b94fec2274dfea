import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { createCheckRole } from '../../functions/dev/demo-database.js';
import {
  type EmbeddedPostgres,
  type Login,
  startPostgres,
} from '../../functions/dev/embedded-postgres/embedded-postgres.js';
import { until } from './until.js';

/** What a session can be made to do, in the words of `pg_stat_activity.state`. */
export type SessionState = 'active' | 'idle' | 'idle in transaction' | 'idle in transaction (aborted)';

export interface SessionOptions extends Login {
  /** @default 'test' */
  readonly applicationName?: string;
}

/** Sessions that a test opened, and so knows the number of. */
export interface Sessions {
  readonly clients: readonly Client[];
  /** Their process ids on the server. */
  readonly pids: readonly number[];
  /** Resolves when the server has forgotten them. */
  close(): Promise<void>;
}

/** The server's own view of these tests: one superuser session in the database `postgres`, always there. */
export const OWN_SESSIONS = 1;

/**
 * Starts a server for one test file: `POOL_HEALTH_TEST_BINARIES` names the folder of its npm package, otherwise the
 * installed one. All roles have the same password, so that `server.postgres.url({ user, database })` is enough to log in.
 *
 * @param settings lines for `postgresql.conf`
 * @throws Error if it is not of the version that `POOL_HEALTH_TEST_MAJOR` says
 */
export async function startTestServer(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const binaries = process.env.POOL_HEALTH_TEST_BINARIES;
  const server = new TestServer(await startPostgres({ settings, ...(binaries && { binaries }) }));
  const [row] = await server.sql('SHOW server_version_num');
  const major = Math.floor(Number(row?.server_version_num) / 10_000);
  const expected = process.env.POOL_HEALTH_TEST_MAJOR ?? String(major);
  if (String(major) !== expected) {
    await server.close();
    throw new Error(`PostgreSQL ${major} runs where ${expected} was to be tested`);
  }
  await server.gone('the sessions of the start', `pid <> pg_backend_pid() AND backend_type = 'client backend'`);
  return server;
}

export class TestServer {
  readonly postgres: EmbeddedPostgres;
  #superuser: Promise<Client> | null = null;

  constructor(postgres: EmbeddedPostgres) {
    this.postgres = postgres;
  }

  /** Runs SQL as superuser in the database `postgres`, also when no slot is left. Returns the rows. */
  async sql(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await (await this.#admin()).query<Record<string, unknown>>(text, [...values]);
    return rows;
  }

  async createDatabase(name: string, options = ''): Promise<void> {
    await this.sql(`CREATE DATABASE ${escapeIdentifier(name)} ${options}`);
  }

  /** @param options such as `CONNECTION LIMIT 2 IN ROLE pg_monitor` */
  async createRole(name: string, options = ''): Promise<void> {
    const password = escapeLiteral(this.postgres.password);
    await this.sql(`CREATE ROLE ${escapeIdentifier(name)} LOGIN PASSWORD ${password} ${options}`);
  }

  /** A role as the check should have it: sees everything, at most three sessions, statements that end by themselves. */
  async createCheckRole(name: string): Promise<void> {
    await createCheckRole(await this.#admin(), name, this.postgres.password);
  }

  /** One more session, idle. It is closed with the server at the latest; that it breaks is no error. */
  async connect({ applicationName = 'test', ...login }: SessionOptions = {}): Promise<Client> {
    const client = new Client({ ...this.postgres.connection(login), application_name: applicationName });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Opens sessions and brings them into a state; resolves when the server sees all of them in it. */
  async open(count: number, state: SessionState, options: SessionOptions = {}): Promise<Sessions> {
    const clients: Client[] = [];
    const pids: number[] = [];
    for (let opened = 0; opened < count; opened += 1) {
      const client = await this.connect(options);
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      clients.push(client);
      pids.push(...rows.map(({ pid }) => pid));
      await bring(client, state);
    }
    await until(`${count} sessions are ${state}`, async () => {
      const rows = await this.sql('SELECT 1 FROM pg_stat_activity WHERE pid = ANY($1) AND state = $2', [pids, state]);
      return rows.length === count;
    });
    const close = async () => {
      // Cancels what runs: a statement whose client is gone would otherwise go on.
      await this.sql('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [pids]);
      await this.gone('sessions that were closed', 'pid = ANY($1)', [pids]);
    };
    return { clients, pids, close };
  }

  /** Waits until no session fulfils a condition on `pg_stat_activity`. */
  async gone(what: string, condition: string, values: readonly unknown[] = []): Promise<void> {
    await until(`no more ${what}`, async () => {
      const rows = await this.sql(`SELECT 1 FROM pg_stat_activity WHERE ${condition}`, values);
      return rows.length === 0;
    });
  }

  /** Ends the server and with it all sessions, and removes its files. */
  async close(): Promise<void> {
    await this.postgres.remove();
  }

  /** The superuser's session, opened anew after the server was down. */
  #admin(): Promise<Client> {
    this.#superuser ??= this.connect({ applicationName: 'superuser' }).then((client) => {
      client.on('end', () => {
        this.#superuser = null;
      });
      return client;
    });
    return this.#superuser;
  }
}

/** An active session stays so for ten minutes; its statement ends with an error when the session is closed. */
async function bring(client: Client, state: SessionState): Promise<void> {
  if (state === 'active') {
    client.query('SELECT pg_sleep(600)').catch(() => undefined);
  } else if (state !== 'idle') {
    await client.query('BEGIN');
    if (state === 'idle in transaction (aborted)') {
      await client.query('SELECT 1 / 0').catch(() => undefined);
    }
  }
}
