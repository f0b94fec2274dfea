import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSettings, parseUrlPool } from '../../functions/compose/url.js';
import { hasLiveSign } from '../../functions/core/implied-problems.js';
import { datapoints } from '../../functions/core/metrics.js';
import type { ValidatedPoolConfig, Validation } from '../../functions/core/pool-config.js';
import { parseDefinition, validateDefinition } from '../../functions/core/pool-definition.js';
import { poolReport, worstReport } from '../../functions/core/pool-report.js';
import {
  definitionSource,
  ENVIRONMENTS,
  resolveSettings,
  variablesSource,
} from '../../functions/core/pool-settings.js';
import { ordinarySlots, type PoolSample } from '../../functions/core/sample.js';
import { received } from '../../functions/core/validation.js';
import { type Assessment, evaluate, type Verdict } from '../../functions/core/verdict.js';
import {
  anyConfig,
  anyCounts,
  anyDatabase,
  anyFacts,
  anySample,
  mutatedDefinition,
  validDefinition,
  writtenSetting,
} from '../support/arbitraries.js';
import { accepted, NOON } from '../support/samples.js';

const isWhole = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;

/** Says which rule of the contract a configuration breaks; empty when none. */
function brokenRules({ settings, ...config }: ValidatedPoolConfig): string[] {
  const { min, max, idleTimeout, connectionTimeout } = settings;
  const isName = (name: string) => /^\P{Cc}+$/u.test(name) && Buffer.byteLength(name) <= 63;
  const names = [config.user, config.database, ...(config.count.users ?? []), ...(config.count.applications ?? [])];
  const rules = {
    min: isWhole(min, 1, max),
    max: isWhole(max, 1, Number.MAX_SAFE_INTEGER),
    idleTimeout: isWhole(idleTimeout, 1000, 2 ** 31 - 1),
    connectionTimeout: isWhole(connectionTimeout, 1000, 2 ** 31 - 1),
    port: isWhole(config.port, 1, 65_535),
    instances: isWhole(config.instances, 1, Number.MAX_SAFE_INTEGER),
    endpoint: /^[\w.:-]+$/.test(config.endpoint),
    names: names.every(isName),
    tls: ['verify-full', 'off'].includes(config.tls),
    auth: ['iam', 'secret', 'url'].includes(config.auth.type),
    managed: config.managed === null || ['none', 'rds-proxy', 'pgbouncer'].includes(config.managed.kind),
    sharedUser: typeof config.sharedUser === 'boolean',
    pinnedPercent: config.limits.pinnedPercent >= 0 && config.limits.pinnedPercent <= 100,
    borrowWaitMs: config.limits.borrowWaitMs >= 0,
  };
  return Object.entries(rules)
    .filter(([, isKept]) => !isKept)
    .map(([rule]) => rule);
}

function expectConfigOrMistakes(validation: Validation): void {
  if (validation.ok) {
    expect(Object.isFrozen(validation.config)).toBe(true);
    expect(brokenRules(validation.config)).toEqual([]);
  } else {
    expect(validation.violations.length).toBeGreaterThan(0);
    expect(validation.violations.filter(({ message }) => message.length < 10 || message.length > 500)).toEqual([]);
  }
}

describe('any settings, from any sources', () => {
  const written = fc.record(
    { min: writtenSetting, max: writtenSetting, idleTimeout: writtenSetting, connectionTimeout: writtenSetting },
    { requiredKeys: [] },
  );
  const asText = (value: unknown): string | undefined =>
    typeof value === 'string' || value === undefined ? value : received(value);
  const anyVariables = written.map((values) =>
    Object.fromEntries(
      [
        ['DATABASE_POOL_MIN', asText(values.min)],
        ['DATABASE_POOL_MAX', asText(values.max)],
        ['DATABASE_POOL_IDLE_TIMEOUT', asText(values.idleTimeout)],
        ['DATABASE_POOL_CONNECTION_TIMEOUT', asText(values.connectionTimeout)],
      ].filter(([, text]) => text !== undefined),
    ),
  );

  it('give settings that keep every rule, or at least one violation, and never both', () => {
    fc.assert(
      fc.property(anyVariables, written, fc.constantFrom(...ENVIRONMENTS), (variables, pool, environment) => {
        const { settings, violations } = resolveSettings(
          [variablesSource(variables), definitionSource(pool)],
          environment,
        );
        expect(settings === null).toBe(violations.length > 0);
        if (settings !== null) {
          expect(isWhole(settings.min, 1, settings.max)).toBe(true);
          expect(isWhole(settings.max, 1, Number.MAX_SAFE_INTEGER)).toBe(true);
          expect(isWhole(settings.idleTimeout, 1000, 2 ** 31 - 1)).toBe(true);
          expect(isWhole(settings.connectionTimeout, 1000, 2 ** 31 - 1)).toBe(true);
        }
      }),
    );
  });

  it('a variable is taken for the number it shows, or refused', () => {
    const text = fc.oneof(
      fc.nat({ max: 9999 }).map(String),
      writtenSetting.map((value) => asText(value) ?? ''),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (max) => {
        const { settings } = resolveSettings([variablesSource({ DATABASE_POOL_MAX: max })], 'test');
        expect([null, max.replace(/^0+/, '')]).toContain(settings && String(settings.max));
      }),
    );
  });

  it('a plain number that keeps the rule is taken, written either way', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (max) => {
        const asVariable = resolveSettings([variablesSource({ DATABASE_POOL_MAX: String(max) })], 'test');
        const asJson = resolveSettings([definitionSource({ max })], 'test');
        expect([asVariable.settings?.max, asJson.settings?.max]).toEqual([max, max]);
      }),
    );
  });

  it('make a local configuration that keeps every rule, or are refused', () => {
    const url = 'postgres://app@localhost/app';
    const nodeEnv = fc.option(fc.oneof(fc.constantFrom(...ENVIRONMENTS, 'staging'), fc.string()), { nil: undefined });
    fc.assert(
      fc.property(anyVariables, nodeEnv, fc.boolean(), (variables, NODE_ENV, sharedUser) => {
        const environment = NODE_ENV === undefined ? variables : { ...variables, NODE_ENV };
        const settings = parseSettings(environment);
        const { validation } = parseUrlPool({ url, sharedUser: String(sharedUser), settings });
        expectConfigOrMistakes(validation);
      }),
    );
  });
});

describe('any definition', () => {
  it('that keeps the rules is accepted', () => {
    fc.assert(
      fc.property(validDefinition, (definition) => {
        const { endpoint, database, user } = accepted(validateDefinition('orders', definition));
        expect({ endpoint, database, user }).toEqual({
          endpoint: definition.endpoint,
          database: definition.database,
          user: definition.user,
        });
      }),
    );
  });

  it('gives a configuration that keeps every rule, or at least one mistake', () => {
    fc.assert(
      fc.property(fc.oneof(mutatedDefinition, fc.anything(), fc.object()), fc.string(), (value, pool) => {
        expectConfigOrMistakes(validateDefinition('orders', value));
        expectConfigOrMistakes(validateDefinition(pool, value));
      }),
      { numRuns: 300 },
    );
  });

  it('as a text gives the same', () => {
    const text = fc.oneof(
      fc.json(),
      fc.string(),
      mutatedDefinition.map((value) => JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? 0 : inner))),
    );
    fc.assert(
      fc.property(text, (definition) => expectConfigOrMistakes(parseDefinition('orders', definition))),
      { numRuns: 300 },
    );
  });

  it('that is accepted once is accepted after a round trip through JSON, with the same result', () => {
    const asJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
    fc.assert(
      fc.property(fc.oneof(validDefinition, mutatedDefinition), (definition) => {
        const first = validateDefinition('orders', definition);
        fc.pre(first.ok);
        expect(asJson(parseDefinition('orders', JSON.stringify(definition)))).toEqual(asJson(first));
      }),
    );
  });

  it('with a key that nobody knows is refused by that name', () => {
    const place = fc.constantFrom('', 'pool', 'count', 'limits', 'auth', 'managed');
    const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString'), fc.stringMatching(/^x[a-z]{1,9}$/));
    fc.assert(
      fc.property(validDefinition, place, key, (definition, holder, unknown) => {
        const minimal = { managed: { kind: 'none' }, pool: {}, count: {}, limits: {}, ...definition };
        const withUnknown = (value: object) => Object.fromEntries([...Object.entries(value), [unknown, 1]]);
        const changed = Object.entries(minimal).map(([name, value]) =>
          name === holder ? [name, withUnknown(Object(value))] : [name, value],
        );
        const objects = Object.fromEntries(changed);
        const value = holder === '' ? withUnknown(objects) : objects;
        const validation = validateDefinition('orders', value);
        const fields = validation.ok ? [] : validation.violations.map(({ field }) => field);
        expect(fields).toEqual([holder === '' ? unknown : `${holder}.${unknown}`]);
      }),
    );
  });
});

/** The connections that utilization is a percentage of, by the words of the contract. */
function usedOf({ utilization, activeConnections, totalConnections }: Verdict, { pooler }: PoolSample): number | null {
  const byPooler = pooler?.stats?.isLive ? (pooler.stats.inUse ?? 0) : 0;
  const inUse = activeConnections === null ? null : Math.max(activeConnections, byPooler);
  return utilization.of === 'active' ? inUse : totalConnections;
}

/** Everything was read, and no probe has a problem. */
const quietSample = fc.record({ database: anyDatabase, connections: anyCounts, facts: anyFacts }).map((seen) => ({
  takenAt: NOON,
  durationMs: 1,
  database: { ...seen.database, connections: seen.connections, facts: seen.facts },
  pooler: null,
  app: null,
  problems: [],
}));

describe('any sample', () => {
  it('is judged, reported and measured without an exception, with or without a configuration', () => {
    fc.assert(
      fc.property(fc.option(anyConfig), anySample, (config, sample) => {
        const assessment: Assessment = { pool: 'orders', config, sample, verdict: evaluate(config, sample) };
        const report = poolReport(assessment, NOON);
        expect(report.status).toBe(assessment.verdict.status);
        expect(Object.values(datapoints(assessment).values).filter((value) => !Number.isFinite(value))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('is healthy only if everything is known, below 90 percent, and nothing is an error', () => {
    fc.assert(
      fc.property(fc.option(anyConfig, { freq: 20 }), anySample, (config, sample) => {
        const verdict = evaluate(config, sample);
        const { activeConnections, idleConnections, totalConnections, utilization, problems } = verdict;
        const figures = [activeConnections, idleConnections, totalConnections, verdict.poolSize, utilization.percent];
        const isUnknown = figures.includes(null);
        const isError = problems.some(({ severity }) => severity === 'error');
        const isFullTo90 = (usedOf(verdict, sample) ?? 0) * 10 >= (verdict.poolSize ?? 0) * 9;
        expect(verdict.status).toBe(isUnknown || isError || isFullTo90 ? 'unhealthy' : 'healthy');
      }),
      { numRuns: 300 },
    );
  });

  it('that is unhealthy has an error that says why', () => {
    fc.assert(
      fc.property(fc.option(anyConfig), anySample, (config, sample) => {
        const { status, problems } = evaluate(config, sample);
        expect(status === 'healthy' || problems.some(({ severity }) => severity === 'error')).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('at 90 percent or more is near its limit, in the layer that sets the limit', () => {
    fc.assert(
      fc.property(anyConfig, anySample, (config, sample) => {
        fc.pre(!sample.problems.some(({ code }) => code === 'POOL.NEAR_LIMIT'));
        const verdict = evaluate(config, sample);
        const layers = poolReport({ pool: 'orders', config, sample, verdict }, NOON)
          .problems.filter(({ code }) => code === 'POOL.NEAR_LIMIT')
          .map(({ layer }) => layer);
        expect(layers).toEqual((verdict.utilization.percent ?? 0) >= 90 ? [verdict.limitedBy] : []);
      }),
      { numRuns: 300 },
    );
  });

  it('is never healthy while no role of count exists, and says so for applications that were never seen', () => {
    fc.assert(
      fc.property(anyConfig, quietSample, (config, sample) => {
        const { missingUsers, unseenApplications } = sample.database.facts;
        const { users, applications } = config.count;
        fc.pre(users?.length === missingUsers || applications?.length === unseenApplications);
        const { status, problems } = evaluate(config, sample);
        expect(status === 'unhealthy' || users?.length !== missingUsers).toBe(true);
        expect(problems.map(({ code }) => code)).toContain('CONFIG.COUNT_UNKNOWN');
      }),
      { numRuns: 300 },
    );
  });

  it('is never healthy while a role has all that it can have, and the pool wants more', () => {
    const anyMode = fc.constantFrom('session', 'transaction', undefined);
    fc.assert(
      fc.property(anyConfig, quietSample, anyMode, (config, sample, mode) => {
        const max = config.settings.max * config.instances;
        const { roles } = sample.database.facts;
        const isReached = roles.some(({ limit, total }) => limit !== null && limit < max && total >= limit);
        fc.pre(config.count.users !== null && isReached);
        const { total } = sample.database.connections;
        const connections =
          mode === 'transaction' ? { ...sample.database.connections, active: total } : sample.database.connections;
        const pooler =
          mode === undefined ? null : ({ kind: 'pgbouncer', source: 'console', mode, stats: null } as const);
        const { status } = evaluate(config, { ...sample, pooler, database: { ...sample.database, connections } });
        expect(status).toBe('unhealthy');
      }),
      { numRuns: 300 },
    );
  });

  it('that shows a full server or managed pool is unhealthy, and so is one without room', () => {
    fc.assert(
      fc.property(anyConfig, anySample, (config, sample) => {
        const { saturatedLayer, status, poolSize } = evaluate(config, sample);
        if (saturatedLayer === 'database' || saturatedLayer === 'managed' || poolSize === 0) {
          expect(status).toBe('unhealthy');
        }
      }),
    );
  });

  it('has a total of active and idle, and none of the three below 0', () => {
    fc.assert(
      fc.property(anyConfig, anySample, (config, sample) => {
        const { activeConnections, idleConnections, totalConnections } = evaluate(config, sample);
        if (totalConnections === null) {
          expect([activeConnections, idleConnections]).toEqual([null, null]);
        } else if (activeConnections === null) {
          expect(idleConnections).toBeNull();
        } else {
          expect(activeConnections + (idleConnections ?? Number.NaN)).toBe(totalConnections);
          expect(Math.min(activeConnections, idleConnections ?? -1)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('gives no larger pool than any of its limits, and none below 0', () => {
    fc.assert(
      fc.property(anyConfig, anySample, (config, sample) => {
        const { poolSize, limitedBy } = evaluate(config, sample);
        const limits = [
          config.settings.max * config.instances,
          sample.pooler?.stats?.limit,
          sample.database && ordinarySlots(sample.database.slots),
          sample.database?.slots.databaseLimit,
        ];
        expect(limitedBy === 'app').toBe(poolSize === limits[0]);
        expect(poolSize).toBeGreaterThanOrEqual(0);
        expect(limits.filter((limit) => typeof limit === 'number' && limit < (poolSize ?? Infinity))).toEqual([]);
      }),
    );
  });

  it('leaves the sessions of others their slots', () => {
    fc.assert(
      fc.property(anyConfig, anyDatabase, anyCounts, (config, database, connections) => {
        const sample = { takenAt: NOON, durationMs: 1, pooler: null, app: null, problems: [] };
        const { poolSize } = evaluate(config, { ...sample, database: { ...database, connections } });
        const others = connections.server - connections.total;
        const slots = ordinarySlots(database.slots);
        expect((poolSize ?? Infinity) + others).toBeLessThanOrEqual(Math.max(slots, others));
      }),
    );
  });

  it('shows no lower utilization for more connections among the same others', () => {
    fc.assert(
      fc.property(anyConfig, anyDatabase, anyCounts, fc.nat({ max: 500 }), (config, database, fewer, added) => {
        const more = {
          ...fewer,
          total: fewer.total + added,
          database: fewer.database + added,
          server: fewer.server + added,
        };
        const percentOf = (connections: typeof fewer) => {
          const sample = { takenAt: NOON, durationMs: 1, pooler: null, app: null, problems: [] };
          return evaluate(config, { ...sample, database: { ...database, connections } }).utilization.percent;
        };
        const [low, high] = [percentOf(fewer), percentOf(more)];
        expect(low === null).toBe(high === null);
        expect(high ?? 0).toBeGreaterThanOrEqual(low ?? 0);
      }),
    );
  });

  it('is called normal, warning, critical or unknown as its percentage is', () => {
    fc.assert(
      fc.property(anyConfig, anySample, (config, sample) => {
        const verdict = evaluate(config, sample);
        const { utilization, poolSize, saturatedLayer } = verdict;
        const used = usedOf(verdict, sample);
        if (utilization.percent === null || used === null || poolSize === null) {
          expect(utilization.percent).toBeNull();
          const isFull = saturatedLayer === 'database' || saturatedLayer === 'managed';
          expect(utilization.status).toBe(isFull ? 'critical' : 'unknown');
        } else if (used * 10 < poolSize * 7) {
          expect(utilization.status).toBe('normal');
        } else {
          expect(utilization.status).toBe(used * 10 <= poolSize * 9 ? 'warning' : 'critical');
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('any deployment', () => {
  const anyAssessment = fc
    .record({ pool: fc.stringMatching(/^[a-z]{1,5}$/), config: fc.option(anyConfig, { freq: 10 }), sample: anySample })
    .map((parts): Assessment => ({ ...parts, verdict: evaluate(parts.config, parts.sample) }));
  const deployment = fc
    .tuple(anyAssessment, fc.array(anyAssessment, { maxLength: 4 }))
    .map(([first, others]): [Assessment, ...Assessment[]] => [first, ...others]);

  it('is reported by its worst pool', () => {
    const order = ['normal', 'warning', 'unknown', 'critical'];
    fc.assert(
      fc.property(deployment, (assessments) => {
        const { status, utilization } = worstReport(assessments, NOON);
        const isAnyUnhealthy = assessments.some(({ verdict }) => verdict.status === 'unhealthy');
        expect(status).toBe(isAnyUnhealthy ? 'unhealthy' : 'healthy');
        const sameStatus = assessments.filter(({ verdict }) => verdict.status === status);
        const worst = Math.max(...sameStatus.map(({ verdict }) => order.indexOf(verdict.utilization.status)));
        expect(utilization.status).toBe(order[worst]);
      }),
    );
  });

  it('has a line for every pool when there are several, the worst first', () => {
    fc.assert(
      fc.property(deployment, (assessments) => {
        const { pool, pools } = worstReport(assessments, NOON);
        const names = pools?.map((line) => line.pool) ?? null;
        expect(names?.toSorted() ?? null).toEqual(
          assessments.length === 1 ? null : assessments.map((each) => each.pool).sort(),
        );
        expect(names?.[0] ?? pool).toBe(pool);
      }),
    );
  });
});

describe('stats that are minutes old', () => {
  it('make no error without a sign of this moment', () => {
    const withOldStats: fc.Arbitrary<PoolSample> = anySample.map((sample) => {
      const stats = sample.pooler?.stats;
      const old = stats && { ...stats, isLive: false, waiting: null, fullPools: 0 };
      return { ...sample, pooler: sample.pooler && { ...sample.pooler, stats: old ?? null } };
    });
    fc.assert(
      fc.property(anyConfig, withOldStats, (config, sample) => {
        const { problems } = evaluate(config, sample);
        const found = problems.slice(sample.problems.length).filter(({ severity }) => severity === 'error');
        const ofPooler = found.filter(({ code }) => code === 'MANAGED.FULL' || code === 'MANAGED.PINNED');
        const limit = sample.pooler?.stats?.limit ?? null;
        expect(ofPooler.length === 0 || hasLiveSign(limit, sample.database?.connections ?? null, sample.problems)).toBe(
          true,
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
