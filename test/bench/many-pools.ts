import { inParallel } from '../../functions/parallel.js';
import type { TestServer } from '../support/postgres.js';
import { deployedBundle } from './bundles.js';
import { CHECK, invoke, type Measured, startServer } from './check-process.js';
import type { Part } from './part.js';
import { medianOf, spreadOf } from './spread.js';
import { aim, figure, spread, type Table } from './table.js';

const POOLS = [1, 10, 100, 500];
const QUICK_POOLS = [1, 10];
/** Fresh processes for each number of pools. */
const PROCESSES = 3;
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
    await Promise.all(others.map((client) => client.end()));
    const warm = runs.flatMap((run) => run.warm);
    const [{ firstCalls, warmCalls }] = runs as [Measured];
    perPool.push(medianOf(warm.map(({ ms }) => ms)) / count);
    rows.push([
      figure(count),
      spread(spreadOf(runs.map(({ first }) => first.ms))),
      spread(spreadOf(warm.map(({ ms }) => ms))),
      figure(perPool.at(-1) ?? Number.NaN),
      spread(spreadOf(warm.map(({ cpuMs }) => cpuMs))),
      spread(spreadOf(runs.map(({ warm: all }) => all.at(-1)?.megabytes ?? Number.NaN))),
      named(firstCalls),
      named(warmCalls),
    ]);
  }
  const [most100 = 0, most500 = 0] = perPool.slice(-2);
  return {
    title: `One server with ${most} other sessions or checks; milliseconds`,
    columns: [
      'pools',
      'first invocation',
      'a warm one',
      'warm, a pool',
      'processor, warm',
      'resident MB',
      'AWS calls of the first',
      'AWS calls of a warm one',
    ],
    rows,
    notes: [
      aim(
        `time a pool does not grow: at ${figure(counts.at(-1) ?? 0)} pools ${figure(most500 / most100)} times what it is at ${figure(counts.at(-2) ?? 0)}`,
        most500 / most100 <= FLAT,
      ),
    ],
  };
}

function named(calls: Readonly<Record<string, number>>): string {
  const parts = Object.entries(calls).map(([operation, count]) => `${figure(count)} ${operation}`);
  return parts.join(', ') || 'none';
}
