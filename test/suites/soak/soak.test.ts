import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectNothingLeft, resources } from '../faults/leftovers.js';
import { Scene } from '../faults/scene.js';
import { Random } from './random.js';
import { Soak } from './soak.js';

const SECONDS = Number(process.env.SOAK_SECONDS ?? 600);
const SEED = Number(process.env.SOAK_SEED ?? Date.now() % 1_000_000);
/** Modules, caches and compiled code need a while. */
const WARM_UP = 0.3;
const MOST_GROWTH_MB = 6;

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.open({ settings: { max_connections: '30' } });
});
afterAll(async () => {
  scene?.end();
  await scene?.close();
});

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

test(`${SECONDS} s of checks and GETs while faults come and go, seed ${SEED}`, {
  timeout: (SECONDS + 120) * 1_000,
}, async () => {
  expect(globalThis.gc).toBeTypeOf('function');
  const soak = await Soak.start(scene, new Random(SEED));
  // With the scene's own sessions, which a server that goes down ends and another fault does not.
  const before = resources();
  // Of Node's module, not the global one, which the scene puts forward minute by minute.
  const startedAt = performance.now();
  const passed = () => (performance.now() - startedAt) / 1_000 / SECONDS;
  let early = Number.NaN;
  while (passed() < 1) {
    await soak.round();
    early = Number.isNaN(early) && passed() > WARM_UP ? heapMb() : early;
  }
  const late = heapMb();
  await soak.end();
  const { tally, mistakes } = soak;
  scene.end();
  const heap = `heap ${early.toFixed(1)} MB after ${WARM_UP * 100} % of the time, ${late.toFixed(1)} MB at the end`;
  process.stdout.write(`seed ${SEED}: ${JSON.stringify(tally)}, ${heap}\n`);
  expect(mistakes).toEqual([]);
  expect(tally.faults).toBeGreaterThan(0);
  expect(late - early).toBeLessThan(MOST_GROWTH_MB);
  await expectNothingLeft(before);
});
