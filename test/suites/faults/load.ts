import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { listen } from '../../../functions/dev/http-server.js';
import { until } from '../../support/until.js';
import { clock } from './clock.js';
import type { Scenario } from './row.js';
import { POOL, type Scene } from './scene.js';

const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon/autocannon.js');
/** Maximum age of the sample in a GET's answer. */
const CACHE_MS = 5_000;
const CONCURRENCY = 1_000;
const SOME = { pools: 50, hanging: 10 };
const MANY = { pools: 500, hanging: 450 };
/** What a busy machine may need in addition to a deadline. */
const SLACK_MS = 1_500;
/** The second statement, which follows the first sample and not the next ones of 30 s. */
const FACTS = 1;

/** Sends GETs from another process and counts the statements on the wire. */
const gets =
  (amount: number): Scenario['run'] =>
  async (scene) => {
    const deployment = await scene.deploy();
    const server = await listen(0);
    server.serve(deployment.pool);
    clock.stop();
    const load = ['-j', '-n', '-c', `${CONCURRENCY}`, '-a', `${amount}`, '-t', '30'];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [AUTOCANNON, ...load, `http://127.0.0.1:${server.port}/health/pool`],
      { maxBuffer: 1e8 },
    );
    const { errors, timeouts, non2xx, '2xx': answered } = JSON.parse(stdout);
    expect({ errors, timeouts, non2xx, answered }).toEqual({ errors: 0, timeouts: 0, non2xx: 0, answered: amount });
    expect(scene.relay.statements).toBe(1 + FACTS);
    clock.skip(CACHE_MS - 1);
    await deployment.get();
    expect(scene.relay.statements).toBe(1 + FACTS);
    clock.skip(1);
    await deployment.get();
    expect(scene.relay.statements).toBe(2 + FACTS);
    expect([scene.relay.sessions, scene.relay.mostAtOnce]).toEqual([1, 1]);
    await server.close();
    await deployment.close();
  };

export const load: readonly Scenario[] = [
  {
    side: 'load',
    fault: '1,000 GETs from 1,000 connections',
    promise: 'none fails; at most one query in 5 s, over one connection',
    run: gets(1_000),
  },
  {
    side: 'load',
    fault: '10,000 GETs from 1,000 connections',
    promise: 'none fails; at most one query in 5 s, over one connection',
    run: gets(10_000),
  },
  {
    side: 'load',
    fault: `${SOME.pools} pools in one deployment, of which ${SOME.hanging} hang`,
    promise: `the other ${SOME.pools - SOME.hanging} are published as healthy, and all of them within the deadline`,
    run: (scene) =>
      withHangingPools(scene, SOME, async (names) => {
        const deployment = await scene.deploy();
        const startedAt = Date.now();
        await deployment.check();
        expect(Date.now() - startedAt).toBeLessThan(5_000 + SLACK_MS);
        expect(names.map((name) => scene.healthy(name))).toEqual(healthyOf(SOME));
        await deployment.close();
      }),
  },
  {
    side: 'load',
    fault: `${MANY.pools} pools in one deployment, of which ${MANY.hanging} hang`,
    promise: `from the second check on the other ${MANY.pools - MANY.hanging} are published within 6 s, and all of them within 20 s; a GET answers within 10 s`,
    run: (scene) =>
      withHangingPools(scene, MANY, async (names) => {
        const deployment = await scene.deploy();
        await deployment.check();
        scene.forget();
        clock.skip(CACHE_MS);
        const startedAt = Date.now();
        const check = deployment.check();
        await until('the pools that answer are published', () => scene.healthy().length >= MANY.pools - MANY.hanging);
        expect(names.map((name) => scene.healthy(name))).toEqual(
          healthyOf(MANY).map((healthy) => (healthy[0] === 1 ? [1] : [])),
        );
        expect(Date.now() - startedAt).toBeLessThan(6_000);
        await check;
        expect(Date.now() - startedAt).toBeLessThan(20_000 + SLACK_MS);
        expect(names.map((name) => scene.healthy(name))).toEqual(healthyOf(MANY));
        const askedAt = Date.now();
        expect((await deployment.get()).statusCode).toBe(503);
        expect(Date.now() - askedAt).toBeLessThan(10_000 + SLACK_MS);
        await deployment.close();
      }),
  },
];

interface Pools {
  readonly pools: number;
  readonly hanging: number;
}

/** `Healthy` of one check of each pool. */
function healthyOf({ pools, hanging }: Pools): number[][] {
  return Array.from({ length: pools }, (_, index) => [index < hanging ? 0 : 1]);
}

/** Defines pools of which the first ones connect to a server that never answers. */
async function withHangingPools(
  scene: Scene,
  { pools, hanging }: Pools,
  work: (names: readonly string[]) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const definition = JSON.parse(scene.definitions.get(POOL) ?? '');
  scene.definitions.clear();
  const names = Array.from({ length: pools }, (_, index) => `pool-${index}`);
  for (const [index, name] of names.entries()) {
    scene.definitions.set(name, JSON.stringify({ ...definition, ...(index < hanging && { port }) }));
  }
  try {
    await work(names);
  } finally {
    for (const socket of sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => silent.close(resolve));
  }
}
