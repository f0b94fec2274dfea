import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { poolReport } from '../../functions/core/pool-report.js';
import type { DatabaseProbeResult } from '../../functions/core/ports.js';
import { problem } from '../../functions/core/problems.js';
import { Monitor } from '../../functions/monitor/monitor.js';
import { pass, skip, stopTime, useRealTime } from '../support/clock.js';
import { configWith, seen } from '../support/samples.js';

const HOUR_MS = 3_600_000;
const MAX_AGE_MS = 5_000;
const ANSWER: DatabaseProbeResult = { database: seen().database, isDirect: true, problems: [] };
const OUTAGE: DatabaseProbeResult = { database: null, isDirect: null, problems: [problem('PROBE.UNREACHABLE')] };

let result: DatabaseProbeResult;
let probes: number;
let monitor: Monitor;

beforeEach(() => {
  stopTime();
  result = ANSWER;
  probes = 0;
  const close = async () => undefined;
  monitor = new Monitor({ pools: async () => [] }, () => ({
    database: {
      close,
      sessionGroups: async () => ({ holders: null, omitted: null, transactions: null, problems: [] }),
      probe: async () => {
        probes += 1;
        return result;
      },
    },
    pooler: { close, probe: async () => ({ managed: null, app: null, problems: [] }) },
  }));
});
afterEach(useRealTime);

async function report() {
  const assessment = await monitor.assess({ pool: 'orders', config: configWith(), problems: [] }, MAX_AGE_MS);
  return poolReport(assessment, Date.now());
}

describe('a sample before a step of the clock', () => {
  it.each([
    [-8_000, 0],
    [-8_000, 10_000],
    [-HOUR_MS, 0],
    [-HOUR_MS, 10_000],
    [HOUR_MS, 0],
  ])('of %i ms, %i ms after it was taken, is not the answer in an outage', async (stepMs, agedMs) => {
    expect(await report()).toMatchObject({ status: 'healthy' });
    result = OUTAGE;
    await pass(agedMs);
    skip(stepMs);
    expect(await report()).toMatchObject({ status: 'unhealthy', ageMs: 0 });
    await pass(MAX_AGE_MS);
    result = ANSWER;
    expect(await report()).toMatchObject({ status: 'healthy' });
  });
});

describe('stays silent when', () => {
  it('the clock goes on as it should: one sample in five seconds, whose age grows', async () => {
    await report();
    await pass(MAX_AGE_MS - 1);
    expect(await report()).toMatchObject({ status: 'healthy', ageMs: MAX_AGE_MS - 1 });
    expect(probes).toBe(1);
  });

  it('the clock was set back an hour ago: samples are shared as before', async () => {
    await report();
    skip(-HOUR_MS);
    await report();
    await pass(1_000);
    expect(await report()).toMatchObject({ ageMs: 1_000 });
    expect(probes).toBe(2);
  });
});
