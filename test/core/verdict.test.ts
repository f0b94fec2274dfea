import { describe, expect, it } from 'vitest';
import { type ProblemCode, problem } from '../../functions/core/problems.js';
import { ordinarySlots } from '../../functions/core/sample.js';
import { evaluate } from '../../functions/core/verdict.js';
import { configOf, counts, managed, seen, slots, unseen } from '../support/samples.js';

const codes = ({ problems }: ReturnType<typeof evaluate>) => problems.map(({ code }) => code);
const isOfPool = (code: ProblemCode) => code.startsWith('POOL.');
/** The verdict on `total` open connections, three of them active, of a pool of `max` on an otherwise empty server. */
const judged = (total: number, max: number) => evaluate(configOf(max), seen({ connections: counts({ total }) }));
/** Room that a server of these slots leaves to a pool which is promised more than that. */
const sizeOf = (parts: Parameters<typeof seen>[0]) => evaluate(configOf(1_000_000), seen(parts)).poolSize;

describe('utilization', () => {
  it.each([
    [1399, 69.95, 'normal', 'healthy'],
    [1400, 70, 'warning', 'healthy'],
    [1799, 89.95, 'warning', 'healthy'],
    [1800, 90, 'warning', 'unhealthy'],
    [1801, 90.05, 'critical', 'unhealthy'],
    [2000, 100, 'critical', 'unhealthy'],
    [0, 0, 'normal', 'healthy'],
  ])('of %i of 2000 is %f percent: %s and %s', (total, percent, utilization, status) => {
    const verdict = evaluate(configOf(2000), seen({ connections: counts({ total, active: 0 }) }));
    expect(verdict.utilization.percent).toBeCloseTo(percent, 9);
    expect(verdict.utilization.status).toBe(utilization);
    expect(verdict.status).toBe(status);
    expect(codes(verdict)).toEqual(percent >= 90 ? ['POOL.NEAR_LIMIT'] : []);
  });

  it('of exactly 90 percent is warning and unhealthy at any size', () => {
    for (const max of [10, 20, 30, 70, 110, 1230, 99_990]) {
      const sample = seen({
        connections: counts({ total: (max / 10) * 9 }),
        slots: slots({ maxConnections: 1_000_000 }),
      });
      expect(evaluate(configOf(max), sample)).toMatchObject({
        status: 'unhealthy',
        utilization: { percent: 90, status: 'warning' },
      });
    }
  });

  it('is not capped at 100: sessions beyond what the settings promise are seen', () => {
    expect(judged(50, 20)).toMatchObject({ status: 'unhealthy', utilization: { percent: 250, status: 'critical' } });
  });

  it('counts idle connections too: they cannot be opened twice', () => {
    const verdict = evaluate(configOf(20), seen({ connections: counts({ total: 19, active: 0 }) }));
    expect(verdict).toMatchObject({
      status: 'unhealthy',
      activeConnections: 0,
      idleConnections: 19,
      totalConnections: 19,
      utilization: { percent: 95, status: 'critical' },
    });
  });
});

describe('the size of the pool', () => {
  it('is max of every instance when nothing else is smaller', () => {
    expect(evaluate(configOf(20, 3), seen()).poolSize).toBe(60);
  });

  it('is the limit of the managed pool when that is smaller', () => {
    const sample = seen({ managed: managed({ limit: 15, waiting: null }) });
    expect(evaluate(configOf(20), sample).poolSize).toBe(15);
    expect(evaluate(configOf(10), sample).poolSize).toBe(10);
  });

  it('does not take an unlimited managed pool for one of none', () => {
    expect(evaluate(configOf(20), seen({ managed: managed({ limit: null, waiting: 0 }) })).poolSize).toBe(20);
  });

  it('leaves 4995 of 5000 with 3 + 2 reserved', () => {
    const server = slots({ maxConnections: 5000, superuserReserved: 3, reserved: 2 });
    expect(ordinarySlots(server)).toBe(4995);
    expect(sizeOf({ slots: server })).toBe(4995);
  });

  it('leaves out what RDS reserves', () => {
    expect(ordinarySlots(slots({ maxConnections: 100, superuserReserved: 3, reserved: 2, rdsReserved: 4 }))).toBe(91);
  });

  it('is never below nothing, even if more is reserved than there is', () => {
    const server = slots({ maxConnections: 4, superuserReserved: 3, reserved: 2 });
    expect(ordinarySlots(server)).toBe(0);
    expect(sizeOf({ slots: server })).toBe(0);
  });

  it('is less by the client backends of others on the whole server', () => {
    const connections = counts({ total: 10, server: 45, database: 10 });
    expect(sizeOf({ connections, slots: slots({ maxConnections: 100 }) })).toBe(65);
  });

  it('is the CONNECTION LIMIT of the database, less the sessions of others in it, when that is smaller', () => {
    const server = slots({ maxConnections: 100, databaseLimit: 30 });
    expect(sizeOf({ connections: counts({ total: 10, server: 45, database: 14 }), slots: server })).toBe(26);
    expect(sizeOf({ connections: counts({ total: 10, server: 95, database: 14 }), slots: server })).toBe(15);
  });

  it('without the right to see sessions is what there would be without them', () => {
    const server = slots({ maxConnections: 100, superuserReserved: 3 });
    expect(sizeOf({ connections: null, slots: server })).toBe(97);
    expect(sizeOf({ connections: null, slots: { ...server, databaseLimit: 30 } })).toBe(30);
  });
});

describe('a server without room', () => {
  const reserved = slots({ maxConnections: 5000, superuserReserved: 3, reserved: 2 });

  it('is full with 6 sessions of the platform and 4989 clients', () => {
    const connections = counts({ total: 4989, server: 4995, database: 4989 });
    const verdict = evaluate(configOf(5000), seen({ connections, slots: reserved }));
    expect(codes(verdict)).toEqual(['POOL.EXCEEDS_CEILING', 'DATABASE.FULL', 'POOL.NEAR_LIMIT']);
    expect(verdict).toMatchObject({
      status: 'unhealthy',
      saturatedLayer: 'database',
      poolSize: 4989,
      utilization: { percent: 100, status: 'critical' },
    });
    expect(verdict.problems[1]?.values).toEqual({ total: 4989, others: 6, room: 4989, slots: 4995 });
  });

  it('is not full one session before that', () => {
    const connections = counts({ total: 4988, server: 4994, database: 4988 });
    const verdict = evaluate(configOf(5000), seen({ connections, slots: reserved }));
    expect(codes(verdict)).toEqual(['POOL.EXCEEDS_CEILING', 'DATABASE.NEAR_LIMIT', 'POOL.NEAR_LIMIT']);
    expect(verdict.saturatedLayer).toBeNull();
  });

  it('is full by the sessions of other databases, though this pool has hardly any', () => {
    const connections = counts({ total: 2, active: 0, server: 100, database: 2 });
    const verdict = evaluate(configOf(20), seen({ connections, slots: slots({ maxConnections: 100 }) }));
    expect(codes(verdict)).toEqual(['DATABASE.FULL', 'POOL.NEAR_LIMIT']);
    expect(verdict).toMatchObject({
      status: 'unhealthy',
      saturatedLayer: 'database',
      poolSize: 2,
      utilization: { percent: 100, status: 'critical' },
    });
  });

  it('is full by the CONNECTION LIMIT of the database alone', () => {
    const connections = counts({ total: 6, server: 10, database: 10 });
    const verdict = evaluate(
      configOf(10),
      seen({ connections, slots: slots({ maxConnections: 100, databaseLimit: 10 }) }),
    );
    expect(codes(verdict)).toEqual(['DATABASE.FULL', 'POOL.NEAR_LIMIT']);
    expect(verdict).toMatchObject({ poolSize: 6, saturatedLayer: 'database' });
  });

  it('for not even one connection of the pool is critical, and no percentage', () => {
    const connections = counts({ total: 0, active: 0, server: 100, database: 0 });
    const verdict = evaluate(configOf(20), seen({ connections, slots: slots({ maxConnections: 100 }) }));
    expect(codes(verdict)).toEqual(['DATABASE.FULL']);
    expect(verdict).toMatchObject({
      status: 'unhealthy',
      totalConnections: 0,
      poolSize: 0,
      utilization: { percent: null, status: 'critical' },
    });
  });

  it('in which even more sessions are open than it gives to ordinary clients has no negative room', () => {
    const connections = counts({ total: 5, server: 110, database: 5 });
    const verdict = evaluate(configOf(20), seen({ connections, slots: slots({ maxConnections: 100 }) }));
    expect(verdict).toMatchObject({ poolSize: 0, utilization: { percent: null, status: 'critical' } });
  });
});

describe('a server that is nearly full', () => {
  const on = (server: number) => {
    const connections = counts({ total: 2, active: 0, server, database: 2 });
    return evaluate(configOf(5), seen({ connections, slots: slots({ maxConnections: 203, superuserReserved: 3 }) }));
  };

  it('is a warning above 90 percent of the slots for clients, not at 90', () => {
    expect(codes(on(180))).toEqual([]);
    expect(codes(on(181))).toEqual(['DATABASE.NEAR_LIMIT']);
    expect(on(181).problems[0]).toMatchObject({ severity: 'warning', values: { server: 181, slots: 200 } });
  });

  it('does not make the pool itself unhealthy or saturated', () => {
    expect(on(181)).toMatchObject({ status: 'healthy', saturatedLayer: null });
  });

  it('is not named besides DATABASE.FULL', () => {
    expect(codes(on(200))).not.toContain('DATABASE.NEAR_LIMIT');
  });
});

describe('settings that promise more than there is', () => {
  it.each([
    ['the server has slots', seen({ slots: slots({ maxConnections: 59 }) }), 59],
    ['the database has by its CONNECTION LIMIT', seen({ slots: slots({ databaseLimit: 59 }) }), 59],
    ['the managed pool has', seen({ managed: managed({ limit: 59, waiting: null }) }), 59],
    ['the managed pool has, the database unseen', unseen({ managed: managed({ limit: 59, waiting: null }) }), 59],
  ])('are a warning by one connection more than %s', (_, sample, ceiling) => {
    const exceeding = evaluate(configOf(20, 3), sample);
    expect(codes(exceeding).filter(isOfPool)).toEqual(['POOL.EXCEEDS_CEILING']);
    expect(exceeding.problems[0]).toMatchObject({ severity: 'warning', values: { promised: 60, ceiling } });
    expect(codes(evaluate(configOf(59), sample)).filter(isOfPool)).toEqual([]);
  });

  it('are not compared with the room that others happen to leave', () => {
    const connections = counts({ total: 10, server: 85, database: 10 });
    const verdict = evaluate(configOf(50), seen({ connections, slots: slots({ maxConnections: 100 }) }));
    expect(verdict.poolSize).toBe(25);
    expect(codes(verdict)).toEqual([]);
  });
});

describe('connections idle in a transaction', () => {
  const having = (active: number, idleInTransaction: number | null, parts: Parameters<typeof seen>[0] = {}) => {
    const connections = counts({ total: active, active, idleInTransaction, longestTransactionMs: 61_000 });
    return evaluate(configOf(20), seen({ connections, ...parts }));
  };

  it('are a problem when they are half of the busy ones and those fill the pool', () => {
    const verdict = having(14, 7);
    expect(codes(verdict)).toEqual(['POOL.IDLE_IN_TRANSACTION']);
    expect(verdict.problems[0]).toMatchObject({
      severity: 'warning',
      values: { idleInTransaction: 7, active: 14, longestTransactionMs: 61_000 },
    });
    expect(verdict.status).toBe('healthy');
  });

  it('are none while the pool has connections to give', () => {
    expect(codes(having(13, 13))).toEqual([]);
  });

  it('count from 70 percent of the pool busy, at any size', () => {
    const ofTwoHundred = (active: number) => {
      const connections = counts({ total: active, active, idleInTransaction: active });
      return codes(evaluate(configOf(200), seen({ connections })));
    };
    expect(ofTwoHundred(139)).toEqual([]);
    expect(ofTwoHundred(140)).toEqual(['POOL.IDLE_IN_TRANSACTION']);
  });

  it('are a problem in a pool of one, too', () => {
    const connections = counts({ total: 1, active: 1, idleInTransaction: 1 });
    expect(codes(evaluate(configOf(1), seen({ connections })))).toContain('POOL.IDLE_IN_TRANSACTION');
  });

  it('are none where most of the busy ones work', () => {
    expect(codes(having(14, 6))).toEqual([]);
  });

  it('are not guessed where the states are hidden', () => {
    expect(codes(having(14, null))).toEqual([]);
    const hidden = counts({ total: 14, active: null, idleInTransaction: 14 });
    expect(codes(evaluate(configOf(20), seen({ connections: hidden }))).filter(isOfPool)).toEqual([]);
  });

  it('are none in a pool that has no connection at all', () => {
    const connections = counts({ total: 0, active: 0, idleInTransaction: 0, server: 10 });
    const verdict = evaluate(configOf(20), seen({ connections, slots: slots({ maxConnections: 10 }) }));
    expect(codes(verdict)).not.toContain('POOL.IDLE_IN_TRANSACTION');
  });

  it('are not judged without settings', () => {
    const connections = counts({ total: 14, active: 14, idleInTransaction: 14 });
    expect(codes(evaluate(null, seen({ connections })))).toEqual(['CONFIG.MISSING']);
  });
});

describe('a probe that could not see', () => {
  const OF_NOTHING = { activeConnections: null, idleConnections: null, totalConnections: null };
  const failedWith = (code: ProblemCode) => evaluate(configOf(20), unseen({ problems: [problem(code)] }));

  it.each([
    'PROBE.TIMEOUT',
    'PROBE.UNREACHABLE',
    'PROBE.DNS',
    'PROBE.AUTH',
    'PROBE.TLS',
    'PROBE.NOT_ACCEPTING',
    'PROBE.TERMINATED',
    'PROBE.DATABASE_MISSING',
    'PROBE.QUERY',
    'PROBE.OWN_LIMIT',
  ] as const)('is unhealthy and unknown, never empty: %s', (code) => {
    expect(failedWith(code)).toMatchObject({
      ...OF_NOTHING,
      status: 'unhealthy',
      saturatedLayer: null,
      utilization: { percent: null, status: 'unknown' },
    });
  });

  it.each([
    ['PROBE.SLOTS_EXHAUSTED', 'database'],
    ['MANAGED.FULL', 'managed'],
    ['DATABASE.FULL', 'database'],
  ] as const)('because something is full is critical: %s', (code, layer) => {
    expect(failedWith(code)).toMatchObject({
      ...OF_NOTHING,
      status: 'unhealthy',
      saturatedLayer: layer,
      utilization: { percent: null, status: 'critical' },
    });
  });

  it('keeps the size and the queue that their own sources know', () => {
    const problems = [problem('PROBE.TIMEOUT')];
    expect(evaluate(configOf(20), unseen({ problems }))).toMatchObject({ poolSize: 20, waitingRequests: null });
    const full = managed({ limit: 15, waiting: 4 });
    expect(evaluate(configOf(20), unseen({ problems, managed: full }))).toMatchObject({
      poolSize: 15,
      waitingRequests: 4,
    });
  });

  it.each([
    ['the database', evaluate(configOf(20), unseen()), 'PROBE.QUERY'],
    ['the sessions', evaluate(configOf(20), seen({ connections: null })), 'PROBE.PRIVILEGE'],
    ['what sessions do', evaluate(configOf(20), seen({ connections: counts({ active: null }) })), 'PROBE.PRIVILEGE'],
    ['a definition', evaluate(null, seen()), 'CONFIG.MISSING'],
  ] as const)('%s is an error, also if no probe reported one', (_, verdict, code) => {
    expect(verdict.status).toBe('unhealthy');
    expect(verdict.problems).toMatchObject([{ code, severity: 'error' }]);
  });

  it('the sessions of others is unhealthy, not idle', () => {
    const sample = seen({ connections: null, problems: [problem('PROBE.PRIVILEGE')] });
    expect(evaluate(configOf(20), sample)).toMatchObject({
      ...OF_NOTHING,
      status: 'unhealthy',
      poolSize: 20,
      utilization: { percent: null, status: 'unknown' },
    });
  });

  it('what sessions do is unhealthy, and still shows how many there are', () => {
    const verdict = evaluate(configOf(20), seen({ connections: counts({ total: 10, active: null }) }));
    expect(verdict).toMatchObject({
      status: 'unhealthy',
      activeConnections: null,
      idleConnections: null,
      totalConnections: 10,
      utilization: { percent: 50, status: 'normal' },
    });
  });
});

describe('what else the verdict says', () => {
  it('active and idle make the total', () => {
    expect(judged(10, 20)).toMatchObject({
      status: 'healthy',
      activeConnections: 3,
      idleConnections: 7,
      totalConnections: 10,
    });
  });

  it('a warning leaves a pool healthy, an error does not', () => {
    const withProblem = (severity: 'warning' | 'error') =>
      evaluate(configOf(20), seen({ problems: [problem('AWS.SSM', {}, severity)] })).status;
    expect(withProblem('warning')).toBe('healthy');
    expect(withProblem('error')).toBe('unhealthy');
  });

  it('a layer that is full makes a pool unhealthy although the figures look well', () => {
    const verdict = evaluate(configOf(20), seen({ problems: [problem('MANAGED.FULL')] }));
    expect(verdict).toMatchObject({
      status: 'unhealthy',
      saturatedLayer: 'managed',
      utilization: { percent: 50, status: 'normal' },
    });
  });

  it('waiting requests are those the managed pool counts, and unknown where nobody does', () => {
    expect(evaluate(configOf(20), seen({ managed: managed({ limit: null, waiting: 3 }) })).waitingRequests).toBe(3);
    expect(evaluate(configOf(20), seen({ managed: managed({ limit: null, waiting: 0 }) })).waitingRequests).toBe(0);
    expect(evaluate(configOf(20), seen({ managed: managed({ limit: 50, waiting: null }) })).waitingRequests).toBeNull();
    expect(evaluate(configOf(20), seen()).waitingRequests).toBeNull();
  });

  it('problems of the sample come first and keep their values', () => {
    const brought = problem('MANAGED.PINNED', { percent: 40 });
    const verdict = evaluate(configOf(60), seen({ problems: [brought], slots: slots({ maxConnections: 50 }) }));
    expect(codes(verdict)).toEqual(['MANAGED.PINNED', 'POOL.EXCEEDS_CEILING']);
    expect(verdict.problems[0]).toBe(brought);
  });

  it('without a valid definition a pool is unhealthy and has no size', () => {
    expect(evaluate(null, unseen({ problems: [problem('CONFIG.INVALID')] }))).toMatchObject({
      status: 'unhealthy',
      poolSize: null,
      utilization: { percent: null, status: 'unknown' },
    });
    expect(evaluate(null, seen())).toMatchObject({ status: 'unhealthy', poolSize: null, totalConnections: 10 });
  });

  it('with the last good definition in force a pool may be healthy', () => {
    const problems = [problem('CONFIG.INVALID', {}, 'warning')];
    expect(evaluate(configOf(20), seen({ problems })).status).toBe('healthy');
  });
});
