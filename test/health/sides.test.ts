import { describe, expect, it } from 'vitest';
import { problem } from '../../functions/health/problem.js';
import type { ManagedView, PoolSample } from '../../functions/health/sample.js';
import { judge, type Verdict } from '../../functions/health/verdict.js';
import { configOf, counts, managed, NOON, seen, slots, unseen } from './support.js';

const codes = ({ problems }: Verdict) => problems.map(({ code }) => code);
const TIMED_OUT = [problem('PROBE.TIMEOUT', { phase: 'query' })];

/** The same figures as CloudWatch gives them for an RDS Proxy: minutes old. */
function old(view: ManagedView): ManagedView {
  const figures = view.figures && { ...view.figures, isLive: false, takenAt: NOON - 120_000 };
  return { kind: 'rds-proxy', source: 'definition', figures };
}

function verdictOf(sample: PoolSample): Verdict {
  return judge(configOf(100), sample);
}

describe('which side is full', () => {
  it('the managed pool at its limit while the server has room', () => {
    const verdict = verdictOf(seen({ connections: counts({ total: 20 }), managed: managed({ limit: 20, inUse: 20 }) }));
    expect(verdict).toMatchObject({ status: 'unhealthy', saturatedLayer: 'managed', poolSize: 20 });
    expect(codes(verdict)).toContain('MANAGED.FULL');
  });

  it('one connection less is not full', () => {
    const verdict = verdictOf(seen({ connections: counts({ total: 1 }), managed: managed({ limit: 20, inUse: 19 }) }));
    expect(verdict.saturatedLayer).toBeNull();
  });

  it('the server, even if the managed pool is full too: it is what fills the other', () => {
    const connections = counts({ total: 20, server: 50 });
    const full = managed({ limit: 20, inUse: 20 });
    const verdict = verdictOf(seen({ connections, slots: slots({ maxConnections: 50 }), managed: full }));
    expect(verdict.saturatedLayer).toBe('database');
    expect(codes(verdict)).toEqual(expect.arrayContaining(['DATABASE.FULL', 'MANAGED.FULL']));
  });

  it('sessions of others, of which the problem tells the number', () => {
    const connections = counts({ total: 2, server: 50 });
    const verdict = verdictOf(seen({ connections, slots: slots({ maxConnections: 50 }) }));
    expect(verdict.problems.find(({ code }) => code === 'DATABASE.FULL')?.values).toMatchObject({ others: 48 });
  });

  it('the application, whose requests wait although server and managed pool have room', () => {
    const app = { takenAt: NOON, waiting: 4 };
    const verdict = verdictOf(seen({ app }));
    expect(verdict).toMatchObject({ saturatedLayer: 'app', waitingRequests: 4 });
    expect(codes(verdict)).toEqual(['APP.WAITING']);
    expect(verdictOf(seen({ app: { takenAt: NOON, waiting: 0 } }))).toMatchObject({ saturatedLayer: null });
  });

  it('the application, whose idle transactions hold the whole pool', () => {
    const connections = counts({ total: 100, active: 100, idleInTransaction: 90 });
    const verdict = verdictOf(seen({ connections }));
    expect(verdict.saturatedLayer).toBe('app');
    expect(codes(verdict)).toEqual(['POOL.IDLE_IN_TRANSACTION']);
  });

  it('counts what waits on both sides', () => {
    const app = { takenAt: NOON, waiting: 4 };
    expect(verdictOf(seen({ app, managed: managed({ waiting: 3 }) })).waitingRequests).toBe(7);
    expect(verdictOf(seen({ app, managed: managed({}) })).waitingRequests).toBe(4);
  });
});

describe('figures that are minutes old', () => {
  const atLimit = old(managed({ limit: 20, inUse: 20 }));

  it('never decide alone', () => {
    const verdict = verdictOf(seen({ connections: counts({ total: 8, active: 3 }), managed: atLimit }));
    expect(verdict).toMatchObject({ status: 'healthy', saturatedLayer: null });
  });

  it('decide with a probe that is not served', () => {
    const verdict = verdictOf(unseen({ problems: TIMED_OUT, managed: atLimit }));
    expect(verdict).toMatchObject({ saturatedLayer: 'managed', utilization: { percent: null, status: 'critical' } });
  });

  it('decide with as many sessions busy now as there may be', () => {
    const verdict = verdictOf(
      seen({ connections: counts({ total: 20, active: 20 }), managed: old(managed({ limit: 20 })) }),
    );
    expect(verdict.saturatedLayer).toBe('managed');
  });

  it('below the limit do not explain a probe that is not served', () => {
    const verdict = verdictOf(unseen({ problems: TIMED_OUT, managed: old(managed({ limit: 20, inUse: 4 })) }));
    expect(verdict).toMatchObject({ saturatedLayer: null, utilization: { percent: null, status: 'unknown' } });
  });
});

describe('clients that wait in the managed pool', () => {
  it('explain a probe that is not served', () => {
    const verdict = verdictOf(unseen({ problems: TIMED_OUT, managed: managed({ waiting: 13, longestWaitMs: 1200 }) }));
    expect(verdict).toMatchObject({ saturatedLayer: 'managed', waitingRequests: 13 });
  });

  it('are no sign of a full pool while probes are served', () => {
    expect(verdictOf(seen({ managed: managed({ waiting: 1 }) })).saturatedLayer).toBeNull();
  });
});

describe('limits of the definition', () => {
  it.each([
    ['a pinned share at the limit', managed({ open: 10, pinned: 2 }), ['MANAGED.PINNED']],
    ['a pinned share below it', managed({ open: 100, pinned: 19 }), []],
    ['nothing pinned in a pool without connections', managed({ open: 0, pinned: 0 }), []],
    ['a mean wait at the limit', managed({ borrowWaitMs: 100 }), ['MANAGED.BORROW_WAIT']],
    ['a mean wait below it', managed({ borrowWaitMs: 99 }), []],
    ['one client that waits too long', managed({ longestWaitMs: 100 }), ['MANAGED.BORROW_WAIT']],
    ['nobody waits', managed({ borrowWaitMs: 0, longestWaitMs: 0 }), []],
    ['figures that are not known', managed({}), []],
  ])('%s', (_, view, expected) => {
    expect(codes(verdictOf(seen({ managed: view })))).toEqual(expected);
  });
});
