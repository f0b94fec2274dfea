import { afterEach, describe, expect, it, test, vi } from 'vitest';
import type { PoolConfig, ValidatedPoolConfig } from '../../../functions/core/pool-config.js';
import { poolReport } from '../../../functions/core/pool-report.js';
import type { DatabaseProbeResult } from '../../../functions/core/ports.js';
import { type Problem, ProblemError, problem } from '../../../functions/core/problems.js';
import type { PoolSample } from '../../../functions/core/sample.js';
import { evaluate } from '../../../functions/core/verdict.js';
import { PoolerProbe } from '../../../functions/poolers/probe.js';
import type { ProxyGauges } from '../../../functions/poolers/rds-proxy/cloudwatch.js';
import { type ProxySources, proxyAddress, RdsProxyReader } from '../../../functions/poolers/rds-proxy/reader.js';
import type { ProxySettings } from '../../../functions/poolers/rds-proxy/settings.js';
import { proxyStats } from '../../../functions/poolers/rds-proxy/stats.js';
import { pass, stopTime } from '../../support/clock.js';
import { configWith, counts, NOON, seen, slots } from '../../support/samples.js';

const HOST = 'shop.proxy-abc.eu-central-1.rds.amazonaws.com';
const READERS = 'readers.endpoint.proxy-abc.eu-central-1.rds.amazonaws.com';
/** Two minutes before noon. */
const GAUGES: ProxyGauges = {
  takenAt: NOON - 120_000,
  allowed: 20,
  open: 10,
  borrowed: 3,
  pinned: 0,
  clients: 80,
  borrowWaitMs: null,
  availabilityPercent: 100,
};

const SETTINGS: ProxySettings = {
  maxConnectionsPercent: 50,
  maxIdleConnectionsPercent: 25,
  borrowTimeoutMs: 120_000,
  idleClientTimeoutMs: 1_800_000,
};

/** The methods of both sources. */
type Methods = ProxySources['metrics'] & ProxySources['api'];

interface Scene {
  readonly config?: ValidatedPoolConfig;
  readonly gauges?: Partial<ProxyGauges>;
  readonly sources?: Partial<Methods>;
  readonly deadlineMs?: number;
  /** What the database's side sees: by default 10 connections, 3 of them active. */
  readonly database?: Partial<PoolSample>;
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A pool of 20 behind the proxy `shop`, whose sources are all there, looked at from both sides. */
async function look(scene: Scene = {}) {
  const { config = configWith({ endpoint: HOST, pool: { max: 20 } }), gauges, deadlineMs } = scene;
  const asked: string[] = [];
  const methods: Methods = {
    settings: async (proxy) => {
      asked.push(`settings ${proxy}`);
      return SETTINGS;
    },
    endpoint: async (name, proxy) => {
      asked.push(`endpoint ${name} of ${proxy}`);
      return { proxy: 'shop', role: 'READ_ONLY' };
    },
    gauges: async (proxy, role) => {
      asked.push(`gauges ${proxy} ${role}`);
      return { ...GAUGES, ...gauges };
    },
    ...scene.sources,
  };
  const address = proxyAddress(config);
  if (!address) {
    throw new Error('this pool is behind no RDS Proxy');
  }
  const rdsProxy = new RdsProxyReader({
    address,
    sources: { metrics: methods, api: methods },
    ...(deadlineMs !== undefined && { deadlineMs }),
  });
  const probe = new PoolerProbe(config, { 'rds-proxy': rdsProxy });
  const { database, problems } = { ...seen({ slots: slots({ maxConnections: 100 }) }), ...scene.database };
  const reading: DatabaseProbeResult = { database, isDirect: null, problems } as DatabaseProbeResult;
  const beside = await probe.probe(Promise.resolve(reading));
  await probe.close();
  const sample: PoolSample = {
    takenAt: NOON,
    durationMs: 12,
    database,
    pooler: beside.managed,
    app: beside.app,
    problems: [...problems, ...beside.problems],
  };
  return { asked, sample, config, verdict: evaluate(config, sample), figures: beside.managed?.stats };
}

const codes = (problems: readonly Problem[]) => problems.map(({ code, severity }) => `${code} ${severity}`);
const TIMEOUT = { database: null, problems: [problem('PROBE.TIMEOUT', { phase: 'query', waitedMs: 3_000 })] };

describe('the proxy that is queried', () => {
  it('is the one of the host name, with its writer', async () => {
    const { asked, sample } = await look();
    expect(asked.sort()).toEqual(['gauges shop READ_WRITE', 'settings shop']);
    expect(sample.pooler).toMatchObject({
      kind: 'rds-proxy',
      source: 'host name',
      stats: { limit: 20, inUse: 3, settings: SETTINGS },
    });
  });

  it('is the one that the definition names', async () => {
    const managed = { kind: 'rds-proxy', name: 'named' };
    const { asked, sample } = await look({ config: configWith({ endpoint: 'db.example.com', managed }) });
    expect(asked.sort()).toEqual(['gauges named READ_WRITE', 'settings named']);
    expect(sample.pooler?.source).toBe('definition');
  });

  it('is the one that has the additional endpoint, with the targets behind it', async () => {
    const { asked } = await look({ config: configWith({ endpoint: READERS }) });
    expect(asked.sort()).toEqual(['endpoint readers of null', 'gauges shop READ_ONLY', 'settings shop']);
  });

  it('is the named one behind an additional endpoint, with the targets behind it', async () => {
    const managed = { kind: 'rds-proxy', name: 'named' };
    const { asked } = await look({ config: configWith({ endpoint: READERS, managed }) });
    expect(asked.sort()).toEqual(['endpoint readers of named', 'gauges named READ_ONLY', 'settings named']);
  });
});

describe('a proxy that cannot be queried is a warning, and the view of the database remains', () => {
  const denied = async () => {
    throw new ProblemError(problem('AWS.RDS', { error: 'AccessDenied' }));
  };
  const values = { error: 'AccessDenied', cause: 'AWS.RDS' };

  it('when access to its metrics is denied', async () => {
    const { sample, verdict } = await look({ sources: { gauges: denied } });
    expect(sample.pooler).toEqual({ kind: 'rds-proxy', source: 'host name', stats: null });
    expect(sample.problems).toEqual([{ code: 'MANAGED.UNAVAILABLE', severity: 'warning', values }]);
    expect(verdict).toMatchObject({ status: 'healthy', totalConnections: 10, poolSize: 20 });
  });

  it('whose endpoint leads to no known proxy has to be named in the definition', async () => {
    const { sample } = await look({ config: configWith({ endpoint: READERS }), sources: { endpoint: denied } });
    const reason = expect.stringContaining('"managed": {"kind": "rds-proxy", "name": …}');
    expect(sample.problems.map((each) => each.values)).toEqual([{ ...values, reason }]);
  });

  it('whose name is known reports only the failure of its endpoint', async () => {
    const config = configWith({ endpoint: READERS, managed: { kind: 'rds-proxy', name: 'shop' } });
    const { sample } = await look({ config, sources: { endpoint: denied }, database: TIMEOUT });
    expect(sample.pooler?.stats).toBeNull();
    expect(sample.problems.map((each) => each.values)).toEqual([TIMEOUT.problems[0]?.values, values]);
  });

  it('whose address names no proxy has to be named in the definition, and nothing is called', async () => {
    const endpoint = 'a.b.proxy-abc.eu-central-1.rds.amazonaws.com';
    const { asked, sample } = await look({ config: configWith({ endpoint }) });
    expect(asked).toEqual([]);
    expect(sample.problems[0]?.values.reason).toContain('name it in the definition');
  });

  it('when its endpoint cannot be read and a slow database does not tell the role', async () => {
    stopTime();
    const reader = new RdsProxyReader({
      address: { proxy: 'shop', endpoint: 'readers' },
      sources: { metrics: { gauges: async () => GAUGES }, api: { settings: async () => SETTINGS, endpoint: denied } },
    });
    const reading = reader.read(new Promise(() => undefined)).catch((error: unknown) => error);
    await pass(750);
    expect(await Promise.race([reading, 'not yet'])).toMatchObject({ problem: { code: 'AWS.RDS' } });
  });

  it('when AWS does not answer within the deadline', async () => {
    stopTime();
    const looking = look({ sources: { gauges: () => new Promise(() => undefined) }, deadlineMs: 100 });
    await pass(100);
    const { sample } = await looking;
    expect(sample.problems[0]?.values).toMatchObject({ reason: 'AWS did not answer in time', waitedMs: 100 });
  });

  it('when AWS does not answer within two and a half seconds, half of the deadline of a check', async () => {
    stopTime();
    const looking = look({ sources: { settings: () => new Promise(() => undefined) } });
    await pass(2_499);
    expect(await Promise.race([looking, 'not yet'])).toBe('not yet');
    await pass(1);
    expect((await looking).sample.problems[0]?.values.waitedMs).toBe(2_500);
  });
});

describe('a proxy of which the RDS API tells nothing lacks only that part', () => {
  const denied = async () => {
    throw new ProblemError(problem('AWS.RDS', { error: 'AccessDenied' }));
  };
  const MISSING = {
    code: 'MANAGED.UNAVAILABLE',
    severity: 'warning',
    values: { error: 'AccessDenied', cause: 'AWS.RDS' },
  };
  const inFront = { endpoint: READERS, managed: { kind: 'rds-proxy', name: 'shop' } };

  it('has its metrics without its settings', async () => {
    const { sample, figures } = await look({ sources: { settings: denied } });
    expect(figures).toEqual(proxyStats(GAUGES, null, null));
    expect(sample.problems).toEqual([MISSING]);
  });

  it('is full when a probe is not served', async () => {
    const { verdict } = await look({ sources: { settings: denied }, gauges: { borrowed: 20 }, database: TIMEOUT });
    expect(codes(verdict.problems)).toEqual([
      'PROBE.TIMEOUT error',
      'MANAGED.UNAVAILABLE warning',
      'MANAGED.FULL error',
    ]);
    expect(verdict.saturatedLayer).toBe('managed');
  });

  it.each([
    ['primary', 'READ_WRITE'],
    ['standby', 'READ_ONLY'],
  ] as const)('has the metrics of the targets whose role the server has: %s', async (role, targets) => {
    const sources = { settings: denied, endpoint: denied };
    const { asked, sample, figures } = await look({ config: configWith(inFront), sources, database: seen({ role }) });
    expect(asked).toEqual([`gauges shop ${targets}`]);
    expect(figures?.limit).toBe(20);
    expect(sample.problems).toEqual([MISSING]);
  });

  it('keeps to the last such role while the server does not answer', async () => {
    const asked: string[] = [];
    const reader = new RdsProxyReader({
      address: { proxy: 'shop', endpoint: 'readers' },
      sources: {
        metrics: {
          gauges: async (_, role) => {
            asked.push(role);
            return GAUGES;
          },
        },
        api: { settings: denied, endpoint: denied },
      },
    });
    const reading = (sample: Partial<PoolSample>) => reader.read(Promise.resolve(sample as DatabaseProbeResult));
    await expect(reading(TIMEOUT)).rejects.toMatchObject({ problem: { code: 'AWS.RDS' } });
    await reading(seen({ role: 'standby' }));
    await reading(TIMEOUT);
    // After a failover the endpoint leads to the other role.
    await reading(seen({ role: 'primary' }));
    await reading(TIMEOUT);
    expect(asked).toEqual(['READ_ONLY', 'READ_ONLY', 'READ_WRITE', 'READ_WRITE']);
  });

  it('does not hide a mistake of the program', async () => {
    const settings = async () => {
      throw new TypeError('mistake');
    };
    const { sample } = await look({ sources: { settings } });
    expect(sample.problems[0]?.values).toEqual({ reason: 'unexpected answer' });
  });
});

describe('metrics that may be five minutes old', () => {
  const MAX_AGE_MS = 300_000;
  const OLD = GAUGES;
  const NEW = { ...GAUGES, takenAt: NOON, open: 20, borrowed: 20 };

  /** What a pool sees whose proxy has lent all its connections since the metrics were read. */
  async function lookLater(database: Promise<Partial<PoolSample>>, known: ProxyGauges = OLD) {
    const { ages, read } = later(known);
    const { takenAt, inUse } = await read(database);
    return { ages, takenAt, inUse };
  }

  /** @param newest answers with the metrics of the newest minute */
  function later(known: ProxyGauges, newest: () => Promise<ProxyGauges> = async () => NEW) {
    const ages: number[] = [];
    const reader = new RdsProxyReader({
      address: { proxy: 'shop', endpoint: null },
      metricsMaxAgeMs: MAX_AGE_MS,
      sources: {
        metrics: {
          gauges: async (_proxy, _role, maxAgeMs) => {
            ages.push(maxAgeMs);
            return maxAgeMs === 0 ? await newest() : known;
          },
        },
        api: { settings: async () => SETTINGS, endpoint: () => new Promise(() => undefined) },
      },
    });
    const read = (database: Promise<Partial<PoolSample>>) => reader.read(database as Promise<DatabaseProbeResult>);
    return { ages, read };
  }

  const NEWEST = { ages: [MAX_AGE_MS, 0], takenAt: NOON, inUse: 20 };
  const KNOWN = { ages: [MAX_AGE_MS], takenAt: OLD.takenAt, inUse: OLD.borrowed };
  const busy = (total: number, active: number, maxConnections = 100) =>
    Promise.resolve(seen({ connections: counts({ total, active }), slots: slots({ maxConnections }) }));

  it.each([
    ['as long as nothing else points to a full proxy', busy(10, 3), KNOWN],
    ['with fewer active sessions than the limit', busy(17, 17), KNOWN],
    ['with as many active sessions as the limit', busy(20, 20), NEWEST],
    ['with so many open sessions that they could all be pinned', busy(18, 0), NEWEST],
    ['after a probe that was not served', Promise.resolve(TIMEOUT), NEWEST],
    ['with fewer active sessions than half of the live max_connections, as set', busy(10, 9, 25), KNOWN],
    ['with as many active sessions as a limit that fell since', busy(10, 10, 20), NEWEST],
  ])('are used, or read again: %s', async (_, database, expected) => {
    expect(await lookLater(database)).toEqual(expected);
  });

  it('are read again for five minutes while they have no limit, as those of a new proxy', async () => {
    stopTime();
    const { ages, read } = later({ ...OLD, allowed: null });
    const early = async () => {
      await read(busy(10, 3));
      return ages.splice(0).length === 2;
    };
    const minutes: boolean[] = [];
    for (let minute = 0; minute < 7; minute += 1) {
      minutes.push(await early());
      await pass(60_000);
    }
    expect(minutes).toEqual([true, true, true, true, true, false, false]);
  });

  it('are not read again for a limit of 0, as that of a role without targets', async () => {
    expect(await lookLater(busy(10, 3), { ...OLD, allowed: 0 })).toEqual(KNOWN);
  });

  it('stay when the newest minute cannot be read, and the reason is a failure', async () => {
    const denied = new ProblemError(problem('AWS.CLOUDWATCH', { error: 'AccessDenied' }));
    const { read } = later(OLD, () => Promise.reject(denied));
    const expected = { takenAt: OLD.takenAt, inUse: OLD.borrowed, limit: 20, settings: SETTINGS, failures: [denied] };
    expect(await read(Promise.resolve(TIMEOUT))).toMatchObject(expected);
  });

  it('stay when the newest minute is not read in time, and the reason is a failure', async () => {
    stopTime();
    const { read } = later(OLD, () => new Promise(() => undefined));
    const reading = read(Promise.resolve(TIMEOUT));
    await pass(2_499);
    expect(await Promise.race([reading, 'not yet'])).toMatchObject({
      takenAt: OLD.takenAt,
      inUse: OLD.borrowed,
      settings: SETTINGS,
      failures: [{ problem: { values: { reason: 'AWS did not answer in time' } } }],
    });
  });

  it('do not hide a mistake of the program in reading the newest', async () => {
    const { read } = later(OLD, () => Promise.reject(new TypeError('mistake')));
    await expect(read(Promise.resolve(TIMEOUT))).rejects.toThrow('mistake');
  });

  it('are read again while the database does not answer, early enough for this answer', async () => {
    stopTime();
    const looking = lookLater(new Promise(() => undefined));
    await pass(749);
    expect(await Promise.race([looking, 'not yet'])).toBe('not yet');
    await pass(1);
    expect(await looking).toEqual(NEWEST);
  });
});

describe('the limit', () => {
  it('is what the proxy reports, without waiting for the database', async () => {
    const reader = new RdsProxyReader({
      address: { proxy: 'shop', endpoint: null },
      sources: {
        metrics: { gauges: async () => GAUGES },
        api: { settings: async () => SETTINGS, endpoint: () => new Promise(() => undefined) },
      },
    });
    expect((await reader.read(new Promise(() => undefined))).limit).toBe(20);
  });

  it('is otherwise its share of the live max_connections, not of a formula over memory', async () => {
    const database = seen({ slots: slots({ maxConnections: 832 }) });
    expect((await look({ gauges: { allowed: null }, database })).figures?.limit).toBe(416);
  });

  it('is null when the database does not report it either', async () => {
    expect((await look({ gauges: { allowed: null }, database: TIMEOUT })).figures?.limit).toBeNull();
  });

  it('limits the size of the pool', async () => {
    const { verdict } = await look({ gauges: { allowed: 12 } });
    expect(verdict.poolSize).toBe(12);
    expect(codes(verdict.problems)).toEqual(['POOL.EXCEEDS_CEILING warning']);
  });
});

describe('the verdict', () => {
  const AT_LIMIT = { open: 20, borrowed: 20 };

  it('is full and critical, with the stats, for a proxy at its limit and a probe that is not served', async () => {
    const { sample, config, verdict } = await look({ gauges: AT_LIMIT, database: TIMEOUT });
    expect(codes(verdict.problems)).toEqual(['PROBE.TIMEOUT error', 'MANAGED.FULL error']);
    expect(verdict).toMatchObject({
      status: 'unhealthy',
      saturatedLayer: 'managed',
      utilization: { percent: null, status: 'critical' },
      poolSize: 20,
      waitingRequests: null,
    });
    expect(poolReport({ pool: 'orders', config, sample, verdict }, NOON + 60_000).managedPool).toMatchObject({
      kind: 'rds-proxy',
      source: 'host name',
      size: 20,
      inUse: 20,
      waiting: null,
      ageSeconds: 180,
    });
  });

  it('does not depend on the stats of the proxy alone, which are minutes old', async () => {
    const { verdict } = await look({ gauges: AT_LIMIT });
    expect(verdict).toMatchObject({ status: 'healthy', saturatedLayer: null });
    expect(codes(verdict.problems)).toEqual([]);
  });

  it('does not blame a proxy below its limit for a probe that is not served', async () => {
    const { verdict } = await look({ database: TIMEOUT });
    expect(codes(verdict.problems)).toEqual(['PROBE.TIMEOUT error']);
    expect(verdict).toMatchObject({ saturatedLayer: null, utilization: { status: 'unknown' } });
  });

  it('is full when the server has as many active sessions as the proxy may open', async () => {
    const { verdict } = await look({
      gauges: AT_LIMIT,
      database: seen({ connections: counts({ total: 20, active: 20 }) }),
    });
    expect(verdict).toMatchObject({ saturatedLayer: 'managed', utilization: { status: 'critical' } });
    expect(codes(verdict.problems)).toContain('MANAGED.FULL error');
  });

  it('does not blame a proxy that cannot be queried for a probe that is not served', async () => {
    const gauges = async () => {
      throw new ProblemError(problem('AWS.CLOUDWATCH', { error: 'AccessDeniedException' }));
    };
    const { verdict } = await look({ sources: { gauges }, database: TIMEOUT });
    expect(codes(verdict.problems)).toEqual(['PROBE.TIMEOUT error', 'MANAGED.UNAVAILABLE warning']);
    expect(verdict.utilization).toEqual({ of: 'active', percent: null, status: 'unknown' });
  });

  it.each([
    [1, 10, 20, []],
    [2, 10, 20, ['MANAGED.PINNED warning']],
    [2, 10, 21, []],
    [1, 10, 10, ['MANAGED.PINNED warning']],
    [0, 0, 0, []],
    [null, 10, 0, []],
  ])(
    'follows the share of pinned connections: %s of %s, with a limit of %i percent',
    async (pinned, open, pinnedPercent, problems) => {
      const config = configWith({ endpoint: HOST, limits: { pinnedPercent } });
      const { verdict } = await look({ config, gauges: { pinned, open } });
      expect(codes(verdict.problems)).toEqual(problems);
      expect(verdict.status).toBe('healthy');
    },
  );

  it.each([
    [99.9, 100, []],
    [100, 100, ['MANAGED.BORROW_WAIT warning']],
    [100, 101, []],
    [0.4, 0, ['MANAGED.BORROW_WAIT warning']],
    [null, 0, []],
  ])('follows the borrow wait: %s ms, with a limit of %i', async (borrowWaitMs, limit, problems) => {
    const config = configWith({ endpoint: HOST, limits: { borrowWaitMs: limit } });
    const { verdict } = await look({ config, gauges: { borrowWaitMs } });
    expect(codes(verdict.problems)).toEqual(problems);
    expect(verdict.status).toBe('healthy');
  });

  it('shows the age of late stats', async () => {
    const { sample, config, verdict } = await look({ gauges: { takenAt: NOON - 290_000 } });
    expect(poolReport({ pool: 'orders', config, sample, verdict }, NOON).managedPool?.ageSeconds).toBe(290);
  });
});

const MINUTE: ProxyGauges = {
  takenAt: Date.UTC(2026, 0, 2, 12),
  allowed: 90,
  open: 40,
  borrowed: 24,
  pinned: 6,
  clients: 80,
  borrowWaitMs: 2,
  availabilityPercent: 100,
};

describe('the stats of an RDS Proxy', () => {
  it('come from its metrics, are minutes old, and never contain the number of waiting clients', () => {
    expect(proxyStats(MINUTE, 75, 832)).toEqual({
      takenAt: MINUTE.takenAt,
      isLive: false,
      limit: 90,
      open: 40,
      inUse: 24,
      pinned: 6,
      waiting: null,
      longestWaitMs: null,
      borrowWaitMs: 2,
      clients: 80,
      availabilityPercent: 100,
    });
  });

  it.each([
    ['what the proxy says it may open', 90, 75, 832, 90],
    ['else its share of the live max_connections', null, 75, 832, 624],
    ['never rounded up', null, 90, 45, 40],
    ['but never none', null, 1, 45, 1],
    ['the share when it may open none, as without a target', 0, 50, 100, 50],
    ['unknown without max_connections', null, 75, null, null],
    ['unknown without a share', null, null, 832, null],
    ['unknown when it may open none and no share is known', 0, null, null, null],
  ])('have this limit: %s', (_, allowed, percent, maxConnections, limit) => {
    expect(proxyStats({ ...MINUTE, allowed }, percent, maxConnections).limit).toBe(limit);
  });

  it('are null where there is no datapoint', () => {
    const nothing = Object.fromEntries(Object.keys(MINUTE).map((key) => [key, null]));
    const figures = proxyStats({ ...(nothing as unknown as ProxyGauges), takenAt: 1 }, null, null);
    expect(Object.values(figures).filter((value) => value !== null)).toEqual([1, false]);
  });
});

const DEFAULT = 'Shop.proxy-abc123.eu-central-1.rds.amazonaws.com';
const OTHER = 'Readers.endpoint.proxy-abc123.eu-central-1.rds.amazonaws.com';
const named = (name: string): PoolConfig['managed'] => ({ kind: 'rds-proxy', name });
const pgbouncer: PoolConfig['managed'] = {
  kind: 'pgbouncer',
  user: 'stats',
  auth: { type: 'secret', arn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf' },
};

test.each<[string, PoolConfig['managed'], string, unknown]>([
  ['named', named('shop'), 'db.example.com', { proxy: 'shop', endpoint: null }],
  ['named, at its default endpoint', named('other'), DEFAULT, { proxy: 'other', endpoint: null }],
  ['named, at another endpoint', named('shop'), OTHER, { proxy: 'shop', endpoint: 'readers' }],
  ['at its default endpoint', null, DEFAULT, { proxy: 'shop', endpoint: null }],
  ['at another endpoint', null, OTHER, { proxy: null, endpoint: 'readers' }],
  ['in China', null, 'shop.proxy-abc.rds.cn-north-1.amazonaws.com.cn', { proxy: 'shop', endpoint: null }],
  [
    'at another endpoint in China',
    null,
    'ro.endpoint.proxy-abc.rds.cn-north-1.amazonaws.com.cn',
    { proxy: null, endpoint: 'ro' },
  ],
  [
    'at an address that names no proxy',
    null,
    'a.b.proxy-abc.eu-central-1.rds.amazonaws.com',
    { proxy: null, endpoint: null },
  ],
  ['not there: another host', null, 'db.example.com', null],
  ['not there: a host that only looks like one', null, 'x.endpoint.proxy-abc.example.com', null],
  ['not there: a database', null, 'shop.abc123.eu-central-1.rds.amazonaws.com', null],
  ['not there: the definition says none', { kind: 'none' }, DEFAULT, null],
  ['not there: the definition says PgBouncer', pgbouncer, DEFAULT, null],
])('an RDS Proxy %s', (_, managed, endpoint, address) => {
  expect(proxyAddress({ managed, endpoint })).toEqual(address);
});
