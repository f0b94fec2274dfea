import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cloudWatchClient } from '../../functions/aws/clients/cloudwatch.js';
import { CloudWatchReader } from '../../functions/aws/cloudwatch-reader.js';
import { FOR_REQUESTS } from '../../functions/compose/aws-monitor.js';
import { toProblem } from '../../functions/connection/errors.js';
import { ProbeTimeout } from '../../functions/connection/timeout.js';
import { CHECK_DEADLINE_MS } from '../../functions/core/check-role.js';
import { datapoints } from '../../functions/core/metrics.js';
import { validateDefinition } from '../../functions/core/pool-definition.js';
import type { DatabaseProbeResult } from '../../functions/core/ports.js';
import { type Assessment, evaluate } from '../../functions/core/verdict.js';
import { readTables } from '../../functions/poolers/pgbouncer/console.js';
import { pgbouncerStats } from '../../functions/poolers/pgbouncer/stats.js';
import { PoolerProbe } from '../../functions/poolers/probe.js';
import { ProxyMetrics } from '../../functions/poolers/rds-proxy/cloudwatch.js';
import { RdsProxyReader } from '../../functions/poolers/rds-proxy/reader.js';
import { type EvaluatedAlarm, type Minute, replay, ruleHolds } from '../support/alarm-evaluator.js';
import { AwsEndpoint, lambdaEnvironment } from '../support/aws-endpoint.js';
import { momentAt, useRealTime, useTurns } from '../support/clock.js';
import { MetricStore } from '../support/metric-store.js';
import { database, pool, setting } from '../support/pgbouncer-recordings.js';
import {
  CALM,
  FULL,
  PINNED_IDLE,
  type PoolMinute,
  type ProxyMinute,
  type ProxyRecording,
  WAITING,
} from '../support/proxy-recordings.js';
import { BORROW_TIMEOUT_TEXT } from '../support/proxy-wire.js';
import { accepted, configWith, counts, NOON, seen, slots } from '../support/samples.js';
import { ATTACH, templateOf } from '../support/synth.js';
import { alarmsOf, compositesOf } from '../support/templates.js';

const MINUTE_MS = 60_000;
/** More than any alarm looks back. */
const LEAD_MINUTES = 12;
/** Mean wait from which on a client waits too long for a connection, by the contract. */
const LONG_WAIT_MS = 100;

const template = templateOf(ATTACH);
const alarms = alarmsOf(template);
const composites = compositesOf(template);

let endpoint: AwsEndpoint;
let store: MetricStore;
let time: number;

beforeEach(async () => {
  endpoint = await AwsEndpoint.start();
  lambdaEnvironment(endpoint.url);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  useTurns();
  store = new MetricStore();
  endpoint.answer('GetMetricData', store.getMetricData);
  endpoint.answer('ListMetrics', store.listMetrics);
});

afterEach(async () => {
  useRealTime();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await endpoint.close();
});

/** The two pools of the template that are behind the proxy `shop`. */
const POOLS = ['orders', 'carts'] as const;
type Pool = (typeof POOLS)[number];

function configOf(name: Pool) {
  const { definition } = ATTACH.pools.find((each) => each.name === name) ?? ATTACH.pools[0];
  return accepted(validateDefinition(name, definition));
}

/** What a deployed environment makes of the pools whenever it looks: the check, or a function that answers requests. */
function environment(metricsMaxAgeMs: number) {
  const client = cloudWatchClient({ connectMs: 5_000, answerMs: 20_000, attempts: 1 });
  const reader = new CloudWatchReader({ client, deadlineMs: 20_000, now: () => time });
  const metrics = new ProxyMetrics(reader, { client, deadlineMs: 20_000, now: () => momentAt(time) });
  const settings = {
    maxConnectionsPercent: 90,
    maxIdleConnectionsPercent: 50,
    borrowTimeoutMs: 120_000,
    idleClientTimeoutMs: 1_800_000,
  };
  const api = { settings: async () => settings, endpoint: () => Promise.reject(new Error('the default endpoint')) };
  const address = { proxy: 'shop', endpoint: null };
  const options = { address, sources: { metrics, api }, deadlineMs: 20_000, metricsMaxAgeMs };
  const probes = new Map(
    POOLS.map((name) => [name, new PoolerProbe(configOf(name), { 'rds-proxy': new RdsProxyReader(options) })]),
  );
  return async (name: Pool, result: DatabaseProbeResult): Promise<Assessment> => {
    const config = configOf(name);
    const beside = await probes.get(name)?.probe(Promise.resolve(result));
    const problems = [...result.problems, ...(beside?.problems ?? [])];
    const sample = {
      ...seen({ managed: beside?.managed ?? null, problems }),
      takenAt: time,
      database: result.database,
    };
    return { pool: name, config, sample, verdict: evaluate(config, sample) };
  };
}

/** What the database probe of one pool sees in a minute. */
function probed(name: Pool, minute: ProxyMinute, { borrowTimeoutSeconds }: ProxyRecording): DatabaseProbeResult {
  const mine = minute[name];
  if (mine === 'not served') {
    const isRefused = borrowTimeoutSeconds * 1_000 < CHECK_DEADLINE_MS;
    const refusal = Object.assign(new pg.DatabaseError(BORROW_TIMEOUT_TEXT, 0, 'error'), {
      severity: 'ERROR',
      code: '08000',
    });
    const error = isRefused ? refusal : new ProbeTimeout('query', CHECK_DEADLINE_MS);
    return { database: null, isDirect: null, problems: [toProblem(error)] } as DatabaseProbeResult;
  }
  const all = POOLS.map((each) => minute[each]).filter(
    (each): each is Exclude<PoolMinute, string> => each !== 'not served',
  );
  const sum = (of: 'total' | 'active') => all.reduce((total, each) => total + each[of], 0);
  const connections = counts({ ...mine, server: sum('total'), serverActive: sum('active'), database: mine.total });
  const view = seen({ connections, slots: slots({ maxConnections: 100, superuserReserved: 3 }) }).database;
  return { database: view, isDirect: false, problems: [] } as unknown as DatabaseProbeResult;
}

/** Puts what the proxy publishes in a minute into CloudWatch. */
function publish(index: number, { open, borrowed, pinned = 0, borrowMs }: ProxyMinute, allowed: number): Minute {
  const at = NOON + index * MINUTE_MS + 5_000;
  const byRole = {
    MaxDatabaseConnectionsAllowed: allowed,
    DatabaseConnections: open,
    DatabaseConnectionsCurrentlyBorrowed: borrowed,
    DatabaseConnectionsCurrentlySessionPinned: pinned,
    AvailabilityPercentage: 100,
  };
  const latency: Minute = borrowMs === undefined ? {} : { DatabaseConnectionsBorrowLatency: borrowMs * 1_000 };
  const byProxy: Minute = { ClientConnections: 200, ...latency };
  const put = (values: Minute, dimensions: Readonly<Record<string, string>>) => {
    for (const [metric, value] of Object.entries(values)) {
      store.data.push({ namespace: 'AWS/RDS', metric, dimensions, at, value });
    }
  };
  put(byRole, { ProxyName: 'shop', TargetGroup: 'default', TargetRole: 'READWRITE' });
  put(byProxy, { ProxyName: 'shop' });
  return { ...byRole, ...byProxy };
}

/** What an assessment says, without the warnings: those of the proxy's metrics have the metrics' age. */
function verdictOf({ verdict }: Assessment) {
  const { status, saturatedLayer, utilization, poolSize, limitedBy, activeConnections, problems } = verdict;
  const errors = problems.filter(({ severity }) => severity === 'error').map(({ code }) => code);
  return { status, saturatedLayer, utilization, poolSize, limitedBy, activeConnections, errors };
}

type Replayed = Awaited<ReturnType<typeof replayed>>;
const known = new Map<ProxyRecording, Replayed>();

/** A recording is replayed once, for the first test that is about it. */
async function run(recording: ProxyRecording): Promise<Replayed> {
  const result = known.get(recording) ?? (await replayed(recording));
  known.set(recording, result);
  return result;
}

/** Replays a recording: a check forty seconds into each minute, and a request five seconds later. */
async function replayed(recording: ProxyRecording) {
  const check = environment(0);
  const api = environment(FOR_REQUESTS.proxyMetricsMaxAgeMs ?? 0);
  const ofPool: Record<Pool, Minute[]> = { orders: [], carts: [] };
  const ofProxy: Minute[] = [];
  const verdicts: unknown[] = [];
  const apiVerdicts: unknown[] = [];
  for (const [index, minute] of recording.minutes.entries()) {
    ofProxy.push(publish(index, minute, recording.allowed));
    for (const name of POOLS) {
      const result = probed(name, minute, recording);
      time = NOON + index * MINUTE_MS + 40_000;
      const assessment = await check(name, result);
      verdicts.push([index, name, verdictOf(assessment)]);
      ofPool[name].push(datapoints(assessment).values as Minute);
      time += 5_000;
      apiVerdicts.push([index, name, verdictOf(await api(name, result))]);
    }
  }
  const on = (label: string, minutes: readonly Minute[]) => statesOf(label, minutes);
  return {
    pools: { orders: on('orders', ofPool.orders), carts: on('carts', ofPool.carts) },
    proxy: on('shop', ofProxy),
    verdicts,
    apiVerdicts,
  };
}

/** The alarms of a pool or a proxy that are on after each minute; act-now is one of them. */
function statesOf(label: string, minutes: readonly Minute[]): readonly (readonly string[])[] {
  const prefix = `pool-health-${label}-`;
  const own = new Map<string, EvaluatedAlarm>(
    [...alarms].filter(([name]) => name.startsWith(prefix) && !name.endsWith('-config-invalid')),
  );
  const rule = composites.get(`${prefix}act-now`)?.AlarmRule;
  // Before the recording it was like its first minute.
  const before = Array.from({ length: LEAD_MINUTES }, () => minutes[0] ?? {});
  const states = replay(own, [...before, ...minutes]).slice(LEAD_MINUTES);
  return states.map((state) => {
    const on = [...state].flatMap(([name, value]) => (value === 'ALARM' ? [name.replace(prefix, '')] : []));
    return rule && ruleHolds(rule, state) ? [...on, 'act-now'] : on;
  });
}

/** The minutes in which an alarm goes on or off. */
function changesOf(name: string, minutes: readonly (readonly string[])[]): readonly (readonly [number, boolean])[] {
  const states = minutes.map((on) => on.includes(name));
  return states.flatMap((isOn, minute) => (isOn === (states[minute - 1] ?? false) ? [] : [[minute, isOn] as const]));
}

/** The minutes, of the last so many before each, in which clients waited long. */
const waitedLong = ({ minutes }: ProxyRecording, until: number, of: number) =>
  minutes.slice(Math.max(0, until - of + 1), until + 1).filter(({ borrowMs = 0 }) => borrowMs >= LONG_WAIT_MS).length;

const all = [...CALM, PINNED_IDLE, ...FULL, ...WAITING].map((recording) => [recording.what, recording] as const);
const named = (recordings: readonly ProxyRecording[]) => recordings.map((each) => [each.what, each] as const);

describe('API and check', () => {
  it.each(all)('give the same verdict in every minute of %s', async (_, recording) => {
    const { verdicts, apiVerdicts } = await run(recording);
    expect(apiVerdicts).toEqual(verdicts);
  });
});

describe('the alarms of pools behind an RDS Proxy', () => {
  it.each(named(CALM))('are all off for %s', async (_, recording) => {
    const { pools, proxy } = await run(recording);
    expect([...pools.orders, ...pools.carts, ...proxy].flat()).toEqual([]);
  });

  it('inform about pinned connections and nothing else while there is room for the others', async () => {
    const { pools, proxy } = await run(PINNED_IDLE);
    expect([...pools.orders, ...pools.carts].flat()).toEqual([]);
    expect(changesOf('proxy-pinned', proxy)).toEqual([[9, true]]);
    expect(new Set(proxy.flat())).toEqual(new Set(['proxy-pinned']));
  });

  it.each(named(FULL))('page for %s as soon as its metrics say so, and until it serves again', async (_, recording) => {
    const { pools, proxy, verdicts } = await run(recording);
    // The first minute that is not served has the metrics of the quiet one before it; unhealthy is on for two of three minutes.
    const expected = [
      [7, true],
      [15, false],
    ];
    expect(changesOf('act-now', pools.orders)).toEqual(expected);
    expect(changesOf('act-now', pools.carts)).toEqual(expected);
    expect(changesOf('saturated', pools.orders)).toEqual([
      [7, true],
      [14, false],
    ]);
    expect(changesOf('proxy-borrow-latency', proxy)[0]).toEqual([8, true]);
    const reasons = new Set(pools.orders.flat());
    expect([...reasons].sort()).toEqual(['act-now', 'saturated', 'unhealthy']);
    expect(verdicts.at(-1)).toMatchObject([recording.minutes.length - 1, 'carts', { status: 'healthy' }]);
  });

  it.each(named(WAITING).map(([what, recording], index) => [what, [7, 6][index], recording] as const))(
    'page for %s, from minute %i on',
    async (_, from, recording) => {
      const { pools } = await run(recording);
      const [first, last, ...others] = changesOf('act-now', pools.orders);
      expect([first, last?.[1], others]).toEqual([[from, true], false, []]);
    },
  );

  it('page for the pool that needs few connections too, because it gets none', async () => {
    const { pools } = await run(WAITING[1] as ProxyRecording);
    expect(changesOf('act-now', pools.carts)).toEqual(
      changesOf('saturated', pools.carts).map(([at, isOn]) => [isOn ? at : at + 1, isOn]),
    );
  });

  it.each(all)('page only when waits or probes say so: %s', async (_, recording) => {
    const { pools, proxy } = await run(recording);
    for (const [minute] of recording.minutes.entries()) {
      const recent = recording.minutes.slice(Math.max(0, minute - 2), minute + 1);
      const isWaited = waitedLong(recording, minute, 3) > 0 || recent.some(({ orders }) => orders === 'not served');
      const isPaged = POOLS.some((name) => pools[name][minute]?.includes('act-now'));
      expect(!isPaged || isWaited, `minute ${minute}`).toBe(true);
      expect(proxy[minute]?.includes('proxy-borrow-latency'), `minute ${minute}`).toBe(
        waitedLong(recording, minute, 5) >= 3,
      );
    }
  });
});

describe('the alarms of a pool behind PgBouncer in transaction mode', () => {
  /** Clients that wait and connections of a pool of 5; what is not active is kept for `server_idle_timeout`. */
  const recorded = (active: number, open: number, waiting = 0) => {
    const row = {
      cl_active: active,
      cl_waiting: waiting,
      sv_active: active,
      sv_idle: open - active,
      maxwait: waiting ? 3 : 0,
    };
    const tables = readTables([
      [pool('reports', 'app', row)],
      [database('reports', { pool_size: 5 })],
      [setting('max_user_connections', '0')],
    ]);
    return { row: { active, open }, tables };
  };
  const config = configWith(
    {
      database: 'reports',
      user: 'check',
      managed: {
        kind: 'pgbouncer',
        user: 'check',
        auth: { type: 'secret', arn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf' },
      },
    },
    'reports',
  );
  const minutesOf = (recording: readonly ReturnType<typeof recorded>[]) =>
    recording.map(({ row, tables }) => {
      const stats = pgbouncerStats(tables, config, false, NOON);
      const connections = counts({ total: row.open, active: row.active });
      const managed = { kind: 'pgbouncer', source: 'definition', mode: stats.mode, stats } as const;
      const sample = seen({ connections, managed });
      return datapoints({ pool: 'reports', config, sample, verdict: evaluate(config, sample) }).values as Minute;
    });
  const repeat = <T>(count: number, value: T) => Array.from({ length: count }, () => value);

  it('are off after a burst, whose connections PgBouncer keeps', () => {
    const minutes = minutesOf([...repeat(3, recorded(1, 2)), recorded(4, 5), ...repeat(12, recorded(1, 5))]);
    expect(statesOf('reports', minutes).flat()).toEqual([]);
  });

  it('page while clients wait, and not for the idle connections afterwards', () => {
    const on = statesOf(
      'reports',
      minutesOf([...repeat(4, recorded(1, 2)), ...repeat(4, recorded(5, 5, 7)), ...repeat(9, recorded(1, 5))]),
    );
    expect(changesOf('act-now', on)).toEqual([
      [4, true],
      [9, false],
    ]);
    expect(on.at(-1)).toEqual([]);
  });
});
