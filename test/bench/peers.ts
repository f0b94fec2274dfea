import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../functions/dev/embedded-postgres/free-port.js';
import { handlerBundle } from '../../infra/build/bundles.js';
import { CONSOLE_USER, type Pgbouncer } from '../support/pgbouncer.js';
import type { TestServer } from '../support/postgres.js';
import { CHECK_ROLE } from '../support/probe.js';
import { until } from '../support/until.js';
import { deployedNode } from '../tools/deployed-node.js';
import { bundleOf } from './bundles.js';
import { autocannon, hey, type Load } from './load.js';

/** Something that answers GETs about the same database. */
export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** As whom it logs in to the database. */
  readonly role: string;
  readonly load: Load;
  stop(): Promise<void>;
}

/** The role of postgres_exporter. */
export const EXPORTER_ROLE = 'exporter';

/** `GET /health/pool` in one process on the Node of the deployment. */
export async function poolHealth(server: TestServer): Promise<Peer> {
  const { entryPoints, ...options } = handlerBundle('pool');
  const folder = await bundleOf('get-server', {
    ...options,
    entryPoints: { ...entryPoints, index: 'test/bench/get-server.ts' },
  });
  const child = fork(folder, {
    execPath: join(deployedNode(), 'node'),
    execArgv: [],
    env: {
      DATABASE_URL: server.postgres.url({ user: CHECK_ROLE, database: 'shop' }),
      DATABASE_POOL_MAX: '2000',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [port] = await once(child, 'message');
  return peer('pool-health', child, `http://127.0.0.1:${port}/health/pool`, CHECK_ROLE, '"healthy"');
}

/** @see https://github.com/prometheus-community/postgres_exporter */
export async function postgresExporter(server: TestServer): Promise<Peer> {
  const port = await freePort();
  const child = spawn('prometheus-postgres-exporter', [`--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], {
    env: { DATA_SOURCE_NAME: `${server.postgres.url({ user: EXPORTER_ROLE, database: 'shop' })}?sslmode=disable` },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}/metrics`;
  return peer('postgres_exporter', child, url, EXPORTER_ROLE, 'pg_stat_activity_count{datname="shop"');
}

/**
 * Debian's pgbouncer_exporter looks for columns that PgBouncer has had no more since 1.8; without them it answers.
 *
 * @see https://www.pgbouncer.org/changelog.html
 */
const WITHOUT_OLD_COLUMNS = `
from prometheus_pgbouncer_exporter import cli, collectors
del collectors.StatsCollector.metrics['total_requests']
cli.main()`;

export async function pgbouncerExporter(server: TestServer, pooler: Pgbouncer): Promise<Peer> {
  const port = await freePort();
  const args = ['--host=127.0.0.1', `--port=${port}`, '--pgbouncer-host=127.0.0.1', `--pgbouncer-port=${pooler.port}`];
  const child = spawn('/usr/bin/python3', ['-c', WITHOUT_OLD_COLUMNS, ...args, `--pgbouncer-user=${CONSOLE_USER}`], {
    env: { PATH: process.env.PATH, PGPASSWORD: server.postgres.password },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}/metrics`;
  return { ...(await peer('pgbouncer_exporter', child, url, CONSOLE_USER, 'pgbouncer_active_clients')), load: hey };
}

type Started = ReturnType<typeof spawn>;

/** @throws Error if it does not come to answer with what belongs into its answer */
async function peer(name: string, child: Started, url: string, role: string, expected: string): Promise<Peer> {
  const stop = async () => {
    child.kill('SIGKILL');
    await (child.exitCode === null && child.signalCode === null && once(child, 'exit'));
  };
  process.on('exit', () => child.kill('SIGKILL'));
  try {
    await until(`${name} answers`, async () => {
      const response = await fetch(url).catch(() => null);
      return (await response?.text())?.includes(expected) === true;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { name, url, pid: child.pid as number, role, load: autocannon, stop };
}

/** Debian's packages of the peers, each with the program that it brings. */
const PACKAGES = {
  'prometheus-postgres-exporter': '/usr/bin/prometheus-postgres-exporter',
  'prometheus-pgbouncer-exporter': '/usr/bin/prometheus-pgbouncer-exporter',
  pgbouncer: '/usr/sbin/pgbouncer',
  hey: '/usr/bin/hey',
};

/** Packages that are not there, after trying to install them where this is Debian and the user is root. */
export function missingPackages(): readonly string[] {
  const missing = () => Object.entries(PACKAGES).flatMap(([name, program]) => (existsSync(program) ? [] : [name]));
  if (missing().length > 0 && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...missing()]]) {
      try {
        execFileSync('apt-get', ['-qq', ...args], { env: environment, stdio: 'ignore' });
      } catch {
        // What is still missing is said in the notes of the table.
      }
    }
  }
  return missing();
}
