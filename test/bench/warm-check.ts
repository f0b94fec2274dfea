import { PrismaPg } from '@prisma/adapter-pg';
import type { Client } from 'pg';
import { startPostgres } from '../../functions/dev/embedded-postgres/embedded-postgres.js';
import { inParallel, Monitor } from '../../functions/monitor/monitor.js';
import { activityStatement } from '../../functions/postgres/activity.js';
import { PrismaClient } from '../integration/app/generated/client.js';
import { TestServer } from '../support/postgres.js';
import { CHECK_ROLE, configFor, probesFor } from '../support/probe.js';
import { type PostgresVersion, postgresBinaries } from '../tools/postgres-versions.js';
import type { Part } from './part.js';
import { medianOf, race, type Spread, spreadOf } from './spread.js';
import { aim, figure, spread, type Table } from './table.js';

const OPEN = [10, 100, 1_000, 3_000];
const VERSIONS: readonly PostgresVersion[] = ['14.23.0-beta.17', '18.4.0-beta.17'];
const QUICK_OPEN = [10, 100];
/** Times that everything connects anew: the system may give one backend a busier processor than another. */
const BLOCKS = 10;
/** Until the compiler of Node has seen the check often enough. */
const WARM_UP_ROUNDS = 50;
/** Logins under way at the same time while connections are opened. */
const LOGINS_AT_ONCE = 20;
/** The whole check beside the cheapest query, from 100 connections on. */
const AIM = 1.2;

type Ways = Readonly<Record<string, () => Promise<unknown>>>;

/** A warm check, from asking to the verdict, beside queries that count the same, on two versions of PostgreSQL. */
export const warmCheck: Part = {
  name: 'warm-check',
  what: 'a check on an open connection beside its bare query',
  measure: (isQuick) => sequentially(isQuick ? VERSIONS.slice(-1) : VERSIONS, (version) => measure(version, isQuick)),
};

async function sequentially<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  return await inParallel(items, 1, work);
}

async function measure(version: PostgresVersion, isQuick: boolean): Promise<Table> {
  const counts = isQuick ? QUICK_OPEN : OPEN;
  const settings = { max_connections: String(Math.max(...counts) + 50) };
  const server = new TestServer(await startPostgres({ settings, binaries: postgresBinaries(version) }));
  try {
    await server.createDatabase('shop');
    await server.createCheckRole(CHECK_ROLE);
    await server.createRole('app');
    const rows: (readonly string[])[] = [];
    const notes: string[] = [];
    let open = 0;
    for (const count of counts) {
      await inParallel(Array(count - open).fill(null), LOGINS_AT_ONCE, () =>
        server.connect({ user: 'app', database: 'shop' }),
      );
      open = count;
      const { times, ratio } = await timed(server, open, isQuick);
      rows.push([figure(open), ...Object.values(times).map((each) => spread(each)), spread(ratio)]);
      if (open >= 100) {
        notes.push(aim(`${figure(open)} open: at most ${AIM} times the cheapest query`, ratio.median <= AIM));
      }
    }
    const [{ server_version } = {}] = await server.sql('SHOW server_version');
    const columns = ['open', ...NAMES, 'whole check / cheapest query'];
    return { title: `PostgreSQL ${server_version}, milliseconds`, columns, rows, notes };
  } finally {
    await server.close();
  }
}

const NAMES = [
  'whole check',
  'its statement',
  'cheapest query',
  'three counts',
  'Prisma $queryRaw',
  'select 1',
] as const;
type Name = (typeof NAMES)[number];

async function timed(server: TestServer, open: number, isQuick: boolean) {
  const blocks: Record<Name, number[]>[] = [];
  for (let block = 0; block < (isQuick ? 2 : BLOCKS); block += 1) {
    blocks.push(await timeBlock(server, open));
  }
  const times = Object.fromEntries(
    NAMES.map((name) => [name, spreadOf(blocks.flatMap((each) => each[name]))]),
  ) as Record<Name, Spread>;
  const ratio = spreadOf(blocks.map((each) => medianOf(each['whole check']) / medianOf(each['cheapest query'])));
  return { times, ratio };
}

async function timeBlock(server: TestServer, open: number): Promise<Record<Name, number[]>> {
  const config = configFor(server, { database: 'shop' });
  const watched = { pool: config.pool, config, problems: [] };
  const monitor = new Monitor({ pools: async () => [watched] }, () => probesFor(server, config));
  const client = await server.connect({ user: CHECK_ROLE, database: 'shop', applicationName: 'bench' });
  const adapter = new PrismaPg({ ...server.postgres.connection({ user: CHECK_ROLE, database: 'shop' }), max: 1 });
  const prisma = new PrismaClient({ adapter });
  const { sample } = await monitor.assess(watched, 0);
  if (sample.database?.connections?.total !== open) {
    throw new Error(`${open} connections are open, and the check saw ${sample.database?.connections?.total}`);
  }
  const statement = activityStatement(config);
  const ways: Ways & Record<Name, () => Promise<unknown>> = {
    'whole check': () => monitor.assess(watched, 0),
    'its statement': () => client.query(statement),
    'cheapest query': () => client.query(CHEAPEST),
    'three counts': () => threeCounts(client),
    'Prisma $queryRaw': () => prisma.$queryRawUnsafe(CHEAPEST),
    'bare count': () => client.query(BARE_COUNT),
    'select 1': () => client.query('SELECT 1'),
  };
  const rounds = open > 1_000 ? 20 : 50;
  await race(WARM_UP_ROUNDS, ways);
  const times = await race(rounds, ways);
  await Promise.all([monitor.close(), client.end(), prisma.$disconnect()]);
  await server.gone('sessions of the check', `usename = '${CHECK_ROLE}'`);
  return times;
}

/**
 * The numbers of a report as cheaply as one query gives them that is not prepared and knows no ids beforehand: sessions in
 * use and open, of the pool and of the server, and the terms of its ceiling. None of the check's own defences.
 */
const CHEAPEST = `
SELECT current_setting('max_connections')::int AS slots,
  current_setting('superuser_reserved_connections')::int AS superuser_reserved,
  current_setting('reserved_connections', true) AS reserved,
  current_setting('rds.rds_superuser_reserved_connections', true) AS rds_reserved,
  min(database_limit) AS database_limit, count(*)::int AS server, count(*) FILTER (WHERE is_here)::int AS database,
  count(*) FILTER (WHERE is_mine)::int AS total, count(*) FILTER (WHERE is_mine AND is_active)::int AS active
FROM (
  SELECT database_limit, datid = here AS is_here, datid = here AND usesysid <> me AS is_mine,
    state = 'active' OR state LIKE 'idle in transaction%' AS is_active
  FROM pg_stat_get_activity(NULL),
    (SELECT oid AS here, datconnlimit AS database_limit, (SELECT to_regrole(session_user)::oid) AS me
      FROM pg_database WHERE datname = current_database()) AS self
  WHERE backend_type = 'client backend'
  OFFSET 0
) AS session`;

/** What the server needs to look at all sessions, whatever is counted of them. */
const BARE_COUNT = 'SELECT count(*) FROM pg_stat_get_activity(NULL)';

/** As the reports that this project began with counted. */
async function threeCounts(client: Client): Promise<void> {
  for (const state of ['', ` AND state = 'active'`, ` AND state = 'idle'`]) {
    await client.query(`SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database()${state}`);
  }
}
