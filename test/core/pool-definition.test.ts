import type * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { PoolDefinition } from '../../functions/core/pool-config.js';
import {
  type DEFINITION,
  parseDefinition,
  poolNameViolation,
  validateDefinition,
} from '../../functions/core/pool-definition.js';
import { accepted, LEAST, refused } from '../support/samples.js';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders/monitor-AbCdEf';
type Parts = Readonly<Record<string, unknown>>;
const parse = (parts: Parts) => parseDefinition('orders', JSON.stringify({ ...LEAST, ...parts }));
const mistakesOf = (parts: Parts) => refused(parse(parts));
const fieldsOf = (parts: Parts) => mistakesOf(parts).map(({ field }) => field);

describe('a definition that is accepted', () => {
  it('keeps every key as it was written', () => {
    const text = `{
      "endpoint": "orders.cluster-x.eu-west-1.rds.amazonaws.com", "port": 6432, "database": "orders", "user": "monitor",
      "auth": {"type": "secret", "arn": "${ARN}"}, "tls": "off", "environment": "test",
      "pool": {"min": 3, "max": 30, "idleTimeout": 4000, "connectionTimeout": 2000}, "instances": 4,
      "count": {"users": ["orders_app"], "applications": ["api", "worker"]}, "sharedUser": true,
      "managed": {"kind": "pgbouncer", "user": "stats", "auth": {"type": "secret", "arn": "${ARN}"}},
      "limits": {"pinnedPercent": 12.5, "borrowWaitMs": 250}, "utilization": "active", "role": "standby"
    }`;
    expect(accepted(parseDefinition('orders', text))).toEqual({
      pool: 'orders',
      endpoint: 'orders.cluster-x.eu-west-1.rds.amazonaws.com',
      port: 6432,
      database: 'orders',
      user: 'monitor',
      auth: { type: 'secret', arn: ARN },
      tls: 'off',
      settings: { min: 3, max: 30, idleTimeout: 4000, connectionTimeout: 2000 },
      instances: 4,
      count: { users: ['orders_app'], applications: ['api', 'worker'] },
      sharedUser: true,
      managed: { kind: 'pgbouncer', user: 'stats', auth: { type: 'secret', arn: ARN } },
      limits: { pinnedPercent: 12.5, borrowWaitMs: 250 },
      utilization: 'active',
      role: 'standby',
      idleLimitMs: 68_000,
    });
  });

  it('takes the defaults of the contract for what it does not say', () => {
    expect(accepted(parse({}))).toEqual({
      pool: 'orders',
      endpoint: 'db.example.com',
      port: 5432,
      database: 'app',
      user: 'monitor',
      auth: { type: 'iam' },
      tls: 'verify-full',
      settings: { min: 5, max: 20, idleTimeout: 30_000, connectionTimeout: 10_000 },
      instances: 1,
      count: { users: null, applications: null },
      sharedUser: false,
      managed: null,
      limits: { pinnedPercent: 20, borrowWaitMs: 100 },
      utilization: null,
      role: null,
      idleLimitMs: null,
    });
  });

  it('may say one part of an object and leave the other to its default', () => {
    const config = accepted(
      parse({ count: { applications: ['api'] }, limits: { borrowWaitMs: 0 }, pool: { max: 50 } }),
    );
    expect(config.count).toEqual({ users: null, applications: ['api'] });
    expect(config.limits).toEqual({ pinnedPercent: 20, borrowWaitMs: 0 });
    expect(config.settings).toEqual({ min: 5, max: 50, idleTimeout: 30_000, connectionTimeout: 10_000 });
  });

  it.each([
    ['development', { min: 2, max: 10, idleTimeout: 10_000, connectionTimeout: 5_000 }],
    ['test', { min: 1, max: 5, idleTimeout: 5_000, connectionTimeout: 3_000 }],
    ['production', { min: 5, max: 20, idleTimeout: 30_000, connectionTimeout: 10_000 }],
  ])('takes the pool settings of its environment: %s', (environment, column) => {
    expect(accepted(parse({ environment })).settings).toEqual(column);
  });

  it.each([
    { kind: 'none' },
    { kind: 'rds-proxy', name: 'orders-proxy' },
    { kind: 'rds-proxy', name: 'orders-proxy', size: 60 },
    { kind: 'pgbouncer', user: 'stats', auth: { type: 'secret', arn: ARN } },
    { kind: 'pgbouncer', user: 'stats', auth: { type: 'secret', arn: ARN }, size: 20 },
  ])('may name its managed pool: $kind', (managed) => {
    expect(accepted(parse({ managed })).managed).toEqual(managed);
  });

  it.each(['db', 'db.example.com', 'db_1.internal', '10.0.0.5', '::1', '2001:db8::5', '::ffff:10.0.0.5'])(
    'may name a host or an address: %s',
    (endpoint) => {
      expect(accepted(parse({ endpoint })).endpoint).toBe(endpoint);
    },
  );

  it('brings the warnings of its settings along', () => {
    const validation = parse({ pool: { max: 101 } });
    expect(validation.ok && validation.warnings).toEqual(['pool.max (101) is above 100 and may overwhelm PostgreSQL']);
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(accepted(parse({})))).toBe(true);
  });
});

describe('a key that is missing', () => {
  it.each(['endpoint', 'database', 'user', 'auth'])('is named: %s', (key) => {
    expect(mistakesOf({ [key]: undefined })).toEqual([{ field: key, message: `${key} is missing` }]);
  });

  it.each([
    [{ auth: { type: 'secret' } }, 'auth.arn is missing'],
    [{ managed: { kind: 'rds-proxy' } }, 'managed.name is missing'],
    [{ managed: { kind: 'pgbouncer', auth: { type: 'secret', arn: ARN } } }, 'managed.user is missing'],
    [{ managed: { kind: 'pgbouncer', user: 'stats' } }, 'managed.auth is missing'],
  ])('is named with its place: %j', (parts, message) => {
    expect(mistakesOf(parts).map((mistake) => mistake.message)).toEqual([message]);
  });

  it.each([
    [{ auth: {} }, 'auth.type'],
    [{ managed: {} }, 'managed.kind'],
  ])('that tells one kind from another is asked for with the kinds there are: %j', (parts, field) => {
    const [mistake] = mistakesOf(parts);
    expect(mistake?.field).toBe(field);
    expect(mistake?.message).toMatch(/"(iam|none)"/);
  });
});

describe('an unknown key', () => {
  it.each([
    [{ instanses: 3 }, 'instanses'],
    [{ pool: { maximum: 5 } }, 'pool.maximum'],
    [{ count: { user: ['app'] } }, 'count.user'],
    [{ limits: { pinned: 20 } }, 'limits.pinned'],
    [{ auth: { type: 'iam', arn: ARN } }, 'auth.arn'],
    [{ auth: { type: 'secret', arn: ARN, password: 'hunter2' } }, 'auth.password'],
    [{ managed: { kind: 'none', name: 'x' } }, 'managed.name'],
    [{ managed: { kind: 'none', size: 5 } }, 'managed.size'],
    [{ managed: { kind: 'rds-proxy', name: 'x', user: 'y' } }, 'managed.user'],
    [
      { managed: { kind: 'pgbouncer', user: 'y', auth: { type: 'secret', arn: ARN, password: 'hunter2' } } },
      'managed.auth.password',
    ],
  ])('is refused by its name and place, without its value: %j', (parts, field) => {
    const mistakes = mistakesOf(parts);
    expect(mistakes.map((mistake) => mistake.field)).toEqual([field]);
    expect(mistakes[0]?.message).toContain(`unknown key "${field}"`);
    expect(mistakes[0]?.message).not.toContain('hunter2');
  });

  it('is refused with the list of accepted keys', () => {
    expect(mistakesOf({ pool: { maximum: 5 } })[0]?.message).toBe(
      'unknown key "pool.maximum", accepted are min, max, idleTimeout, connectionTimeout',
    );
  });

  it('does not hide a second one, in the same place or elsewhere', () => {
    expect(fieldsOf({ one: 1, two: 2, pool: { three: 3, four: 4 } }).sort()).toEqual([
      'one',
      'pool.four',
      'pool.three',
      'two',
    ]);
  });

  it.each([
    ['definition', (keys: Parts) => keys],
    ['pool', (keys: Parts) => ({ pool: keys })],
    ['auth', (keys: Parts) => ({ auth: { type: 'iam', ...keys } })],
  ])('is named among the first ten of %s and counted beyond them', (place, within) => {
    const letters = (index: number) => `${index}`.replace(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
    const keys = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${letters(index)}`, 1]));
    const mistakes = mistakesOf(within(keys));
    expect(mistakes).toHaveLength(11);
    expect(mistakes[9]?.message).toContain('keyj"');
    expect(mistakes[10]).toEqual({ field: place, message: 'unknown keys that are not listed: 99990' });
  });

  it.each([
    ['a password', 'hunter2'],
    ['an access key', 'AKIAIOSFODNN7EXAMPLE'],
    ['a token', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
    ['a host', 'db.internal.example.com'],
    ['a long text of letters', 'secret'.repeat(10)],
    ['an ARN', ARN],
  ])('is not repeated when it may be %s', (_, secret) => {
    const parts = { [secret]: 1, auth: { type: 'iam', [secret]: 1 }, managed: { kind: 'none', [secret]: 1 } };
    const mistakes = mistakesOf(parts);
    expect(mistakes).toHaveLength(3);
    expect(JSON.stringify(mistakes)).not.toContain(secret);
    const messages = mistakes.map(({ message }) => message);
    expect(messages).toContainEqual(
      expect.stringMatching(/^unknown key in the definition \(not shown\), accepted are /),
    );
    expect(messages).toContain('unknown key in auth (not shown), accepted are type');
  });

  it('is not repeated when it looks like a connection string, nor at any length', () => {
    const text = `{"postgres://app:hunter2@db.example.com/app": 1, "${'x'.repeat(100_000)}": 1}`;
    const messages = refused(parseDefinition('orders', text)).map(({ message }) => message);
    expect(messages.join()).not.toContain('hunter2');
    expect(messages.join().length).toBeLessThan(1000);
  });

  const RESERVED = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];
  const withKey = (key: string, place: 'top' | 'pool' | 'limits' | 'count' | 'auth') => {
    const inner = `"${key}": {"polluted": true}`;
    const other = { pool: '{}', limits: '{}', count: '{}', auth: '{"type": "iam"}' };
    const held =
      place === 'top' ? other : { ...other, [place]: `{${place === 'auth' ? '"type": "iam", ' : ''}${inner}}` };
    return `{"endpoint": "db", "database": "app", "user": "monitor", "auth": ${held.auth}, "pool": ${held.pool},
      "limits": ${held.limits}, "count": ${held.count}${place === 'top' ? `, ${inner}` : ''}}`;
  };

  describe.each(RESERVED)('that every object seems to have: %s', (key) => {
    it('is refused at the top', () => {
      expect(refused(parseDefinition('orders', withKey(key, 'top'))).map(({ field }) => field)).toEqual([key]);
    });

    it.each(['pool', 'limits', 'count', 'auth'] as const)('is refused inside %s', (place) => {
      const fields = refused(parseDefinition('orders', withKey(key, place))).map(({ field }) => field);
      expect(fields).toEqual([`${place}.${key}`]);
    });

    it('is refused at synth too, and pollutes nothing', () => {
      const value: unknown = JSON.parse(withKey(key, 'top'));
      expect(validateDefinition('orders', value).ok).toBe(false);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    });
  });

  it('does not smuggle in what it holds', () => {
    const inherited = '{"__proto__": {"endpoint": "db", "database": "app", "user": "u", "auth": {"type": "iam"}}}';
    expect(refused(parseDefinition('orders', inherited)).map(({ field }) => field)).toEqual([
      'endpoint',
      'database',
      'user',
      'auth',
      '__proto__',
    ]);
  });
});

it.each([
  { auth: 'hunter2' },
  { auth: { type: 'hunter2' } },
  { auth: { type: 'secret', arn: 'hunter2' } },
  { tls: 'hunter2' },
  { environment: 'hunter2' },
  { managed: 'hunter2' },
  { managed: { kind: 'hunter2' } },
  { managed: { kind: 'pgbouncer', user: 'u', auth: 'hunter2' } },
  { managed: { kind: 'pgbouncer', user: '\u0007hunter2', auth: { type: 'secret', arn: 'hunter2' } } },
  { endpoint: 'hunter2:5432' },
  { port: 'hunter2' },
])('a text where a secret may slip in is never repeated: %j', (parts) => {
  const mistakes = mistakesOf(parts);
  expect(mistakes.length).toBeGreaterThan(0);
  expect(JSON.stringify(mistakes)).not.toContain('hunter2');
});

describe('a value of the wrong type or range', () => {
  it.each([
    [{ endpoint: 5 }, 'endpoint must be a host name, received 5'],
    [{ port: '5432' }, 'port must be a whole number from 1 to 65535, received "5432"'],
    [{ port: 0 }, 'port must be a whole number from 1 to 65535, received 0'],
    [{ port: 65_536 }, 'port must be a whole number from 1 to 65535, received 65536'],
    [{ port: 0.5 }, 'port must be a whole number from 1 to 65535, received 0.5'],
    [{ port: null }, 'port must be a whole number from 1 to 65535, received null'],
    [{ database: 1 }, 'database must be a name of 1 to 63 bytes, received 1'],
    [{ user: ['app'] }, 'user must be a name of 1 to 63 bytes, received a list'],
    [{ auth: 5 }, 'auth must be {"type": "iam"} or {"type": "secret", "arn": ...}, received 5'],
    [
      { auth: { type: 'url' } },
      'auth.type must be {"type": "iam"} or {"type": "secret", "arn": ...}, received a text (not shown)',
    ],
    [{ auth: { type: 'secret', arn: 1 } }, 'auth.arn must be the ARN of a secret, received 1'],
    [{ tls: true }, 'tls must be "verify-full" or "off", received true'],
    [{ tls: 'require' }, 'tls must be "verify-full" or "off", received a text (not shown)'],
    [
      { environment: 'staging' },
      'environment must be one of development, test, production, received a text (not shown)',
    ],
    [{ pool: 5 }, 'pool must be an object with min, max, idleTimeout, connectionTimeout, received 5'],
    [{ pool: [] }, 'pool must be an object with min, max, idleTimeout, connectionTimeout, received a list'],
    [{ pool: null }, 'pool must be an object with min, max, idleTimeout, connectionTimeout, received null'],
    [{ pool: { max: '20' } }, 'pool.max must be a whole number >= 1, received "20"'],
    [{ pool: { min: null } }, 'pool.min must be a whole number >= 1, received null'],
    [{ pool: { min: 21 } }, 'pool.min (21) cannot be greater than pool.max (20), the default of production'],
    [{ instances: 0 }, 'instances must be a whole number >= 1, received 0'],
    [{ instances: 1.5 }, 'instances must be a whole number >= 1, received 1.5'],
    [{ instances: '3' }, 'instances must be a whole number >= 1, received "3"'],
    [{ instances: 1e300 }, 'instances must be a whole number >= 1, received 1e+300'],
    [{ count: 'app' }, 'count must be an object with users, applications, received "app"'],
    [{ count: [] }, 'count must be an object with users, applications, received a list'],
    [{ count: { users: 'app' } }, 'count.users must be a list of names, received "app"'],
    [{ count: { users: [] } }, 'count.users must be a list of at least one name, received a list'],
    [{ count: { users: ['app', 5] } }, 'count.users.1 must be a name of 1 to 63 bytes, received 5'],
    [
      { count: { applications: [''] } },
      'count.applications.0 must be a name of 1 to 63 bytes without control characters, received ""',
    ],
    [{ sharedUser: 'yes' }, 'sharedUser must be true or false, received "yes"'],
    [{ sharedUser: 1 }, 'sharedUser must be true or false, received 1'],
    [
      { managed: { kind: 'rds-proxy', name: '' } },
      /^managed\.name must be a name of 1 to 63 bytes.*received a text \(not shown\)$/,
    ],
    [{ managed: { kind: 'rds-proxy', name: 'x', size: 0 } }, /^managed\.size must be .*>= 1.*received 0$/],
    [{ utilization: 'idle' }, 'utilization must be "open" or "active", received "idle"'],
    [{ role: 'writer' }, 'role must be "primary", "standby" or "any", received "writer"'],
    [
      { managed: { kind: 'odyssey' } },
      /^managed\.kind must be .*rds-proxy.*pgbouncer.*none.*received a text \(not shown\)$/,
    ],
    [{ managed: null }, /^managed must be .*rds-proxy.*pgbouncer.*none.*received null$/],
    [
      { managed: { kind: 'pgbouncer', user: 'u', auth: { type: 'iam', arn: ARN } } },
      'managed.auth.type must be "secret", received a text (not shown)',
    ],
    [
      { managed: { kind: 'pgbouncer', user: 'u', auth: 5 } },
      'managed.auth must be an object with type, arn, received 5',
    ],
    [{ limits: 20 }, 'limits must be an object with pinnedPercent, borrowWaitMs, received 20'],
    [{ limits: [] }, 'limits must be an object with pinnedPercent, borrowWaitMs, received a list'],
    [{ limits: { pinnedPercent: 101 } }, 'limits.pinnedPercent must be a number from 0 to 100, received 101'],
    [{ limits: { pinnedPercent: -1 } }, 'limits.pinnedPercent must be a number from 0 to 100, received -1'],
    [{ limits: { borrowWaitMs: '100' } }, 'limits.borrowWaitMs must be a number from 0 to 3600000, received "100"'],
  ])('is refused once, with field, value received and what is accepted: %j', (parts, message) => {
    const messages = mistakesOf(parts).map((mistake) => mistake.message);
    expect(messages).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -0.5])(
    'is refused at synth, where it need not be JSON: %s',
    (port) => {
      expect(refused(validateDefinition('orders', { ...LEAST, port }))).toHaveLength(1);
    },
  );

  it('at the top is one mistake', () => {
    expect(['5', 'null', '[]', '"text"'].map((text) => refused(parseDefinition('orders', text)))).toEqual(
      ['5', 'null', 'a list', '"text"'].map((shown) => [
        {
          field: 'definition',
          message: expect.stringMatching(
            new RegExp(`^definition must be an object with endpoint, .*, received ${shown}$`),
          ),
        },
      ]),
    );
  });

  it.each([
    'db.example.com:5432',
    'db:5432',
    'postgres://db.example.com',
    'app@db.example.com',
    'db.example.com/app',
    '[::1]',
    ' db',
    '',
    'x'.repeat(254),
    'dé',
  ])('is no host name: %j', (endpoint) => {
    expect(fieldsOf({ endpoint })).toEqual(['endpoint']);
  });

  it('that may be a host name or a credential is told by what is accepted alone', () => {
    expect(mistakesOf({ endpoint: 'db:5432', auth: { type: 'secret', arn: 'hunter2' } })).toEqual([
      {
        field: 'endpoint',
        message:
          'endpoint must be a host name or an address, without port, user or scheme, received a text (not shown)',
      },
      {
        field: 'auth.arn',
        message:
          'auth.arn must be the full ARN of a secret in Secrets Manager, which ends with "-" and six characters, received a text (not shown)',
      },
    ]);
  });

  it.each([
    'hunter2',
    'arn:aws:iam::123456789012:role/x',
    `${ARN} `,
    'arn:aws:secretsmanager:eu-west-1:1:secret:x-AbCdEf',
    ARN.slice(0, -7),
    ARN.slice(0, -1),
  ])('is no secret: %j', (arn) => {
    expect(fieldsOf({ auth: { type: 'secret', arn } })).toEqual(['auth.arn']);
  });
});

describe('a name', () => {
  it('may have 63 bytes, not 64, whatever the alphabet', () => {
    const fits = ['a'.repeat(63), 'é'.repeat(31), '👍'.repeat(15)];
    const tooLong = ['a'.repeat(64), 'é'.repeat(32), '👍'.repeat(16)];
    expect(fits.map((user) => parse({ user }).ok)).toEqual([true, true, true]);
    expect(tooLong.map((user) => parse({ user }).ok)).toEqual([false, false, false]);
  });

  it('of an application must be printable ASCII, since PostgreSQL escapes other characters; a user need not', () => {
    const reason =
      'must be a name of printable ASCII characters, since PostgreSQL escapes all others in an application_name';
    expect(mistakesOf({ count: { applications: ['web', 'bücher'] } }).map(({ message }) => message)).toEqual([
      `count.applications.1 ${reason}, received "bücher"`,
    ]);
    expect(parse({ count: { users: ['bücher'], applications: [`o'brien "~\\`] } }).ok).toBe(true);
  });

  it('may hold blanks, quotes and backslashes, but no control character', () => {
    expect(accepted(parse({ user: `o'neil "x" \\ ;--` })).user).toBe(`o'neil "x" \\ ;--`);
    expect(['a\u0000', 'a\n', '\u001f', '\u007f'].map((user) => parse({ user }).ok)).toEqual(Array(4).fill(false));
  });

  it.each(['\u009b', '\u2028', '\u2029', '\u061c', '\u200e', '\u202e', '\u2066', '\u2069'])(
    'may not hold %j, and the mistake shows it as an escape',
    (character) => {
      const [mistake] = mistakesOf({ user: `a${character}b` });
      const code = character.charCodeAt(0).toString(16).padStart(4, '0');
      expect(mistake?.message).toMatch(/^user must be a name of 1 to 63 bytes without control characters, received /);
      expect(mistake?.message).toContain(`"a\\u${code}b"`);
    },
  );

  it('may be written from right to left, and may hold joiners and marks', () => {
    expect(['משתמש', 'कार्यक्रम', 'a\u200db', 'e\u0301'].map((user) => parse({ user }).ok)).toEqual(Array(4).fill(true));
  });

  it('may stand 40 times in a list, so that the statement of the check stays short', () => {
    const names = Array.from({ length: 41 }, (_, index) => `app${index}`);
    expect(parse({ count: { users: names.slice(0, 40) } }).ok).toBe(true);
    expect(mistakesOf({ count: { users: names } })[0]?.message).toContain('a list of at most 40 names');
    expect(mistakesOf({ count: { users: Array(100_000).fill(1) } })).toHaveLength(1);
  });
});

describe("a pool's name", () => {
  it.each(['a', '7', 'orders', 'orders-eu.1_x', 'A'.repeat(64)])('may be %s', (pool) => {
    expect(poolNameViolation(pool)).toBeNull();
    expect(accepted(validateDefinition(pool, LEAST)).pool).toBe(pool);
  });

  it.each(['', '-orders', '.orders', '_orders', 'a b', 'a/b', 'ä', 'a\n', 'A'.repeat(65), '../x'])(
    'may not be %j, and is a mistake beside the others',
    (pool) => {
      const mistakes = refused(validateDefinition(pool, { ...LEAST, port: 0 }));
      expect(mistakes.map(({ field }) => field)).toEqual(['name', 'port']);
      expect(mistakes[0]?.message).toMatch(/^a pool's name must be 1 to 64 letters.*received "/);
    },
  );
});

it("a pool's name that is not valid is refused even if the definition is", () => {
  expect(refused(validateDefinition('a/b', LEAST)).map(({ field }) => field)).toEqual(['name']);
});

describe('mistakes', () => {
  it('are all listed at once, whichever rule they break', () => {
    const parts = {
      endpoint: 'db:5432',
      database: undefined,
      port: 0,
      extra: 1,
      pool: { max: '5', idleTimeout: 1, other: 1 },
      count: { users: [] },
      limits: { pinnedPercent: 200 },
    };
    expect(fieldsOf(parts).sort()).toEqual([
      'count.users',
      'database',
      'endpoint',
      'extra',
      'limits.pinnedPercent',
      'pool.idleTimeout',
      'pool.max',
      'pool.other',
      'port',
    ]);
  });

  it('in the pool settings are found even where the environment is broken', () => {
    expect(fieldsOf({ environment: 'staging', pool: { max: 0 } })).toEqual(['environment', 'pool.max']);
  });

  it('elsewhere do not change which column the pool settings are compared with', () => {
    const messages = mistakesOf({ environment: 'test', pool: { min: 9 }, port: 0 }).map(({ message }) => message);
    expect(messages).toContain('pool.min (9) cannot be greater than pool.max (5), the default of test');
  });

  it('never show a host name, a credential or a connection string', () => {
    const secrets = [
      { endpoint: 'secret.internal:5432/app' },
      { auth: 'secret' },
      { auth: ['secret'] },
      { auth: { type: 'secret', arn: 'secret' } },
      { managed: 'secret.internal:6432' },
      { managed: { kind: 'pgbouncer', user: 'u', auth: 'secret' } },
      { managed: { kind: 'pgbouncer', user: 'u', auth: { type: 'secret', arn: 'secret' } } },
      { database: 'host=secret.internal password=secret\n' },
      { user: { password: 'secret' } },
      { pool: 'postgres://app:secret@secret.internal/app' },
    ];
    const shown = secrets.map((parts) =>
      mistakesOf(parts)
        .map(({ message }) => message.split('received').at(-1))
        .join(),
    );
    expect(shown.filter((text) => text.includes('secret'))).toEqual([]);
  });
});

describe('a text that is not JSON', () => {
  it.each(['', '{', '{"endpoint": "secret.internal",}', 'endpoint: secret.internal', '['.repeat(100_000), '\uFEFF{}'])(
    'is one mistake, and no part of it is shown',
    (text) => {
      expect(refused(parseDefinition('orders', text))).toEqual([
        {
          field: 'definition',
          message: `the definition must be JSON, received ${text.length} characters that are not (not shown)`,
        },
      ]);
    },
  );
});

describe('a text that is JSON but no definition', () => {
  const DEEP = 100_000;
  it.each([
    ['a deep list', '['.repeat(DEEP) + ']'.repeat(DEEP), 'definition'],
    ['a deep object', `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`, 'a'],
    ['a deep value', `{"database": ${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`, 'database'],
    ['a deep setting', `{"pool": {"max": ${'['.repeat(DEEP)}${']'.repeat(DEEP)}}}`, 'pool.max'],
    ['a huge value', `{"user": "${'x'.repeat(1_000_000)}"}`, 'user'],
  ])('is refused and never throws: %s', (_, text, field) => {
    const mistakes = refused(parseDefinition('orders', text));
    expect(mistakes.map((mistake) => mistake.field)).toContain(field);
    expect(mistakes.every(({ message }) => message.length < 300)).toBe(true);
  });
});

describe('the type of a definition', () => {
  type Written = DeepReadonly<v.InferInput<typeof DEFINITION>>;
  type DeepReadonly<T> = T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
      : T;

  it('allows what the schema takes, and nothing else', () => {
    expectTypeOf<PoolDefinition>().toExtend<Written>();
    expectTypeOf<keyof PoolDefinition>().toEqualTypeOf<keyof Written>();
    expectTypeOf<NonNullable<Written['managed']>['kind']>().toEqualTypeOf<
      NonNullable<PoolDefinition['managed']>['kind']
    >();
    expectTypeOf<keyof NonNullable<Written['limits']>>().toEqualTypeOf<keyof NonNullable<PoolDefinition['limits']>>();
    expectTypeOf<keyof NonNullable<Written['count']>>().toEqualTypeOf<keyof NonNullable<PoolDefinition['count']>>();
  });
});
