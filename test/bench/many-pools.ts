import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inParallel } from '../../functions/parallel.js';
import { lambdaVariables } from '../support/aws-endpoint.js';
import { awsOfManyPools, callsOf, secretDefinition } from '../support/aws-of-many-pools.js';
import { startTestServer, type TestServer } from '../support/postgres.js';
import { deployedNode } from '../tools/deployed-node.js';
import { deployedBundle, workFolder } from './bundles.js';
import type { Part } from './part.js';
import { medianOf, spreadOf } from './spread.js';
import { aim, figure, spread, type Table } from './table.js';

const POOLS = [1, 10, 100, 500];
const QUICK_POOLS = [1, 10];
/** Fresh processes for each number of pools, and warm invocations in each. */
const PROCESSES = 3;
const INVOCATIONS = 7;
const CHECK = 'pool_check';
/** Growth counts as flat while a pool more costs no more than this many times what it cost before. */
const FLAT = 1.2;

/** One invocation: milliseconds of the clock and of the processor, and resident megabytes after it. */
export interface Invocation {
  readonly ms: number;
  readonly cpuMs: number;
  readonly megabytes: number;
  readonly healthy: number;
}

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

/** Always with the same number of sessions, so that each statement has the same to look at, however many pools there are. */
async function startServer(most: number): Promise<TestServer> {
  const server = await startTestServer({ max_connections: String(2 * most + 100) });
  await server.createDatabase('shop');
  await server.createRole('app');
  await server.createRole('stranger');
  await server.createRole(CHECK, 'IN ROLE pg_monitor');
  return server;
}

async function table(server: TestServer, counts: readonly number[], processes: number): Promise<Table> {
  const folder = await deployedBundle('check');
  const most = Math.max(...counts);
  const rows: string[][] = [];
  const perPool: number[] = [];
  for (const count of counts) {
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
    title: `Node ${VERSION}, one server with ${most} other sessions or checks; milliseconds`,
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

const VERSION = '24';

interface Measured {
  readonly first: Invocation;
  readonly warm: readonly Invocation[];
  readonly firstCalls: Readonly<Record<string, number>>;
  readonly warmCalls: Readonly<Record<string, number>>;
}

/** Runs the check of so many pools in a process of its own, as often as it says, and counts what it asks AWS. */
export async function invoke(
  server: TestServer,
  folder: string,
  pools: number,
  times = INVOCATIONS,
): Promise<Measured> {
  const definition = secretDefinition(server.postgres.port, 'shop', CHECK, { count: { users: ['app'] } });
  const aws = await awsOfManyPools(pools, () => definition, server.postgres.password);
  const driver = join(workFolder(), 'driver.cjs');
  writeFileSync(driver, DRIVER);
  const child = fork(driver, [folder], {
    execPath: join(deployedNode(), 'node'),
    execArgv: [],
    env: lambdaVariables(aws.url),
    // The log of the check is not for a reader of the figures.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const [first, firstCalls] = [await invocation(child), callsOf(aws)];
    // Of the invocations of one minute, those after the first: what AWS is asked once a minute is asked by then.
    aws.calls.length = 0;
    const warm = [await invocation(child)];
    const warmCalls = callsOf(aws);
    while (warm.length < times) {
      warm.push(await invocation(child));
    }
    const healthy = [first, ...warm].map((each) => each.healthy);
    if (healthy.some((each) => each !== pools)) {
      throw new Error(`${pools} pools are well, and the check found ${healthy.join(', ')} of them so`);
    }
    return { first, warm, firstCalls, warmCalls };
  } finally {
    child.kill('SIGKILL');
    await aws.close();
  }
}

async function invocation(child: ChildProcess): Promise<Invocation> {
  child.send('invoke');
  const [result] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the check ended with ${code}`))),
  ]);
  return result;
}

/** Loads a bundle and calls its handler for every message. */
const DRIVER = `
const { handler } = require(process.argv[2]);
process.on('message', async () => {
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  const assessments = await handler({});
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  const healthy = assessments.filter(({ verdict }) => verdict.status === 'healthy').length;
  process.send({ ms, cpuMs: (user + system) / 1000, megabytes: process.memoryUsage().rss / 1e6, healthy });
});
`;

function named(calls: Readonly<Record<string, number>>): string {
  const parts = Object.entries(calls).map(([operation, count]) => `${figure(count)} ${operation}`);
  return parts.join(', ') || 'none';
}
