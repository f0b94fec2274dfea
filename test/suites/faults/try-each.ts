import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../support/until.js';
import { clock } from './clock.js';
import type { Deployment, Look } from './deployment.js';
import { nothingLeft, resources } from './leftovers.js';
import type { Fault, Promised, Trial } from './row.js';
import { Scene, type SceneOptions } from './scene.js';

const MINUTE_MS = 60_000;
/** The promise, and what a busy machine may need beside it. Milliseconds. */
const DEADLINE_MS = 5_000;
const SLACK_MS = 1_500;
/** What each function may hold: one connection to the pool, and one to the console of a PgBouncer, if one may be there. */
const CONNECTIONS = 4;

const WELL: Promised = { status: 'healthy', codes: [] };

/** A scene for the tests of one side, opened once. */
function inScene(title: string, options: SceneOptions, tests: (scene: () => Scene) => void): void {
  describe(title, () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await Scene.open(options);
    });
    afterEach(() => scene?.end());
    afterAll(() => scene?.close());
    tests(() => scene);
  });
}

/** Tries what has a way of its own of being tried; afterwards nothing may be left over, nor anything secret be out. */
export function tryOut(title: string, trials: readonly Trial[], options: SceneOptions = {}): void {
  inScene(title, options, (opened) => {
    test.each(trials.map((trial) => [trial.fault, trial] as const))('%s', async (_, { run }) => {
      const scene = opened();
      await scene.begin();
      const before = resources();
      await run(scene);
      await nobodyLeft(scene);
      await nothingLeft(before);
      expect(scene.outputs.leaks()).toEqual([]);
    });
  });
}

/** Makes every fault happen, and asks the same of each: see `docs/internals/reliability.md`. */
export function tryEach(title: string, rows: readonly Fault[], options: SceneOptions = {}): void {
  inScene(title, options, (opened) => {
    test.each(rows.map((row) => [row.fault, row] as const))('%s', async (_, row) => {
      const scene = opened();
      const lacking = await row.needs?.(scene);
      expect(lacking ?? null, 'what this machine lacks').toBeNull();
      await scene.begin();
      scene.define(row.definition);
      const before = resources();
      const lifts: (() => Promise<unknown>)[] = [];
      let deployment: Deployment | null = null;
      try {
        const clean = await row.before?.(scene);
        if (clean) {
          lifts.push(clean);
        }
        deployment = await through(row, scene, lifts);
      } finally {
        await deployment?.close();
        for (const lift of lifts.reverse()) {
          await lift();
        }
      }
      await nobodyLeft(scene);
      await nothingLeft(before);
      expect(scene.outputs.leaks()).toEqual([]);
    });
  });
}

async function through(row: Fault, scene: Scene, lifts: (() => Promise<unknown>)[]): Promise<Deployment> {
  const early = row.isCold ? null : await scene.deploy();
  const expected: number[] = [];
  try {
    if (early) {
      expectPromise(await early.look(), WELL, scene, expected);
      clock.skip(MINUTE_MS);
    }
    const lift = await row.make(scene);
    lifts.push(lift);
    const deployment = early ?? (await scene.deploy());
    const startedAt = Date.now();
    const seen = await deployment.look();
    expect(seen.tookMs).toBeLessThan(DEADLINE_MS + (row.awsMs ?? 0) + SLACK_MS);
    if (row.breaksCheck) {
      expect(seen.check).toBeNull();
    }
    expectPromise(seen, row.promise, scene, expected);
    await row.also?.(scene);
    expect(scene.relay.mostAtOnce).toBeLessThanOrEqual(CONNECTIONS);
    lifts.pop();
    await lift();
    // As the schedule has it: a minute after the check before began, not after it ended.
    clock.skipTo(startedAt, MINUTE_MS);
    const later = row.endsWithStart ? await restarted(deployment, scene) : deployment;
    expectPromise(await later.look(), WELL, scene, expected);
    return later;
  } catch (error) {
    await early?.close();
    throw error;
  }
}

async function restarted(deployment: Deployment, scene: Scene): Promise<Deployment> {
  await deployment.close();
  return await scene.deploy();
}

/**
 * GET and check say the same, what could not be seen is null and what could be is a number, and the check has left one datapoint of `Healthy`. A check that threw has left none: that
 * is what `Errors` and the heartbeat are for.
 *
 * @param expected `Healthy` of all checks so far; this one's is added
 */
function expectPromise({ get, check }: Look, { status, codes }: Promised, scene: Scene, expected: number[]): void {
  const answered = { status: get.report.status, codes: get.report.problems.map(({ code }) => code) };
  expect(answered).toEqual({ status, codes });
  const { activeConnections, idleConnections, totalConnections } = get.report.metrics;
  const isSeen = status === 'healthy' || codes.includes('DATABASE.FULL');
  const kinds = [activeConnections, idleConnections, totalConnections].map((count) => typeof count);
  expect(new Set(kinds)).toEqual(new Set([isSeen ? 'number' : 'object']));
  if (check) {
    expect({ status: check.status, codes: check.codes }).toEqual({ status, codes });
    expect(check.durationMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
    expected.push(status === 'healthy' ? 1 : 0);
  }
  expect(scene.healthy().sort()).toEqual(expected.sort());
}

async function nobodyLeft(scene: Scene): Promise<void> {
  await until('the relay has nobody', () => scene.relay.open === 0);
  await until('the server has nobody', async () => (await scene.sessions()) === 0);
}
