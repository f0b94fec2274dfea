import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { listen } from '../../../functions/dev/http-server.js';
import { clock } from './clock.js';
import type { Scenario } from './row.js';
import { POOL } from './scene.js';

const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon/autocannon.js');
/** Maximum age of the sample in a GET's answer. */
const CACHE_MS = 5_000;
const CONCURRENCY = 1_000;
const POOLS = 50;
const HANGING = 10;
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
    fault: `${POOLS} pools in one deployment, of which ${HANGING} hang`,
    promise: `the other ${POOLS - HANGING} are published as healthy, and all of them within the deadline`,
    run: async (scene) => {
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
      const names = Array.from({ length: POOLS }, (_, index) => `pool-${index}`);
      for (const [index, name] of names.entries()) {
        const hangs = index < HANGING;
        scene.definitions.set(name, JSON.stringify({ ...definition, ...(hangs && { port }) }));
      }
      const deployment = await scene.deploy();
      const startedAt = Date.now();
      await deployment.check();
      expect(Date.now() - startedAt).toBeLessThan(5_000 + 1_500);
      const healthy = names.map((name) => scene.healthy(name));
      expect(healthy).toEqual(names.map((_, index) => [index < HANGING ? 0 : 1]));
      await deployment.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => silent.close(resolve));
    },
  },
];
