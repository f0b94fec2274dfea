import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../support/until.js';
import { clock } from './clock.js';
import type { Deployment, Outcome } from './deployment.js';
import { expectNothingLeft, resources } from './leftovers.js';
import type { Fault, Promised, Scenario } from './row.js';
import { Scene, type SceneOptions } from './scene.js';

const MINUTE_MS = 60_000;
/** The promised deadline, and what a busy machine may need in addition. Milliseconds. */
const DEADLINE_MS = 5_000;
const SLACK_MS = 1_500;
/** What each function may hold: one connection to the pool, and one to the console of a PgBouncer, if one may be there. */
const CONNECTIONS = 4;

const HEALTHY: Promised = { status: 'healthy', codes: [] };

/** Opens one scene for the tests of one side. */
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

/** Runs every scenario. Afterwards no connection, timer or listener may be left over, and no secret may have come out. */
export function tryScenarios(title: string, scenarios: readonly Scenario[], options: SceneOptions = {}): void {
  inScene(title, options, (opened) => {
    test.each(scenarios.map((scenario) => [scenario.fault, scenario] as const))('%s', async (_, { run }) => {
      const scene = opened();
      await scene.begin();
      const before = resources();
      await run(scene);
      await expectNoConnections(scene);
      await expectNothingLeft(before);
      expect(scene.outputs.leaks()).toEqual([]);
    });
  });
}

/** Makes every fault happen and expects the same of each: see `docs/internals/reliability.md`. */
export function tryFaults(title: string, rows: readonly Fault[], options: SceneOptions = {}): void {
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
        deployment = await runFault(row, scene, lifts);
      } finally {
        await deployment?.close();
        for (const lift of lifts.reverse()) {
          await lift();
        }
      }
      await expectNoConnections(scene);
      await expectNothingLeft(before);
      expect(scene.outputs.leaks()).toEqual([]);
    });
  });
}

async function runFault(row: Fault, scene: Scene, lifts: (() => Promise<unknown>)[]): Promise<Deployment> {
  const early = row.isCold ? null : await scene.deploy();
  const expected: number[] = [];
  try {
    for (let minute = 0; early && minute < (row.minutes ?? 1); minute += 1) {
      expectPromise(await early.checkAndGet(), HEALTHY, scene, expected);
      clock.skip(MINUTE_MS);
    }
    const lift = await row.make(scene);
    lifts.push(lift);
    const deployment = early ?? (await scene.deploy());
    const startedAt = Date.now();
    const seen = await deployment.checkAndGet();
    expect(seen.tookMs).toBeLessThan(DEADLINE_MS + (row.awsMs ?? 0) + SLACK_MS);
    if (row.breaksCheck) {
      expect(seen.check).toBeNull();
    }
    expectPromise(seen, row.promise, scene, expected);
    await row.also?.(scene);
    expect(scene.relay.mostAtOnce).toBeLessThanOrEqual(CONNECTIONS);
    lifts.pop();
    await lift();
    // As the schedule does: one minute after the previous check began, not after it ended.
    clock.skipTo(startedAt, MINUTE_MS);
    const later = row.endsWithStart ? await restarted(deployment, scene) : deployment;
    expectPromise(await later.checkAndGet(), HEALTHY, scene, expected);
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
 * Expects that GET and check agree, that unknown counts are null and known ones are numbers, and that the check has published
 * one datapoint of `Healthy`. A check that threw publishes none: `Errors` and the heartbeat report that.
 *
 * @param expected `Healthy` of all checks so far; this one's is added
 */
function expectPromise({ get, check }: Outcome, promise: Promised, scene: Scene, expected: number[]): void {
  const { status, codes, hasCounts } = promise;
  const answered = { status: get.report.status, codes: get.report.problems.map(({ code }) => code) };
  expect(answered).toEqual({ status, codes });
  const { activeConnections, idleConnections, totalConnections } = get.report.metrics;
  const isSeen = status === 'healthy' || hasCounts === true;
  const kinds = [activeConnections, idleConnections, totalConnections].map((count) => typeof count);
  expect(new Set(kinds)).toEqual(new Set([isSeen ? 'number' : 'object']));
  if (check) {
    expect({ status: check.status, codes: check.codes }).toEqual({ status, codes });
    expect(check.durationMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
    expected.push(status === 'healthy' ? 1 : 0);
  }
  expect(scene.healthy().sort()).toEqual(expected.sort());
}

async function expectNoConnections(scene: Scene): Promise<void> {
  await until('the relay has no connection', () => scene.relay.open === 0);
  await until('the server has no session of the check', async () => (await scene.sessions()) === 0);
}
