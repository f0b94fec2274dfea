import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { inParallel } from '../../functions/monitor/monitor.js';
import { type Pgbouncer, startPgbouncer } from '../support/pgbouncer.js';
import { startTestServer, type TestServer } from '../support/postgres.js';
import { CHECK_ROLE } from '../support/probe.js';
import { type LoadResult, TIMEOUT_S } from './load.js';
import type { Part } from './part.js';
import { EXPORTER_ROLE, missingPackages, type Peer, pgbouncerExporter, poolHealth, postgresExporter } from './peers.js';
import { inTurn, medianOf, spreadOf } from './spread.js';
import { aim, figure, spread, type Table } from './table.js';

/** Connections that the application has open meanwhile. */
const OPEN = 100;
const CONCURRENCIES = [1, 100, 1_000];
const ROUNDS = 3;
/** Seconds of load. The peers get more than the time-out, so that what they answer too late counts as failed. */
const SECONDS = { one: 3, ours: 6, peers: TIMEOUT_S + 2, quick: 2 };
/** Seconds for which a sample is answered with (`functions/handlers/pool.ts`). */
const CACHE_S = 5;
const AIM = 50;

interface Run extends LoadResult {
  readonly seconds: number;
  readonly queries: number;
  /** At the same time, at most. */
  readonly connections: number;
}

/** `GET /health/pool` under load, beside the exporters of Prometheus, on the same database. */
export const get: Part = {
  name: 'get',
  what: `GET /health/pool under load, beside the exporters of Prometheus`,
  measure: async (isQuick) => {
    const server = await startServer();
    const pooler = missingPackages().includes('pgbouncer') ? null : await startPooler(server);
    const peers: Peer[] = [];
    try {
      peers.push(...(await startPeers(server, pooler)));
      return await measure(server, peers, isQuick);
    } finally {
      await Promise.all(peers.map((peer) => peer.stop()));
      await pooler?.remove();
      await server.close();
    }
  },
};

async function startServer(): Promise<TestServer> {
  const settings = { max_connections: '200', shared_preload_libraries: 'pg_stat_statements' };
  const server = await startTestServer(settings);
  await server.sql('CREATE EXTENSION pg_stat_statements');
  await server.createDatabase('shop');
  await server.createCheckRole(CHECK_ROLE);
  await server.createRole(EXPORTER_ROLE, 'IN ROLE pg_monitor');
  await server.createRole('app');
  await inParallel(Array(OPEN).fill(null), 10, () => server.connect({ user: 'app', database: 'shop' }));
  return server;
}

function startPooler(server: TestServer): Promise<Pgbouncer> {
  return startPgbouncer(server, { users: ['app'], databases: { shop: '' } });
}

async function startPeers(server: TestServer, pooler: Pgbouncer | null): Promise<Peer[]> {
  const missing = missingPackages();
  const has = (...packages: string[]) => !packages.some((name) => missing.includes(name));
  return [
    await poolHealth(server),
    ...(has('prometheus-postgres-exporter') ? [await postgresExporter(server)] : []),
    ...(pooler && has('prometheus-pgbouncer-exporter', 'hey') ? [await pgbouncerExporter(server, pooler)] : []),
  ];
}

async function measure(server: TestServer, peers: readonly Peer[], isQuick: boolean): Promise<readonly Table[]> {
  const tables: Table[] = [];
  const idle = new Map(peers.map(({ name, pid }) => [name, megabytes(pid, 'VmRSS')]));
  for (const concurrency of isQuick ? CONCURRENCIES.slice(0, 2) : CONCURRENCIES) {
    const runs = new Map(peers.map((peer) => [peer, [] as Run[]]));
    for (let round = 0; round < (isQuick ? 1 : ROUNDS); round += 1) {
      for (const peer of inTurn(peers, round)) {
        runs.get(peer)?.push(await run(server, peer, concurrency, secondsFor(peer, concurrency, isQuick)));
      }
    }
    tables.push(table(concurrency, runs));
  }
  const [version] = await server.sql('SHOW server_version');
  return [...tables, memory(peers, idle, `${version?.server_version}`)];
}

function secondsFor({ role }: Peer, concurrency: number, isQuick: boolean): number {
  if (isQuick || concurrency === 1) {
    return isQuick ? SECONDS.quick : SECONDS.one;
  }
  return role === CHECK_ROLE ? SECONDS.ours : SECONDS.peers;
}

async function run(server: TestServer, { url, role, load }: Peer, concurrency: number, seconds: number): Promise<Run> {
  const before = await queriesOf(server, role);
  const startedAt = performance.now();
  let connections = 0;
  const result = load(url, concurrency, seconds);
  const isOver = result.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([isOver, pause(100, false)]))) {
    const [row] = await server.sql('SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename = $1', [role]);
    connections = Math.max(connections, Number(row?.count));
  }
  const tookS = (performance.now() - startedAt) / 1_000;
  return { ...(await result), seconds: tookS, queries: (await queriesOf(server, role)) - before, connections };
}

async function queriesOf(server: TestServer, role: string): Promise<number> {
  const statement =
    'SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements WHERE userid = to_regrole($1)';
  const [row] = await server.sql(statement, [role]);
  return Number(row?.calls);
}

function table(concurrency: number, runs: ReadonlyMap<Peer, readonly Run[]>): Table {
  const rows = [...runs].map(([{ name }, all]) => [
    name,
    spread(spreadOf(all.map(({ requestsPerSecond }) => requestsPerSecond))),
    spread(spreadOf(all.map(({ p50 }) => p50))),
    spread(spreadOf(all.map(({ p99 }) => p99))),
    `${figure(sum(all, 'failed'))} of ${figure(sum(all, 'failed') + sum(all, 'answered'))}`,
    figure(sum(all, 'queries')),
    figure(sum(all, 'queries') / sum(all, 'seconds')),
    figure(Math.max(...all.map(({ connections }) => connections))),
  ]);
  return {
    title: `${figure(concurrency)} at once`,
    columns: ['', 'requests/s', 'p50 ms', 'p99 ms', 'failed', 'queries', 'queries/s', 'connections'],
    rows,
    notes: concurrency === Math.max(...CONCURRENCIES) ? aims(runs) : [],
  };
}

function aims(runs: ReadonlyMap<Peer, readonly Run[]>): readonly string[] {
  const of = (name: string) => [...runs].find(([peer]) => peer.name === name)?.[1];
  const rate = (all: readonly Run[]) => medianOf(all.map(({ requestsPerSecond }) => requestsPerSecond));
  const [ours = [], theirs] = [of('pool-health'), of('postgres_exporter')];
  const allowed = ours.map(({ seconds }) => Math.ceil(seconds / CACHE_S) + 1).reduce((one, other) => one + other, 0);
  const ratio = theirs && rate(ours) / rate(theirs);
  return [
    aim('no request fails', sum(ours, 'failed') === 0),
    ratio === undefined
      ? 'postgres_exporter is not here to compare with'
      : aim(`at least ${AIM} times the requests of postgres_exporter: ${figure(ratio)} times`, ratio >= AIM),
    aim(`at most one query in ${CACHE_S} s`, sum(ours, 'queries') <= allowed),
    aim(
      'one connection',
      ours.every(({ connections }) => connections <= 1),
    ),
  ];
}

function sum(runs: readonly Run[], key: 'failed' | 'answered' | 'queries' | 'seconds'): number {
  return runs.reduce((total, each) => total + each[key], 0);
}

function memory(peers: readonly Peer[], idle: ReadonlyMap<string, number>, version: string): Table {
  const missing = missingPackages();
  return {
    title: `Resident memory, MB (PostgreSQL ${version}, ${OPEN} connections of the application)`,
    columns: ['', 'before', 'at most'],
    rows: peers.map(({ name, pid }) => [name, figure(idle.get(name) ?? Number.NaN), figure(megabytes(pid, 'VmHWM'))]),
    notes: missing.map((name) => `not measured, since ${name} is not installed (Debian: apt-get install ${name})`),
  };
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function megabytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round((Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024) / 1e6);
  } catch {
    return Number.NaN;
  }
}
