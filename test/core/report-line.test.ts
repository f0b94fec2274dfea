import { beforeAll, expect, it, vi } from 'vitest';
import { parseSettings, parseUrlPool } from '../../functions/compose/url.js';
import { type Problem, problem } from '../../functions/core/problems.js';
import { line } from '../../functions/core/report-line.js';
import type { DatabaseView } from '../../functions/core/sample.js';
import { type Assessment, evaluate } from '../../functions/core/verdict.js';

beforeAll(() => {
  vi.stubEnv('TZ', 'UTC');
  return () => vi.unstubAllEnvs();
});

const SLOTS = { maxConnections: 100, superuserReserved: 3, reserved: 0, rdsReserved: 0, databaseLimit: null };

function database(total: number, active: number | null, orphans: readonly string[] = []): DatabaseView {
  const connections = {
    total,
    active,
    idleInTransaction: 0,
    longestTransactionMs: null,
    server: total,
    database: total,
  };
  return { connections, slots: SLOTS, serverVersion: 180_004, orphans };
}

function assessment(seen: DatabaseView | null, problems: readonly Problem[] = []): Assessment {
  const url = 'postgres://app@db/shop?sslmode=disable';
  const { validation } = parseUrlPool({ url, sharedUser: 'true', settings: parseSettings({}) });
  const config = validation.ok ? validation.config : null;
  const takenAt = Date.UTC(2026, 0, 2, 12, 0, 5);
  const sample = { takenAt, durationMs: 3, database: seen, pooler: null, app: null, problems };
  return { pool: 'local', config, sample, verdict: evaluate(config, sample) };
}

it('a healthy pool is one line of numbers', () => {
  expect(line(assessment(database(4, 3)))).toBe(
    '12:00:05  healthy    normal      40.0 % of 10   active 3   idle 1   waiting -',
  );
});

it('columns stay under each other', () => {
  const lines = [database(4, 3), database(10, 10), null].map((seen) => line(assessment(seen)));
  expect(new Set(lines.map((text) => text.indexOf('waiting'))).size).toBe(1);
});

it('what is not known is a dash, never 0', () => {
  expect(line(assessment(null, [problem('PROBE.TIMEOUT', { phase: 'connect', ms: 3000 })]))).toBe(
    '12:00:05  unhealthy  unknown        - % of 10   active -   idle -   waiting -  PROBE.TIMEOUT phase=connect ms=3000 (The database did not answer within the deadline of the check)',
  );
});

it('every problem has its code, its values and what it means, on the same line', () => {
  const text = line(
    assessment(database(10, 10), [
      problem('MANAGED.PINNED', { percent: 30 }),
      problem('CONFIG.INVALID', { violations: ['one', 'two'] }),
    ]),
  );
  expect(text).toContain('MANAGED.PINNED percent=30 (Many connections are pinned');
  expect(text).toContain('CONFIG.INVALID violations=one; two (The pool definition is not valid)');
  expect(text).not.toContain('\n');
});

it('statements that earlier checks left on the server are named', () => {
  expect(line(assessment(database(1, 0, ['4711', '4712'])))).toMatch(/left behind by earlier checks: 4711, 4712$/);
});
