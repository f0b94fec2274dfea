import fc from 'fast-check';
import type { ValidatedPoolConfig } from '../../functions/core/pool-config.js';
import { PROBLEMS, type Problem, type ProblemCode, problem } from '../../functions/core/problems.js';
import type {
  AppView,
  ConnectionCounts,
  DatabaseView,
  PoolerView,
  PoolSample,
  ServerFacts,
  ServerSlots,
} from '../../functions/core/sample.js';
import { configWith, NOON } from './samples.js';

const hostName = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}(\.[a-z]{1,8}){0,3}$/);
const name = fc.stringMatching(/^[a-zA-Z_é][a-zA-Z0-9_ é-]{0,20}$/);
const applicationName = fc.stringMatching(/^[ -~]{1,20}$/);
const secret = fc.record({
  type: fc.constant('secret'),
  arn: fc.constant('arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:monitor-AbCdEf'),
});
const size = fc.integer({ min: 1, max: 5000 });
const managed = fc.oneof(
  fc.record({ kind: fc.constant('none') }),
  fc.record({ kind: fc.constant('rds-proxy'), name, size }, { requiredKeys: ['kind', 'name'] }),
  fc.record(
    { kind: fc.constant('pgbouncer'), user: name, auth: secret, size },
    { requiredKeys: ['kind', 'user', 'auth'] },
  ),
);

/** Definitions that keep every rule, with any of the optional keys left out. */
export const validDefinition = fc.record(
  {
    endpoint: hostName,
    database: name,
    user: name,
    auth: fc.oneof(fc.record({ type: fc.constant('iam') }), secret),
    port: fc.integer({ min: 1, max: 65_535 }),
    tls: fc.constantFrom('verify-full', 'off'),
    environment: fc.constantFrom('development', 'test', 'production'),
    pool: fc.record(
      {
        min: fc.constant(1),
        max: fc.integer({ min: 1, max: 5000 }),
        idleTimeout: fc.integer({ min: 1000, max: 2_147_483_647 }),
        connectionTimeout: fc.integer({ min: 1000, max: 2_147_483_647 }),
      },
      { requiredKeys: [] },
    ),
    instances: fc.integer({ min: 1, max: 1000 }),
    count: fc.record(
      {
        users: fc.array(name, { minLength: 1, maxLength: 40 }),
        applications: fc.array(applicationName, { minLength: 1, maxLength: 40 }),
      },
      { requiredKeys: [] },
    ),
    sharedUser: fc.boolean(),
    managed,
    limits: fc.record(
      { pinnedPercent: fc.integer({ min: 0, max: 100 }), borrowWaitMs: fc.integer({ min: 0, max: 3_600_000 }) },
      { requiredKeys: [] },
    ),
    utilization: fc.constantFrom('open', 'active'),
    role: fc.constantFrom('primary', 'standby', 'any'),
  },
  { requiredKeys: ['endpoint', 'database', 'user', 'auth'] },
);

const KEYS = ['endpoint', 'database', 'user', 'auth', 'port', 'tls', 'environment', 'pool', 'instances', 'count'];
const MORE_KEYS = [
  'sharedUser',
  'managed',
  'limits',
  'utilization',
  'role',
  'size',
  'type',
  'kind',
  'arn',
  'name',
  'min',
  'max',
  'idleTimeout',
];
const ODD_KEYS = ['users', 'applications', 'pinnedPercent', '__proto__', 'constructor', 'toString', 'other', ''];
/** Values that are wrong in most places, and near enough to be taken for right in some. */
const oddValue = fc.oneof(
  fc.constantFrom(null, true, '', '5', 0, -1, 1, 1.5, 1000, 65_536, 1e21, Number.NaN, 'production', 'off', 'iam'),
  fc.constantFrom({}, [], ['a'], { type: 'iam' }, { kind: 'none' }, { min: 3, max: 2 }, { users: ['a'] }, '\u0000'),
  fc.anything(),
);

/** A valid definition in which some keys, at the top or one level below, were set to something else or removed. */
export const mutatedDefinition = fc
  .tuple(
    validDefinition,
    fc.array(
      fc.record({
        holder: fc.option(fc.constantFrom('pool', 'count', 'limits', 'auth', 'managed')),
        key: fc.constantFrom(...KEYS, ...MORE_KEYS, ...ODD_KEYS),
        value: fc.option(oddValue, { nil: undefined }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([definition, changes]) => {
    const changed = new Map<string, unknown>(Object.entries(definition));
    for (const { holder, key, value } of changes) {
      const held = holder === null ? undefined : changed.get(holder);
      const entries = new Map<string, unknown>(Object.entries(typeof held === 'object' && held !== null ? held : {}));
      const target = holder === null ? changed : entries;
      if (value === undefined) {
        target.delete(key);
      } else {
        target.set(key, value);
      }
      if (holder !== null) {
        changed.set(holder, Object.fromEntries(entries));
      }
    }
    return Object.fromEntries(changed);
  });

/** Settings as they may be written in a variable or in JSON, right and wrong. */
export const writtenSetting = fc.oneof(
  fc.nat({ max: 200 }),
  fc.integer(),
  fc.nat({ max: 200 }).map(String),
  fc.integer({ min: 900, max: 2_147_483_700 }).map(String),
  fc.constantFrom(undefined, '', '12abc', '1.5', '1e9', ' 20 ', '-1', '+5', '０', '007', null, Number.NaN, 1e21),
  fc.string(),
  fc.anything(),
);

const users = fc.array(name, { minLength: 1, maxLength: 3 });
const applications = fc.array(applicationName, { minLength: 1, maxLength: 3 });

export const anyConfig: fc.Arbitrary<ValidatedPoolConfig> = fc
  .record({
    max: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3000 })),
    instances: fc.integer({ min: 1, max: 20 }),
    parts: fc.record(
      {
        count: fc.record({ users, applications }, { requiredKeys: [] }),
        managed,
        utilization: fc.constantFrom('open', 'active'),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ max, instances, parts }) => configWith({ pool: { min: 1, max, idleTimeout: 10_000 }, instances, ...parts }));

const anySlots: fc.Arbitrary<ServerSlots> = fc.record({
  maxConnections: fc.integer({ min: 1, max: 5000 }),
  superuserReserved: fc.integer({ min: 0, max: 10 }),
  reserved: fc.integer({ min: 0, max: 10 }),
  rdsReserved: fc.integer({ min: 0, max: 10 }),
  databaseLimit: fc.option(fc.integer({ min: 0, max: 3000 })),
});

/** Counts as one statement sees them: the pool's sessions are the database's, and those the server's. */
export const anyCounts: fc.Arbitrary<ConnectionCounts> = fc
  .record({
    total: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 3000 })),
    activeShare: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    idleShare: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    longestTransactionMs: fc.option(fc.nat()),
    serverActive: fc.option(fc.nat({ max: 50 })),
    ofCheckUser: fc.option(fc.nat({ max: 50 })),
    idleTooLong: fc.option(fc.nat({ max: 50 })),
    others: fc.nat({ max: 50 }),
    elsewhere: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 3000 })),
  })
  .map(({ total, activeShare, idleShare, serverActive: more, others, elsewhere, ...rest }) => {
    const active = activeShare === null ? null : Math.floor(total * activeShare);
    const idleInTransaction = active === null || idleShare === null ? null : Math.floor(active * idleShare);
    const database = total + others;
    const server = database + elsewhere;
    const serverActive = active === null || more === null ? null : Math.min(server, active + more);
    return { ...rest, total, active, idleInTransaction, database, server, serverActive };
  });

export const anyFacts: fc.Arbitrary<ServerFacts> = fc.record({
  takenAt: fc.integer({ min: NOON - 30_000, max: NOON }),
  roles: fc.array(
    fc
      .record({ limit: fc.option(fc.nat({ max: 100 })), here: fc.nat({ max: 50 }), elsewhere: fc.nat({ max: 50 }) })
      .map(({ limit, here, elsewhere }) => ({ limit, total: here + elsewhere, elsewhere })),
    { maxLength: 3 },
  ),
  missingUsers: fc.nat({ max: 3 }),
  unseenApplications: fc.nat({ max: 3 }),
  pendingLogins: fc.option(fc.nat({ max: 50 })),
});

export const anyDatabase: fc.Arbitrary<DatabaseView> = fc.record({
  connections: fc.option(anyCounts),
  slots: anySlots,
  serverVersion: fc.integer({ min: 120_000, max: 190_000 }),
  orphans: fc.constant([]),
  role: fc.constantFrom('primary', 'standby'),
  facts: fc.option(anyFacts),
});

const anyFigure = fc.option(fc.nat({ max: 3000 }));

const anyManaged: fc.Arbitrary<PoolerView> = fc.record({
  kind: fc.constantFrom('rds-proxy', 'pgbouncer', 'none', 'unknown'),
  source: fc.constantFrom('definition', 'host name', 'console', 'backend'),
  mode: fc.constantFrom('session', 'transaction', 'statement', undefined),
  stats: fc.option(
    fc.record({
      takenAt: fc.integer({ min: NOON - 1_000_000, max: NOON }),
      isLive: fc.boolean(),
      limit: fc.option(fc.integer({ min: 1, max: 3000 })),
      open: anyFigure,
      inUse: anyFigure,
      pinned: anyFigure,
      waiting: anyFigure,
      longestWaitMs: anyFigure,
      borrowWaitMs: anyFigure,
      clients: anyFigure,
      availabilityPercent: anyFigure,
    }),
  ),
});

const anyApp: fc.Arbitrary<AppView> = fc.record({ takenAt: fc.constant(NOON), waiting: fc.nat({ max: 100 }) });

const ALL_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];

/** Problems with the severities that the contract allows them. */
export const anyProblem: fc.Arbitrary<Problem> = fc
  .tuple(fc.constantFrom(...ALL_CODES), fc.boolean())
  .map(([code, isOther]) => {
    if (code === 'CONFIG.INVALID') {
      return problem(code, {}, isOther ? 'warning' : 'error');
    }
    return code.startsWith('AWS.') ? problem(code, {}, isOther ? 'error' : 'warning') : problem(code);
  });

export const anySample: fc.Arbitrary<PoolSample> = fc.record({
  takenAt: fc.integer({ min: NOON - 1_000_000, max: NOON + 1_000_000 }),
  durationMs: fc.nat({ max: 10_000 }),
  database: fc.option(anyDatabase, { freq: 6 }),
  pooler: fc.option(anyManaged),
  app: fc.option(anyApp),
  problems: fc.array(anyProblem, { maxLength: 2 }),
});
