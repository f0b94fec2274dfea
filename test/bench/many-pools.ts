import { inParallel } from '../../functions/monitor/monitor.js';
import { activityStatement } from '../../functions/postgres/activity.js';
import type { TestServer } from '../support/postgres.js';
import { deployedBundle } from './bundles.js';
import { CHECK, invoke, type Measured, startServer } from './check-process.js';
import type { Part } from './part.js';
import { medianOf, race, spreadOf } from './spread.js';
import { aim, figure, spread, type Table } from './table.js';

const POOLS = [1, 10, 100, 500];
const QUICK_POOLS = [1, 10];
/** Fresh processes for each number of pools. */
const PROCESSES = 3;
const BARE_ROUNDS = 8;
/** Growth counts as flat while a pool more costs no more than this many times what it cost before. */
const FLAT = 1.2;

/** The check as it is deployed, with many pools in one invocation. */
export const manyPools: Part = {
  name: 'many-pools',
  what: 'one invocation of the deployed check for 1 to 500 pools',
  measure: async (isQuick) => {
    const counts = isQuick ? QUICK_POOLS : POOLS;
    const server = await startServer(Math.max(...counts));
    try {
      return [await table(server, counts, isQuick ? 1 : PROCESSES)];
    } finally {
      await server.close();
    }
  },
};

async function table(server: TestServer, counts: readonly number[], processes: number): Promise<Table> {
  const folder = await deployedBundle('check');
  const most = Math.max(...counts);
  const rows: string[][] = [];
  const perPool: number[] = [];
  for (const count of counts) {
    // Always the same number of sessions, so that each statement has the same to look at.
    const others = await inParallel(Array(most - count).fill(null), 20, () =>
      server.connect({ user: 'stranger', database: 'shop' }),
    );
    const runs: Measured[] = [];
    for (let run = 0; run < processes; run += 1) {
      runs.push(await invoke(server, folder, count));
      await server.gone('sessions of the check', `usename = '${CHECK}'`);
    }
    const bare = await bareStatements(server, count);
    await Promise.all(others.map((client) => client.end()));
    const warm = runs.flatMap((run) => run.warm);
    const [{ firstCalls, warmCalls }] = runs as [Measured];
    perPool.push(medianOf(warm.map(({ cpuMs }) => cpuMs)) / count);
    rows.push([
      figure(count),
      spread(spreadOf(runs.map(({ first }) => first.ms))),
      spread(spreadOf(warm.map(({ ms }) => ms))),
      spread(spreadOf(bare)),
      spread(spreadOf(warm.map(({ cpuMs }) => cpuMs))),
      figure(perPool.at(-1) ?? Number.NaN),
      spread(spreadOf(runs.map(({ warm: all }) => all.at(-1)?.megabytes ?? Number.NaN))),
      named(firstCalls),
      named(warmCalls),
    ]);
  }
  const [before = 0, last = 0] = perPool.slice(-2);
  return {
    title: `One server with ${most} other sessions or checks; milliseconds`,
    columns: [
      'pools',
      'first invocation',
      'a warm one',
      'bare statements',
      'processor of a warm one',
      'of it a pool',
      'resident MB',
      'AWS calls of the first',
      'AWS calls of a warm one',
    ],
    rows,
    notes: [
      aim(
        `the processor's time a pool does not grow: at ${figure(counts.at(-1) ?? 0)} pools ${figure(last / before)} times what it is at ${figure(counts.at(-2) ?? 0)}`,
        last / before <= FLAT,
      ),
    ],
  };
}

/** Milliseconds of the checks' statements alone, each on a connection of its own, as many at a time as in a check. */
async function bareStatements(server: TestServer, count: number): Promise<readonly number[]> {
  const statement = activityStatement({
    count: { users: ['app'], applications: null },
    sharedUser: false,
    idleLimitMs: null,
  });
  const login = { user: CHECK, database: 'shop', applicationName: 'bench' };
  const clients = await inParallel(Array(count).fill(login), 20, (each) => server.connect(each));
  const { all } = await race(BARE_ROUNDS, { all: () => inParallel(clients, 100, (client) => client.query(statement)) });
  await Promise.all(clients.map((client) => client.end()));
  await server.gone('bare clients', 'usename = $1', [CHECK]);
  // The first round finds nothing prepared, neither here nor there.
  return all.slice(1);
}

function named(calls: Readonly<Record<string, number>>): string {
  const parts = Object.entries(calls).map(([operation, count]) => `${figure(count)} ${operation}`);
  return parts.join(', ') || 'none';
}
