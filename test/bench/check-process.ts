import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lambdaVariables } from '../support/aws-endpoint.js';
import { awsOfManyPools, callsOf, secretDefinition } from '../support/aws-of-many-pools.js';
import { startTestServer, type TestServer } from '../support/postgres.js';
import { deployedNode } from '../tools/deployed-node.js';
import { workFolder } from './bundles.js';

/** The role of the check, without the bound on its sessions that a role for one pool has. */
export const CHECK = 'pool_check';
/** Warm invocations of a process. */
const INVOCATIONS = 7;

/** One invocation: milliseconds of the clock and of the processor, and resident megabytes after it. */
export interface Invocation {
  readonly ms: number;
  readonly cpuMs: number;
  readonly megabytes: number;
  readonly healthy: number;
}

/** A server for checks of so many pools. */
export async function startServer(most: number): Promise<TestServer> {
  const server = await startTestServer({ max_connections: String(2 * most + 100) });
  await server.createDatabase('shop');
  await server.createRole('app');
  await server.createRole('stranger');
  await server.createRole(CHECK, 'IN ROLE pg_monitor');
  return server;
}

export interface Measured {
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
  const aws = await awsOfManyPools(pools, definition, server.postgres.password);
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
