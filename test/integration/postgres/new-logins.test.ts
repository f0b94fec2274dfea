import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import { evaluate } from '../../../functions/core/verdict.js';
import type { PostgresProbe } from '../../../functions/postgres/probe.js';
import { onTurns, skip } from '../../support/clock.js';
import { startTestServer, type TestServer } from '../../support/postgres.js';
import { CHECK_ROLE, configFor, probeFor } from '../../support/probe.js';
import { holdSlotsInSilence } from '../../support/silent-sockets.js';

onTurns();

const MINUTE_MS = 60_000;
/** The check after these minutes logs in again. */
const MINUTES_TO_LOGIN = 5;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ max_connections: '30' });
  await server.createCheckRole(CHECK_ROLE);
});
afterAll(() => server?.close());

/** What the check answers in each of these minutes: the status, and the problems of severity error. */
async function statuses(probe: PostgresProbe, config: PoolConfig, minutes: number): Promise<string[]> {
  const answers: string[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    skip(MINUTE_MS);
    const { database, problems } = await probe.probe();
    const sample = { takenAt: Date.now(), durationMs: 1, database, pooler: null, app: null, problems };
    const verdict = evaluate(configFor(server, config), sample);
    const errors = verdict.problems.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    answers.push([verdict.status, `${verdict.totalConnections}`, ...errors].join(' '));
  }
  return answers;
}

async function watched(minutes: number, work: () => Promise<() => Promise<unknown>>): Promise<string[]> {
  const config = configFor(server);
  const probe = probeFor(server, config);
  const sessions = await server.open(3, 'idle');
  try {
    expect(new Set(await statuses(probe, config, MINUTES_TO_LOGIN - 1))).toEqual(new Set(['healthy 4']));
    const end = await work();
    const answers = await statuses(probe, config, minutes);
    await end();
    return answers;
  } finally {
    await probe.close();
    await sessions.close();
    await server.gone('sessions of the check', 'usename = $1', [CHECK_ROLE]);
  }
}

describe('logins that no view shows hold every slot', () => {
  test('the check finds out within five minutes, and its open connection goes on counting', async () => {
    const answers = await watched(MINUTES_TO_LOGIN, () => holdSlotsInSilence(server));
    expect(answers.at(-1)).toBe('unhealthy 4 PROBE.SLOTS_EXHAUSTED');
  });

  test('the check stays silent when they are gone before it logs in', async () => {
    const answers = await watched(MINUTES_TO_LOGIN, async () => {
      const end = await holdSlotsInSilence(server);
      await end();
      return async () => undefined;
    });
    expect(new Set(answers)).toEqual(new Set(['healthy 4']));
  });
});
