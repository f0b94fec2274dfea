import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type PoolReport, type PoolSummary, poolReport } from '../../functions/core/pool-report.js';
import { PROBLEMS, type ProblemCode, problem } from '../../functions/core/problems.js';
import type { PoolSample } from '../../functions/core/sample.js';
import {
  assessmentLine,
  levelOf,
  levelOfSummary,
  limitInWords,
  poolsInWords,
  utilizationInWords,
  verdictInWords,
} from '../../functions/core/summary.js';
import { evaluate } from '../../functions/core/verdict.js';
import { configOf, counts, managed, NOON, seen, slots, unseen } from '../support/samples.js';

/** The report of a pool of 20, judged as it would be. */
function reportOf(sample: PoolSample, max = 20): PoolReport {
  const config = configOf(max);
  return poolReport({ pool: 'orders', config, sample, verdict: evaluate(config, sample) }, NOON);
}
const words = (sample: PoolSample, max?: number) => verdictInWords(reportOf(sample, max));
const open = (total: number, active: number) => seen({ connections: counts({ total, active }) });

describe('a pool that is seen', () => {
  it.each([
    [7, 3, '7 of 20 connections open, 3 active'],
    [0, 0, '0 of 20 connections open, 0 active'],
    [13, 13, '13 of 20 connections open, 13 active'],
    [14, 2, 'The pool is filling up: 14 of 20 connections open, 2 active'],
    [18, 9, "The pool is nearly full: 18 of 20 connections open, 9 active; limited by the application's settings"],
    [20, 18, "The pool is full: 20 of 20 connections open, 18 active; limited by the application's settings"],
    [26, 4, "The pool is full: 26 of 20 connections open, 4 active; limited by the application's settings"],
    [20, 20, 'The application has all its connections in use: 20 of 20 connections open, 20 active'],
  ])('with %i of 20 open, %i active: %s', (total, active, expected) => {
    expect(words(open(total, active))).toBe(expected);
  });

  it.each([
    [{ waiting: 0 }, '7 of 20 connections open, 3 active, none waiting'],
    [{ waiting: 1 }, '7 of 20 connections open, 3 active, 1 waiting'],
    [{ waiting: 4, longestWaitMs: 350 }, '7 of 20 connections open, 3 active, 4 waiting, the first for 350 ms'],
    [{ waiting: null }, '7 of 20 connections open, 3 active'],
  ])('says who waits where it is counted, and nothing where it is not: %j', (figures, expected) => {
    const connections = counts({ total: 7, active: 3 });
    expect(words(seen({ connections, managed: managed(figures) }))).toBe(expected);
  });

  it('behind a pooler that multiplexes is described by the connections in use', () => {
    const inWords = (active: number, limit: number) =>
      words(seen({ connections: counts({ total: 12, active }), managed: managed({ limit }, 'transaction') }));
    expect(inWords(3, 20)).toBe('3 of 20 connections active, 12 open');
    expect(inWords(11, 12)).toBe(
      'The pool is nearly full: 11 of 12 connections active, 12 open; limited by the pooler',
    );
  });

  it('names the database where that sets the limit', () => {
    const connections = counts({ total: 9, active: 1, server: 99 });
    expect(words(seen({ connections, slots: slots({ maxConnections: 100 }) }))).toBe(
      'The pool is nearly full: 9 of 10 connections open, 1 active; limited by the database',
    );
  });

  it('whose limit an API of an earlier version does not name has no limit in its words', () => {
    const report = reportOf(open(19, 3));
    expect(limitInWords({ ...report, limitedBy: null })).toBeNull();
    expect(verdictInWords({ ...report, limitedBy: null })).toBe(
      'The pool is nearly full: 19 of 20 connections open, 3 active',
    );
  });

  it('whose application waits for its own pool names the application', () => {
    const app = { waiting: 6, takenAt: NOON - 60_000 };
    expect(words(seen({ connections: counts({ total: 12, active: 12 }), app }))).toBe(
      'The application is short of connections: 6 waiting, 12 of 20 connections open, 12 active',
    );
  });
});

describe('a managed pool that is full', () => {
  const full = (figures: Parameters<typeof managed>[0]) =>
    seen({ connections: counts({ total: 20 }), managed: managed(figures), problems: [problem('MANAGED.FULL')] });

  it('is named, with what is borrowed and who waits how long', () => {
    const { pooler: view, ...rest } = full({ limit: 20, inUse: 20, waiting: 13, longestWaitMs: 1_200 });
    const proxy = view && ({ ...view, kind: 'rds-proxy' } as const);
    expect(words({ ...rest, pooler: proxy })).toBe(
      'RDS Proxy is full: 20 of 20 connections in use, 13 waiting, the first for 1.2 s',
    );
    expect(words(full({ limit: 20, inUse: 20, waiting: 0 }))).toBe(
      'PgBouncer is full: 20 of 20 connections in use, none waiting',
    );
  });

  it('whose figures are minutes old is said with their age', () => {
    expect(words(full({ takenAt: NOON - 180_000, limit: 20, inUse: 19 }))).toBe(
      'PgBouncer is full: 19 of 20 connections in use 3 min ago',
    );
  });

  it('that tells no figures is full all the same', () => {
    const unknown = { kind: 'unknown', source: 'backend', stats: null } as const;
    const problems = [problem('MANAGED.FULL')];
    expect(words(unseen({ managed: unknown, problems }))).toBe('The pooler has no free connection');
    expect(words(unseen({ problems }))).toBe('The pooler has no free connection');
    expect(words(unseen({ managed: managed({ inUse: 7 }), problems }))).toBe('PgBouncer is full: 7 connections in use');
  });

  it('leads before the check that was not served because of it', () => {
    const problems = [problem('PROBE.TIMEOUT'), problem('MANAGED.FULL')];
    expect(words(unseen({ managed: managed({ limit: 5, inUse: 5 }), problems }))).toMatch(/^PgBouncer is full: 5 of 5/);
  });
});

describe('a server that is full', () => {
  it('is named with its slots, whatever else is full', () => {
    const connections = counts({ total: 17, active: 3, server: 97 });
    const sample = seen({ connections, slots: slots({ maxConnections: 100, superuserReserved: 3 }) });
    expect(words({ ...sample, problems: [problem('MANAGED.FULL')] })).toBe('The server is full: 97 of 97 slots in use');
  });

  it('is not named where the limit of the database alone is reached', () => {
    const connections = counts({ total: 2, active: 0, server: 3 });
    expect(words(seen({ connections, slots: slots({ maxConnections: 20, databaseLimit: 2 }) }))).toBe(
      'The database has reached its connection limit: 2 of 2 connections open, 0 active, 3 of 20 server slots in use',
    );
  });

  it('that refuses the check is named without figures, and not as the server: it may be the limit of the database', () => {
    expect(words(unseen({ problems: [problem('PROBE.SLOTS_EXHAUSTED')] }))).toBe(
      'The database is full: it refused the check because no connection slot is left',
    );
  });
});

describe('what could not be seen', () => {
  const errors = (Object.keys(PROBLEMS) as ProblemCode[]).filter(
    (code) => PROBLEMS[code].severity === 'error' || ['AWS.SSM', 'AWS.SECRETS', 'AWS.RDS'].includes(code),
  );
  const said = errors.map((code) => [code, words(unseen({ problems: [problem(code, {}, 'error')] }))] as const);

  it.each(said)('%s: %s', (code, text) => {
    const fixed = PROBLEMS[code].text;
    expect(text).toMatch(/^[A-Z]/);
    expect(text).not.toMatch(/null|undefined|NaN|unknown|\.$/);
    expect(text.length).toBeLessThan(100);
    // Words of its own, not the first words of the text that stands below.
    expect(fixed.startsWith(text)).toBe(false);
  });

  it('has different words for every reason', () => {
    expect(new Set(said.map(([, text]) => text)).size).toBe(said.length);
  });

  it('says who waits meanwhile', () => {
    const problems = [problem('PROBE.TIMEOUT')];
    const app = { waiting: 3, takenAt: NOON };
    expect(words(unseen({ app, problems }))).toBe('The database did not answer in time: 3 waiting');
  });

  it('is not blamed on the database if the check had no time to probe the pool', () => {
    const problems = [problem('PROBE.TIMEOUT', { phase: 'queue', waitedMs: 20_000 })];
    expect(words(unseen({ problems }))).toBe(
      'The check had no time to probe this pool, because too many other pools did not answer',
    );
  });

  it('is not blamed on the database if an RDS Proxy had no free connection', () => {
    const problems = [problem('PROBE.TIMEOUT', { sqlstate: '08000', reason: 'borrow timeout' })];
    expect(words(unseen({ problems }))).toBe('RDS Proxy had no free connection in time');
  });

  it('takes the words of a problem that has none here', () => {
    const problems = [problem('AWS.CLOUDWATCH', {}, 'error')];
    expect(PROBLEMS['AWS.CLOUDWATCH'].text.startsWith(words(unseen({ problems })))).toBe(true);
  });

  it('without any problem is still not called healthy', () => {
    const report = { ...reportOf(unseen()), problems: [] };
    expect([levelOf(report), verdictInWords(report)]).toEqual(['unhealthy', 'Pool utilization is unknown']);
  });
});

describe('the level', () => {
  it.each([
    ['healthy', open(7, 3)],
    ['warning', open(14, 3)],
    ['unhealthy', open(18, 3)],
    ['warning', { ...open(7, 3), problems: [problem('MANAGED.UNAVAILABLE')] }],
    ['unhealthy', { ...open(7, 3), problems: [problem('DATABASE.FULL')] }],
  ] as const)('is %s', (expected, sample) => {
    expect(levelOf(reportOf(sample))).toBe(expected);
  });
});

it('several pools are counted by level', () => {
  const summary = (pool: string, status: PoolSummary['status'], percent: number | null): PoolSummary => ({
    pool,
    status,
    percent,
    utilization: null,
  });
  const pools = [summary('a', 'healthy', 10), summary('b', 'healthy', 70), summary('c', 'unhealthy', null)];
  expect(pools.map(levelOfSummary)).toEqual(['healthy', 'warning', 'unhealthy']);
  expect(poolsInWords(pools)).toBe('3 pools: 1 unhealthy, 1 warning');
  expect(poolsInWords([summary('a', 'healthy', 10), summary('d', 'healthy', 0)])).toBe('2 pools: all healthy');
});

it('a pool of several that is full shows that where it has no percentage', () => {
  const of = (percent: number | null, utilization: PoolSummary['utilization']) =>
    utilizationInWords({ pool: 'a', status: 'unhealthy', percent, utilization });
  expect([of(95, 'critical'), of(null, 'critical'), of(null, 'unknown'), of(null, null)]).toEqual([
    '95.0 %',
    'full',
    'unknown',
    'unknown',
  ]);
});

describe('one check on one line', () => {
  beforeAll(() => {
    vi.stubEnv('TZ', 'UTC');
    return () => vi.unstubAllEnvs();
  });

  function line(sample: PoolSample): string {
    const config = configOf(10);
    const at = { ...sample, takenAt: Date.UTC(2026, 0, 2, 12, 0, 5) };
    return assessmentLine({ pool: 'local', config, sample: at, verdict: evaluate(config, at) });
  }

  it('is a line of numbers for a healthy pool', () => {
    expect(line(open(4, 3))).toBe('12:00:05  healthy    normal      40.0 % of 10   active 3   idle 1   waiting -');
  });

  it('has its columns under those of other lines', () => {
    const lines = [open(4, 3), open(10, 10), unseen()].map(line);
    expect(new Set(lines.map((text) => text.indexOf('waiting'))).size).toBe(1);
  });

  it('has a dash for what is unknown, never 0', () => {
    expect(line(unseen({ problems: [problem('PROBE.TIMEOUT', { phase: 'connect', ms: 3000 })] }))).toBe(
      `12:00:05  unhealthy  unknown        - % of 10   active -   idle -   waiting -  PROBE.TIMEOUT phase=connect ms=3000 (${firstSentence('PROBE.TIMEOUT')})`,
    );
  });

  it('has every problem with its code, its values and what it means', () => {
    const text = line({
      ...open(10, 10),
      problems: [problem('MANAGED.PINNED', { percent: 30 }), problem('CONFIG.INVALID', { violations: ['one', 'two'] })],
    });
    expect(text).toContain(`MANAGED.PINNED percent=30 (${firstSentence('MANAGED.PINNED')})`);
    expect(text).toContain(`CONFIG.INVALID violations=one; two (${firstSentence('CONFIG.INVALID')})`);
    expect(text).not.toContain('\n');
  });

  it('names the statements that earlier checks left on the server', () => {
    const sample = open(1, 0);
    const { database } = sample;
    expect(line({ ...sample, database: database && { ...database, orphans: ['4711', '4712'] } })).toMatch(
      /statements of earlier checks still running: 4711, 4712$/,
    );
  });
});

/** Up to the first full stop or colon. */
function firstSentence(code: ProblemCode): string {
  const { text } = PROBLEMS[code];
  return text.slice(0, text.search(/[.:]/));
}

it('a report of another version is summarized too: a percentage may be missing, a text may be no sentence', () => {
  expect(levelOfSummary({ pool: 'a', status: 'healthy', percent: null, utilization: null })).toBe('healthy');
  const report = reportOf(open(7, 3));
  const problems = [{ code: 'APP.WAITING', severity: 'error', layer: 'app', text: 'words without an end' }] as const;
  expect(verdictInWords({ ...report, problems })).toBe('words without an end');
});
