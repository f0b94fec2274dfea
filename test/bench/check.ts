/**
 * `npm run bench:check`: what a check costs at 10, 100 and 1,000 open connections, beside what it is made of. The aim: the
 * whole sample within 1.5 times its statement alone. Ratios of one run count; milliseconds are the machine's.
 */
import { poolReport } from '../../functions/health/report.js';
import { Monitor } from '../../functions/monitor.js';
import { inParallel } from '../../functions/parallel.js';
import { activityStatement } from '../../functions/postgres/statement.js';
import { startTestServer, type TestServer } from '../support/postgres.js';
import { CHECK_ROLE, configFor, probesFor } from '../support/probe.js';
import { race, type Spread, spreadOf } from './spread.js';

const OPEN = [10, 100, 1_000];
/** Times that everything connects anew: the system may give one backend a busier processor than another. */
const BLOCKS = 10;
const ROUNDS = 50;
const WARM_UP_ROUNDS = 20;
/** Logins under way at the same time while connections are opened. */
const LOGINS_AT_ONCE = 20;
const AIM = 1.5;

const NAMES = [
  'whole sample',
  'its statement on a bare client',
  'three counts on a bare client',
  'select 1 on a bare client',
] as const;
type Name = (typeof NAMES)[number];
type Times = Record<Name, number[]>;

/** As the reports that this project began with counted. */
const THREE_COUNTS = ['', ` AND state = 'active'`, ` AND state = 'idle'`].map(
  (state) => `SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database()${state}`,
);

// An exit takes the server along, a signal alone does not.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(1));
}
const server = await startTestServer({ max_connections: '1150' });
try {
  await bench(server);
} finally {
  await server.close();
}

async function bench(of: TestServer): Promise<void> {
  await of.createDatabase('shop');
  await of.createCheckRole(CHECK_ROLE);
  await of.createRole('app');
  const [row] = await of.sql('SHOW server_version');
  console.log(
    `Node ${process.version}, PostgreSQL ${row?.server_version}, ${BLOCKS} x ${ROUNDS} rounds, milliseconds\n`,
  );
  console.log('  open | what is timed                  |  median |     p10 |     p90');
  let open = 0;
  for (const count of OPEN) {
    await inParallel(Array(count - open).fill(null), LOGINS_AT_ONCE, () =>
      of.connect({ user: 'app', database: 'shop' }),
    );
    open = count;
    await measure(of, open);
  }
}

async function measure(of: TestServer, open: number): Promise<void> {
  const blocks: Times[] = [];
  for (let block = 0; block < BLOCKS; block += 1) {
    blocks.push(await timeBlock(of, open));
  }
  const spreads = Object.fromEntries(
    NAMES.map((name) => [name, spreadOf(blocks.flatMap((times) => times[name]))]),
  ) as Record<Name, Spread>;
  for (const name of NAMES) {
    console.log(line(open, name, spreads[name]));
  }
  const ratio = spreads['whole sample'].median / spreads['its statement on a bare client'].median;
  console.log(`       | whole sample / its statement: ${ratio.toFixed(2)} (aim: at most ${AIM})\n`);
}

async function timeBlock(of: TestServer, open: number): Promise<Times> {
  const config = configFor(of, { database: 'shop' });
  const watched = { pool: config.pool, config, problems: [] };
  const monitor = new Monitor({ pools: async () => [watched] }, () => probesFor(of, config));
  const sample = async () => poolReport(await monitor.assess(watched, 0), Date.now());
  const client = await of.connect({ user: CHECK_ROLE, database: 'shop', applicationName: 'bench' });
  const statement = activityStatement(config);
  const { metrics } = await sample();
  if (metrics.totalConnections !== open) {
    throw new Error(`${open} connections are open, but the check sees ${metrics.totalConnections}`);
  }
  const runners: Record<Name, () => Promise<unknown>> = {
    'whole sample': sample,
    'its statement on a bare client': () => client.query(statement),
    'three counts on a bare client': async () => {
      for (const count of THREE_COUNTS) {
        await client.query(count);
      }
    },
    'select 1 on a bare client': () => client.query('SELECT 1'),
  };
  await race(WARM_UP_ROUNDS, runners);
  const times = await race(ROUNDS, runners);
  await Promise.all([monitor.close(), client.end()]);
  await of.gone('sessions of the check', `usename = '${CHECK_ROLE}'`);
  return times;
}

function line(open: number, what: string, spread: Spread): string {
  const figures = [spread.median, spread.p10, spread.p90].map((ms) => ms.toFixed(3).padStart(7));
  return [String(open).padStart(6), what.padEnd(30), ...figures].join(' | ');
}
