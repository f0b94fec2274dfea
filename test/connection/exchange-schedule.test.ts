import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../functions/connection/connection.js';
import { ExchangeSchedule } from '../../functions/connection/exchange-schedule.js';
import { evaluate } from '../../functions/core/verdict.js';
import { pass, stopTime, useRealTime } from '../support/clock.js';
import { configWith, seen } from '../support/samples.js';

/** A connection that serves, and whose login is five minutes old. Nothing else of it decides. */
const OPEN = { address: '10.0.0.1', ageMs: 300_000 } as Connection;

beforeEach(() => stopTime());
afterEach(useRealTime);

/** A login that an RDS Proxy refuses with this text. */
function refused(text: string): Error {
  return Object.assign(new pg.DatabaseError(text, 0, 'error'), { severity: 'FATAL', code: '08000' });
}

/** The verdict on a healthy sample of the open connection, beside what is known against new logins. */
function verdictBeside(schedule: ExchangeSchedule) {
  const { status, saturatedLayer, problems } = evaluate(configWith(), seen({ problems: schedule.problems(OPEN) }));
  return { status, saturatedLayer, codes: problems.map(({ code }) => code) };
}

const HEALTHY = { status: 'healthy', saturatedLayer: null, codes: [] };

describe('beside a connection that works', () => {
  test.each([
    'Rate of connection to proxy exceeded 200.',
    'The IAM authentication failed because of too many competing requests.',
  ])('a login that an RDS Proxy refuses for a moment is no problem for 50 s: %s', async (text) => {
    const schedule = new ExchangeSchedule('10.0.0.1');
    expect(await schedule.due(OPEN, 500)).toBe('old');
    expect(schedule.failed('old', refused(text))).toBe(true);
    expect(verdictBeside(schedule)).toEqual(HEALTHY);
    // No login in each check: it is tried again after 20 s.
    expect(await schedule.due(OPEN, 500)).toBeNull();
    await pass(49_999);
    expect(await schedule.due(OPEN, 500)).toBe('old');
    schedule.failed('old', refused(text));
    expect(verdictBeside(schedule)).toEqual(HEALTHY);
    await pass(20_000);
    schedule.failed('old', refused(text));
    expect(verdictBeside(schedule)).toEqual({
      status: 'unhealthy',
      saturatedLayer: null,
      codes: ['PROBE.NOT_ACCEPTING'],
    });
  });

  test('a proxy at its limit of client connections is full at once', async () => {
    const schedule = new ExchangeSchedule('10.0.0.1');
    await schedule.due(OPEN, 500);
    schedule.failed('old', refused('The maximum number of client connections to the proxy exceeded 1000.'));
    expect(verdictBeside(schedule)).toMatchObject({ status: 'unhealthy', saturatedLayer: 'managed' });
  });
});
