import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseProbeResult, PoolEntry } from '../../functions/core/ports.js';
import { NOT_PROBED_TEXT, problem } from '../../functions/core/problems.js';
import type { Assessment } from '../../functions/core/verdict.js';
import { assessForGet } from '../../functions/handlers/assess-for-get.js';
import { checkHandler } from '../../functions/handlers/check.js';
import { Monitor, type Probes } from '../../functions/monitor/monitor.js';
import { monotonicMs } from '../../functions/time/moment.js';
import { pass, stopTime, useRealTime } from '../support/clock.js';
import { configWith, seen } from '../support/samples.js';

const HANG_MS = 5_000;
const CHECK_MS = 20_000;
const GET_MS = 10_000;
/** Maximum age of the sample in the answer to a GET. */
const CACHE_MS = 5_000;
const MANY = 500;
/** More than a run has time to probe when all hang. */
const TOO_MANY = 1_000;
const GOOD = 50;

const ANSWER: DatabaseProbeResult = { database: seen().database, isDirect: true, problems: [] };
const SILENCE: DatabaseProbeResult = {
  database: null,
  isDirect: null,
  problems: [problem('PROBE.TIMEOUT', { phase: 'query', waitedMs: HANG_MS })],
};

let deployment: Deployment;

beforeEach(() => {
  stopTime();
  deployment = new Deployment();
});
afterEach(useRealTime);

/** Pools whose databases hang or answer at once, and what a check of them publishes, call by call. */
class Deployment {
  readonly hanging = new Set<string>();
  readonly probed: string[] = [];
  readonly calls: (readonly [pool: string, healthy: number | undefined])[][] = [];
  readonly logged: [message: string, pool: unknown, phase: unknown][] = [];
  pools: PoolEntry[] = [];
  readonly monitor = new Monitor({ pools: async () => this.pools }, ({ pool }) => this.#probes(pool));
  readonly check = checkHandler({
    monitor: this.monitor,
    publish: async (metrics) => {
      this.calls.push(metrics.map(({ pool, values }) => [pool, values.Healthy]));
      return [];
    },
    log: (_, message, fields) => this.logged.push([message, fields?.pool, fields?.phase]),
  });

  /** The last `good` pools of the list answer, the others hang. */
  define(count: number, good: number): void {
    const names = Array.from({ length: count }, (_, index) => `pool-${index}`);
    this.pools = names.map((pool) => ({ pool, config: configWith({}, pool), problems: [] }));
    this.hanging.clear();
    for (const name of names.slice(0, count - good)) {
      this.hanging.add(name);
    }
  }

  get published(): Map<string, number | undefined> {
    return new Map(this.calls.flat());
  }

  #probes(pool: string): Probes {
    const probe = async () => {
      this.probed.push(pool);
      if (!this.hanging.has(pool)) {
        return ANSWER;
      }
      await new Promise((resolve) => setTimeout(resolve, HANG_MS));
      return SILENCE;
    };
    const close = async () => undefined;
    return {
      database: {
        probe,
        close,
        sessionGroups: async () => ({ holders: null, omitted: null, transactions: null, problems: [] }),
      },
      pooler: { close, probe: async () => ({ managed: null, app: null, problems: [] }) },
    };
  }
}

const phases = (assessments: readonly Assessment[]) =>
  assessments.flatMap(({ verdict }) => verdict.problems.map(({ values }) => values.phase));

/** Starts a check, and forgets those before. */
function startCheck(): Promise<readonly Assessment[]> {
  deployment.calls.length = 0;
  deployment.probed.length = 0;
  return deployment.check();
}

async function wholeCheck(): Promise<readonly Assessment[]> {
  const check = startCheck();
  await pass(CHECK_MS);
  return await check;
}

describe(`${MANY} pools, of which ${MANY - GOOD} hang`, () => {
  beforeEach(async () => {
    deployment.define(MANY, MANY);
    const first = deployment.check();
    await pass(0);
    await first;
    deployment.define(MANY, GOOD);
  });

  it('publish the others as healthy also in the minute in which the others begin to hang', async () => {
    const assessments = await wholeCheck();
    expect(assessments.filter(({ verdict }) => verdict.status === 'healthy')).toHaveLength(GOOD);
    expect(phases(assessments)).not.toContain('queue');
  });

  it('publish the others within 6 s, from the second minute on, and each pool once', async () => {
    await wholeCheck();
    const check = startCheck();
    await pass(6_000);
    const good = deployment.pools.slice(-GOOD).map(({ pool }) => [pool, 1]);
    expect([...deployment.published].filter(([, healthy]) => healthy === 1)).toEqual(good);
    await pass(CHECK_MS - 6_000);
    await check;
    expect(deployment.calls.flat()).toHaveLength(MANY);
    expect([...deployment.published.values()].filter((healthy) => healthy === 0)).toHaveLength(MANY - GOOD);
    expect(deployment.calls.length).toBeLessThanOrEqual(5);
  });

  it('are answered to a GET within 10 s, each with its state', async () => {
    await pass(CACHE_MS);
    const get = assessForGet(deployment.monitor, null);
    await pass(GET_MS);
    const assessments = await get;
    expect(assessments).toHaveLength(MANY);
    expect(new Set(phases(assessments))).toEqual(new Set(['query', 'queue']));
  });
});

describe(`${TOO_MANY} pools that hang`, () => {
  beforeEach(() => deployment.define(TOO_MANY, 0));

  it('end within 20 s: what was not probed is PROBE.TIMEOUT in the queue, with a text that blames no network', async () => {
    const assessments = await wholeCheck();
    expect(assessments.map(({ pool }) => pool)).toEqual(deployment.pools.map(({ pool }) => pool));
    const unprobed = assessments.filter(({ verdict }) =>
      verdict.problems.some(({ values }) => values.phase === 'queue'),
    );
    expect(unprobed.length).toBeGreaterThan(0);
    for (const { verdict, sample } of unprobed) {
      expect(verdict).toMatchObject({ status: 'unhealthy', utilization: { percent: null, status: 'unknown' } });
      expect(sample.durationMs).toBeGreaterThan(CHECK_MS - HANG_MS);
    }
    const texts = deployment.logged.filter(([, , phase]) => phase === 'queue').map(([message]) => message);
    expect(new Set(texts)).toEqual(new Set([NOT_PROBED_TEXT]));
    expect(NOT_PROBED_TEXT).not.toMatch(/security group|network/);
  });

  it('take turns: what was not probed in one check is probed in the next', async () => {
    await wholeCheck();
    const missed = deployment.pools.map(({ pool }) => pool).filter((pool) => !deployment.probed.includes(pool));
    expect(missed).not.toEqual([]);
    await wholeCheck();
    expect(deployment.probed).toEqual(expect.arrayContaining(missed));
  });
});

describe('stays silent when', () => {
  it('all pools answer: one call, in which every pool is healthy', async () => {
    deployment.define(MANY, MANY);
    const check = deployment.check();
    await pass(0);
    expect(phases(await check)).toEqual([]);
    expect(deployment.calls.map((metrics) => metrics.length)).toEqual([MANY]);
  });

  it('SSM has used the time of the run: as many pools as are probed at the same time still are', async () => {
    deployment.define(100, 100);
    const assessing = deployment.monitor.assessAll(deployment.pools, { maxAgeMs: 0, endsAt: monotonicMs() });
    await pass(0);
    expect(phases(await assessing)).toEqual([]);
  });
});
