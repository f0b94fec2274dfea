import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';
import { serverAccount } from '../../functions/dev/embedded-postgres/binaries.js';
import { type Child, lastLines, launch, type Place } from '../../functions/dev/embedded-postgres/child-process.js';
import { acceptsLogin, type Login } from '../../functions/dev/embedded-postgres/embedded-postgres.js';
import { freePort } from '../../functions/dev/embedded-postgres/free-port.js';
import { giveTo } from '../../functions/dev/embedded-postgres/init-database.js';
import type { TestServer } from './postgres.js';
import { until } from './until.js';

/** Who may do everything on the console, and who may only look. Both have the password that all roles have. */
export const CONSOLE_ADMIN = 'console_admin';
export const CONSOLE_USER = 'console_reader';

export interface PgbouncerOptions {
  /** Roles that may log in. */
  readonly users: readonly string[];
  /** Lines for `pgbouncer.ini`, such as `{ pool_mode: 'transaction' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Options of databases, such as `{ shop: 'pool_size=5' }`. @default every database of the server, with none */
  readonly databases?: Readonly<Record<string, string>>;
}

/**
 * Starts a real PgBouncer in front of a test server, on a free port of 127.0.0.1, in a temporary directory. It accepts
 * connections when this resolves.
 *
 * @throws Error of one line: what to install where there is none, otherwise its last words
 */
export async function startPgbouncer(server: TestServer, options: PgbouncerOptions): Promise<Pgbouncer> {
  const pooler = new Pgbouncer(program(), server, await freePort(), options);
  await pooler.start();
  return pooler;
}

/** Those whose files are still there: however this process ends, it leaves none of them behind. */
const present = new Set<Pgbouncer>();
process.on('exit', () => {
  for (const pooler of present) {
    pooler.removeNow();
  }
});

export class Pgbouncer {
  readonly port: number;
  readonly #program: string;
  readonly #password: string;
  readonly #place: Place;
  readonly #ini: string;
  #child: Child | null = null;
  #console: Client | null = null;

  constructor(program: string, server: TestServer, port: number, options: PgbouncerOptions) {
    const directory = mkdtempSync(join(tmpdir(), 'pool-health-pgbouncer-'));
    const account = serverAccount();
    this.port = port;
    this.#program = program;
    this.#password = server.postgres.password;
    this.#place = { directory, account, logFile: join(directory, 'pgbouncer.log') };
    this.#ini = join(directory, 'pgbouncer.ini');
    const list = join(directory, 'users');
    const users = [...options.users, CONSOLE_ADMIN, CONSOLE_USER].map((user) => `"${user}" "${this.#password}"\n`);
    writeFileSync(list, users.join(''), { mode: 0o600 });
    writeFileSync(this.#ini, configuration(server, port, list, options));
    chmodSync(directory, 0o755);
    giveTo(account, list);
    present.add(this);
  }

  /** Process id; null while it does not run. */
  get pid(): number | null {
    return this.#child?.outcome() === null ? this.#child.pid : null;
  }

  /** Starts it, also after it was stopped, on the port it had before. */
  async start(): Promise<void> {
    const child = launch(this.#program, [this.#ini], this.#place);
    this.#child = child;
    await until('PgBouncer accepts connections', async () => {
      if (child.outcome() !== null) {
        throw new Error(`PgBouncer did not start (${child.outcome()}): ${lastLines(this.#place.logFile)}`);
      }
      return await acceptsLogin(this.connection({ user: CONSOLE_ADMIN, database: 'pgbouncer' }));
    });
  }

  /** Ends it and cuts all its connections. */
  async stop(): Promise<void> {
    this.#child?.signal('SIGKILL');
    await this.#child?.ended;
    this.#console = null;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#place.directory, { recursive: true });
    present.delete(this);
  }

  /** How `pg` connects through it. */
  connection({ user = 'postgres', password = this.#password, database = 'postgres' }: Login = {}) {
    return { host: '127.0.0.1', port: this.port, user, password, database };
  }

  /** A command of an administrator, such as `PAUSE shop`, or `SHOW POOLS` for what the console says. */
  async command(text: string): Promise<Record<string, unknown>[]> {
    if (!this.#console) {
      this.#console = new Client(this.connection({ user: CONSOLE_ADMIN, database: 'pgbouncer' }));
      this.#console.on('error', () => undefined);
      await this.#console.connect();
    }
    const { rows } = await this.#console.query<Record<string, unknown>>(text);
    return rows;
  }

  /** What the console says about one pool; null before it has one. */
  async pool(database: string, user: string): Promise<Readonly<Record<string, unknown>> | null> {
    const rows = await this.command('SHOW POOLS');
    return rows.find((row) => row.database === database && row.user === user) ?? null;
  }

  /** The same at once, for when this process ends. */
  removeNow(): void {
    this.#child?.killGroup();
    rmSync(this.#place.directory, { recursive: true, force: true });
  }
}

/**
 * Where PgBouncer is; distributions install it where only root looks.
 *
 * @throws Error that says what to install
 */
export function program(): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const found = folders.map((folder) => join(folder, 'pgbouncer')).find((file) => existsSync(file));
  if (!found) {
    throw new Error(
      'There is no PgBouncer here: install it (Debian: apt-get install pgbouncer; macOS: brew install pgbouncer).',
    );
  }
  return found;
}

function configuration(server: TestServer, port: number, list: string, options: PgbouncerOptions): string {
  const databases = Object.entries(options.databases ?? { '*': '' }).map(
    ([name, more]) => `${name} = host=127.0.0.1 port=${server.postgres.port} ${more}\n`,
  );
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    // The path of a socket may have 107 bytes, a temporary directory more.
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: list,
    admin_users: CONSOLE_ADMIN,
    stats_users: CONSOLE_USER,
    // Whoever restarts the server is not to wait for it.
    server_login_retry: '1',
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  return `[databases]\n${databases.join('')}[pgbouncer]\n${lines.join('')}`;
}
