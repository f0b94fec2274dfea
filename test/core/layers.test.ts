import { describe, expect, it } from 'vitest';
import { problem } from '../../functions/core/problems.js';
import type { PoolerView, PoolSample } from '../../functions/core/sample.js';
import { evaluate, type Verdict } from '../../functions/core/verdict.js';
import { configOf, configWith, counts, managed, NOON, seen, slots, unseen } from '../support/samples.js';

const codes = ({ problems }: Verdict) => problems.map(({ code }) => code);
const TIMED_OUT = [problem('PROBE.TIMEOUT', { phase: 'query' })];

/** The same figures as CloudWatch gives them for an RDS Proxy: minutes old. */
function old(view: PoolerView): PoolerView {
  const stats = view.stats && { ...view.stats, isLive: false, takenAt: NOON - 120_000 };
  return { kind: 'rds-proxy', source: 'definition', stats };
}

function verdictOf(sample: PoolSample): Verdict {
  return evaluate(configOf(100), sample);
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
    expect(codes(verdict)).toContain('POOL.IDLE_IN_TRANSACTION');
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

  it('decide with as many sessions of the whole server active now as there may be', () => {
    const withActive = (serverActive: number | null) =>
      verdictOf(seen({ connections: counts({ total: 8, active: 3, server: 30, serverActive }), managed: atLimit }));
    expect(withActive(20)).toMatchObject({ status: 'unhealthy', saturatedLayer: 'managed' });
    expect(withActive(19)).toMatchObject({ status: 'healthy', saturatedLayer: null });
    expect(withActive(null)).toMatchObject({ status: 'healthy', saturatedLayer: null });
  });

  it('do not decide with a probe that was never sent', () => {
    const notSent = [problem('PROBE.TIMEOUT', { phase: 'queue' })];
    expect(verdictOf(unseen({ problems: notSent, managed: atLimit })).saturatedLayer).toBeNull();
    expect(verdictOf(unseen({ problems: notSent, managed: managed({ waiting: 3 }) })).saturatedLayer).toBeNull();
  });

  it('below the limit do not make active sessions a full pooler', () => {
    const connections = counts({ total: 8, active: 3, server: 30, serverActive: 30 });
    const below = old(managed({ limit: 20, inUse: 19 }));
    expect(verdictOf(seen({ connections, managed: below }))).toMatchObject({ status: 'healthy', saturatedLayer: null });
  });

  it('below the limit do not explain a probe that is not served', () => {
    const verdict = verdictOf(unseen({ problems: TIMED_OUT, managed: old(managed({ limit: 20, inUse: 4 })) }));
    expect(verdict).toMatchObject({ saturatedLayer: null, utilization: { percent: null, status: 'unknown' } });
  });
});

describe('a limit of the managed pool that is not known', () => {
  it.each([
    [
      'is not reached by many sessions busy now',
      seen({ connections: counts({ total: 99, active: 99 }), managed: old(managed({})) }),
    ],
    ['is not reached by figures that are minutes old', seen({ managed: old(managed({ inUse: 0 })) })],
    ['is no ceiling', unseen({ problems: TIMED_OUT, managed: managed({}) })],
    [
      'does not explain a probe that is not served',
      unseen({ problems: TIMED_OUT, managed: old(managed({ inUse: 0 })) }),
    ],
  ])('%s', (_, sample) => {
    const verdict = evaluate(configOf(1_000), sample);
    expect(codes(verdict).filter((code) => code !== 'PROBE.TIMEOUT')).toEqual([]);
    expect(verdict.saturatedLayer).toBeNull();
  });

  it('stays unknown in the problem, if clients wait and a probe is not served', () => {
    const verdict = verdictOf(unseen({ problems: TIMED_OUT, managed: managed({ waiting: 2, longestWaitMs: 50 }) }));
    expect(verdict.problems.find(({ code }) => code === 'MANAGED.FULL')?.values).toEqual({
      limit: null,
      inUse: null,
      waiting: 2,
      longestWaitMs: 50,
    });
  });
});

describe('clients that wait in the managed pool', () => {
  it('explain a probe that is not served', () => {
    const verdict = verdictOf(unseen({ problems: TIMED_OUT, managed: managed({ waiting: 13, longestWaitMs: 1200 }) }));
    expect(verdict).toMatchObject({ saturatedLayer: 'managed', waitingRequests: 13 });
  });

  it('are said once when the probe was told already that the pool is full', () => {
    const problems = [problem('MANAGED.FULL', { reason: 'query_wait_timeout' })];
    const verdict = verdictOf(unseen({ problems, managed: managed({ limit: 5, inUse: 5, waiting: 2 }) }));
    expect(codes(verdict).filter((code) => code === 'MANAGED.FULL')).toHaveLength(1);
    expect(verdict.saturatedLayer).toBe('managed');
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

describe('the smallest numbers that decide', () => {
  const atLimitOfOne = old(managed({ limit: 1 }));

  it.each([
    ['one request waiting in the application', seen({ app: { takenAt: NOON, waiting: 1 } }), 'app'],
    [
      'one client waiting for a probe that is not served',
      unseen({ problems: TIMED_OUT, managed: managed({ waiting: 1 }) }),
      'managed',
    ],
    ['nobody waiting', unseen({ problems: TIMED_OUT, managed: managed({ waiting: 0 }) }), null],
    ['a queue that nobody counts', unseen({ problems: TIMED_OUT, managed: managed({}) }), null],
    ['an old limit of one, and nothing seen at the server', unseen({ managed: atLimitOfOne }), null],
    [
      'an old limit of one, and none busy',
      seen({ connections: counts({ total: 1, active: 0 }), managed: atLimitOfOne }),
      null,
    ],
    [
      'an old limit of one, and states hidden',
      seen({ connections: counts({ total: 1, active: null }), managed: atLimitOfOne }),
      null,
    ],
    ['a live limit that is not known', seen({ managed: managed({ inUse: 0 }) }), null],
    ['a live limit whose use is not known', seen({ managed: managed({ limit: 50 }) }), null],
  ] as const)('%s', (_, sample, layer) => {
    expect(verdictOf(sample).saturatedLayer).toBe(layer);
  });

  it('a login refused for want of slots is a probe that is not served, too', () => {
    const problems = [problem('PROBE.SLOTS_EXHAUSTED')];
    const verdict = verdictOf(unseen({ problems, managed: old(managed({ limit: 20, inUse: 20 })) }));
    expect(codes(verdict)).toContain('MANAGED.FULL');
  });

  it('the server is named even if the managed pool was found full before', () => {
    const connections = counts({ total: 20, server: 50 });
    const problems = [problem('MANAGED.FULL')];
    const verdict = verdictOf(seen({ connections, slots: slots({ maxConnections: 50 }), problems }));
    expect(codes(verdict)).toEqual(['MANAGED.FULL', 'POOL.EXCEEDS_CEILING', 'DATABASE.FULL', 'POOL.NEAR_LIMIT']);
    expect(verdict.saturatedLayer).toBe('database');
  });

  it('idle transactions in a pool that has something left fill nothing', () => {
    const connections = counts({ total: 99, active: 99, idleInTransaction: 99 });
    expect(verdictOf(seen({ connections }))).toMatchObject({ saturatedLayer: null });
  });

  it('a pool whose connections are open but idle is near its limit, and not full', () => {
    const verdict = verdictOf(seen({ connections: counts({ total: 100, active: 99 }) }));
    expect(verdict).toMatchObject({ status: 'unhealthy', saturatedLayer: null });
    expect(codes(verdict)).toEqual(['POOL.NEAR_LIMIT']);
  });

  const without = (limits: object) => configWith({ pool: { min: 1, max: 100 }, limits });
  it.each([
    ['one connection pinned of five', managed({ open: 5, pinned: 1 }), {}, ['MANAGED.PINNED']],
    ['one below 20 percent of 1000 pinned', managed({ open: 1000, pinned: 199 }), {}, []],
    ['a number pinned of a total that is not known', managed({ pinned: 5 }), { pinnedPercent: 0 }, []],
    ['a pinned number that is not known', managed({ open: 5 }), { pinnedPercent: 0 }, []],
    [
      'a wait of 1 ms where any is too long',
      managed({ borrowWaitMs: 1 }),
      { borrowWaitMs: 0 },
      ['MANAGED.BORROW_WAIT'],
    ],
    ['no wait where any is too long', managed({ borrowWaitMs: 0, longestWaitMs: 0 }), { borrowWaitMs: 0 }, []],
    ['a wait that is not known where any is too long', managed({}), { borrowWaitMs: 0 }, []],
    ['a wait that is not known where 1 ms is too long', managed({}), { borrowWaitMs: 1 }, []],
  ] as const)('%s', (_, view, limits, expected) => {
    expect(codes(evaluate(without(limits), seen({ managed: view })))).toEqual(expected);
  });
});
