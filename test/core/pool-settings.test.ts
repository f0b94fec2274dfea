import { describe, expect, it } from 'vitest';
import {
  definitionSource,
  environmentFrom,
  resolveSettings,
  type SettingName,
  variablesSource,
} from '../../functions/core/pool-settings.js';
import { received } from '../../functions/core/validation.js';

const fromVariables = (variables: Record<string, string>) =>
  resolveSettings([variablesSource(variables)], 'production');
const fromDefinition = (pool: Partial<Record<SettingName, unknown>>) =>
  resolveSettings([definitionSource(pool)], 'production');
const messages = ({ violations }: ReturnType<typeof resolveSettings>) => violations.map(({ message }) => message);

describe('defaults', () => {
  it.each([
    ['development', { min: 2, max: 10, idleTimeout: 10_000, connectionTimeout: 5_000 }],
    ['test', { min: 1, max: 5, idleTimeout: 5_000, connectionTimeout: 3_000 }],
    ['production', { min: 5, max: 20, idleTimeout: 30_000, connectionTimeout: 10_000 }],
  ] as const)('of %s are the column of the contract', (environment, column) => {
    expect(resolveSettings([variablesSource({})], environment)).toEqual({
      settings: column,
      violations: [],
      warnings: [],
    });
  });
});

describe('each variable decides about its own setting', () => {
  it.each([
    ['DATABASE_POOL_MIN', 'min', '7', 7],
    ['DATABASE_POOL_MAX', 'max', '77', 77],
    ['DATABASE_POOL_IDLE_TIMEOUT', 'idleTimeout', '1234', 1234],
    ['DATABASE_POOL_CONNECTION_TIMEOUT', 'connectionTimeout', '4321', 4321],
  ] as const)('%s is %s', (variable, setting, text, value) => {
    const { settings } = fromVariables({ [variable]: text });
    expect(settings).toEqual({
      min: 5,
      max: 20,
      idleTimeout: 30_000,
      connectionTimeout: 10_000,
      [setting]: value,
    });
  });

  it('and a setting of the definition about its own', () => {
    const pool = { min: 3, max: 8, idleTimeout: 1_000, connectionTimeout: 2_000 };
    expect(fromDefinition(pool).settings).toEqual(pool);
  });
});

describe('precedence', () => {
  const sources = (variables: Record<string, string>, pool: Partial<Record<SettingName, unknown>>) =>
    [variablesSource(variables), definitionSource(pool)] as const;

  it('is variable, then definition, then default, setting by setting', () => {
    const { settings } = resolveSettings(sources({ DATABASE_POOL_MAX: '7' }, { max: 8, min: 3 }), 'production');
    expect(settings).toEqual({ min: 3, max: 7, idleTimeout: 30_000, connectionTimeout: 10_000 });
  });

  it('does not skip a broken value for a good one further down', () => {
    const { settings, violations } = resolveSettings(sources({ DATABASE_POOL_MAX: '12abc' }, { max: 8 }), 'production');
    expect(settings).toBeNull();
    expect(violations.map(({ field }) => field)).toEqual(['DATABASE_POOL_MAX']);
  });

  it('names each setting as its own source calls it', () => {
    const resolution = resolveSettings(sources({ DATABASE_POOL_MIN: '30' }, { max: 20 }), 'production');
    expect(messages(resolution)).toEqual(['DATABASE_POOL_MIN (30) cannot be greater than pool.max (20)']);
  });
});

describe('a variable that is not plain digits', () => {
  const NOT_NUMBERS = [
    '12abc',
    '',
    '1.5',
    '1e9',
    ' 20 ',
    '20\n',
    '-1',
    '+5',
    '０',
    '２０',
    '٢٠',
    '0x10',
    '1_000',
    '1,000',
    'NaN',
    'Infinity',
    'null',
  ];

  it.each(NOT_NUMBERS)('is refused, and shown as it was received: %j', (text) => {
    const resolution = fromVariables({ DATABASE_POOL_MAX: text });
    expect(resolution.settings).toBeNull();
    expect(resolution.violations).toEqual([
      {
        field: 'DATABASE_POOL_MAX',
        message: `DATABASE_POOL_MAX must be a whole number >= 1, received ${JSON.stringify(text)}`,
      },
    ]);
  });

  it.each(NOT_NUMBERS)('is refused for a time too: %j', (text) => {
    expect(fromVariables({ DATABASE_POOL_IDLE_TIMEOUT: text }).settings).toBeNull();
  });

  it('is refused when it has more digits than a number can hold', () => {
    expect(fromVariables({ DATABASE_POOL_MAX: '9007199254740992' }).settings).toBeNull();
    const [message] = messages(fromVariables({ DATABASE_POOL_MAX: '9'.repeat(100_000) }));
    expect(message?.length).toBeLessThan(150);
  });
});

describe('a JSON value that is not a whole number', () => {
  it.each([
    ['5', '"5"'],
    ['', '""'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [null, 'null'],
    [true, 'true'],
    [1e21, '1e+21'],
    [9_007_199_254_740_992, '9007199254740992'],
    [[5], 'a list'],
    [{ max: 5 }, 'an object'],
    [5n, 'bigint'],
    [0, '0'],
    [-1, '-1'],
  ])('is refused, and shown as it was received: %s', (value, shown) => {
    const resolution = fromDefinition({ max: value });
    expect(resolution.settings).toBeNull();
    expect(resolution.violations).toEqual([
      { field: 'pool.max', message: `pool.max must be a whole number >= 1, received ${shown}` },
    ]);
  });
});

describe('the least and the most of each setting', () => {
  it.each([
    ['DATABASE_POOL_MIN', '0', '1'],
    ['DATABASE_POOL_MAX', '0', '1'],
    ['DATABASE_POOL_IDLE_TIMEOUT', '999', '1000'],
    ['DATABASE_POOL_CONNECTION_TIMEOUT', '999', '1000'],
  ])('%s: %s is too small, %s is enough', (variable, tooSmall, enough) => {
    expect(fromVariables({ [variable]: tooSmall }).settings).toBeNull();
    expect(fromVariables({ [variable]: enough }).violations).toEqual([]);
  });

  it.each(['DATABASE_POOL_IDLE_TIMEOUT', 'DATABASE_POOL_CONNECTION_TIMEOUT'])(
    '%s: what a timer of Node would cut to 1 ms is refused with both bounds',
    (variable) => {
      expect(fromVariables({ [variable]: '2147483647' }).violations).toEqual([]);
      expect(messages(fromVariables({ [variable]: '2147483648' }))).toEqual([
        `${variable} must be a whole number of milliseconds from 1000 to 2147483647, received "2147483648"`,
      ]);
    },
  );

  it('has no upper bound for a pool but what a number can hold', () => {
    expect(fromVariables({ DATABASE_POOL_MAX: '9007199254740991' }).settings?.max).toBe(9_007_199_254_740_991);
  });
});

describe('min and max together', () => {
  it('a written min above a written max is refused in the words of the contract', () => {
    const resolution = fromVariables({ DATABASE_POOL_MIN: '30', DATABASE_POOL_MAX: '20' });
    expect(resolution.settings).toBeNull();
    expect(resolution.violations).toEqual([
      {
        field: 'DATABASE_POOL_MIN',
        message: 'DATABASE_POOL_MIN (30) cannot be greater than DATABASE_POOL_MAX (20)',
      },
    ]);
  });

  it('a written min above a default max is refused in the same words, and told where the other comes from', () => {
    expect(messages(fromVariables({ DATABASE_POOL_MIN: '30' }))).toEqual([
      'DATABASE_POOL_MIN (30) cannot be greater than DATABASE_POOL_MAX (20), the default of production',
    ]);
  });

  it('a default min above a written max is lowered to it, with a warning', () => {
    const { settings, violations, warnings } = fromVariables({ DATABASE_POOL_MAX: '3' });
    expect(settings).toMatchObject({ min: 3, max: 3 });
    expect(violations).toEqual([]);
    expect(warnings).toEqual(['DATABASE_POOL_MAX (3) is below the default min of production (5): min is lowered to 3']);
  });

  it('equal is allowed, written or by default, without a warning', () => {
    expect(fromVariables({ DATABASE_POOL_MIN: '7', DATABASE_POOL_MAX: '7' })).toMatchObject({
      settings: { min: 7, max: 7 },
      warnings: [],
    });
    expect(fromVariables({ DATABASE_POOL_MAX: '5' })).toMatchObject({ settings: { min: 5, max: 5 }, warnings: [] });
  });

  it('are not compared when one of them is broken', () => {
    expect(messages(fromVariables({ DATABASE_POOL_MIN: '30', DATABASE_POOL_MAX: 'x' }))).toEqual([
      'DATABASE_POOL_MAX must be a whole number >= 1, received "x"',
    ]);
    expect(messages(fromVariables({ DATABASE_POOL_MIN: 'x', DATABASE_POOL_MAX: '1' }))).toEqual([
      'DATABASE_POOL_MIN must be a whole number >= 1, received "x"',
    ]);
  });
});

describe('all violations at once', () => {
  it('one for each broken setting', () => {
    const { settings, violations } = fromVariables({
      DATABASE_POOL_MIN: '-1',
      DATABASE_POOL_MAX: '12abc',
      DATABASE_POOL_IDLE_TIMEOUT: '999',
      DATABASE_POOL_CONNECTION_TIMEOUT: '',
    });
    expect(settings).toBeNull();
    expect(violations.map(({ field }) => field)).toEqual([
      'DATABASE_POOL_MIN',
      'DATABASE_POOL_MAX',
      'DATABASE_POOL_IDLE_TIMEOUT',
      'DATABASE_POOL_CONNECTION_TIMEOUT',
    ]);
  });

  it('min above max beside a broken time', () => {
    const pool = { min: 30, max: 20, idleTimeout: 1 };
    expect(fromDefinition(pool).violations.map(({ field }) => field)).toEqual(['pool.idleTimeout', 'pool.min']);
  });
});

describe('warnings', () => {
  it('begin above 50 for min', () => {
    expect(fromVariables({ DATABASE_POOL_MIN: '50', DATABASE_POOL_MAX: '60' }).warnings).toEqual([]);
    const { settings, warnings } = fromVariables({ DATABASE_POOL_MIN: '51', DATABASE_POOL_MAX: '60' });
    expect(settings).toMatchObject({ min: 51, max: 60 });
    expect(warnings).toEqual(['DATABASE_POOL_MIN (51) is above 50 and may overwhelm PostgreSQL']);
  });

  it('begin above 100 for max', () => {
    expect(fromVariables({ DATABASE_POOL_MAX: '100' }).warnings).toEqual([]);
    const { settings, warnings } = fromVariables({ DATABASE_POOL_MAX: '101' });
    expect(settings).toMatchObject({ max: 101 });
    expect(warnings).toEqual(['DATABASE_POOL_MAX (101) is above 100 and may overwhelm PostgreSQL']);
  });

  it('are never given for times', () => {
    const longest = '2147483647';
    const variables = { DATABASE_POOL_IDLE_TIMEOUT: longest, DATABASE_POOL_CONNECTION_TIMEOUT: longest };
    expect(fromVariables(variables)).toMatchObject({
      settings: { idleTimeout: 2_147_483_647, connectionTimeout: 2_147_483_647 },
      warnings: [],
    });
  });

  it('stay when there are violations as well', () => {
    const { violations, warnings } = fromVariables({ DATABASE_POOL_MAX: '500', DATABASE_POOL_IDLE_TIMEOUT: '1' });
    expect([violations.length, warnings.length]).toEqual([1, 1]);
  });
});

describe('NODE_ENV', () => {
  it.each(['development', 'test', 'production'] as const)('%s is taken as it is', (name) => {
    expect(environmentFrom(name)).toEqual({ environment: name, warnings: [] });
  });

  it.each([undefined, ''])('unset means development, without a warning: %j', (name) => {
    expect(environmentFrom(name)).toEqual({ environment: 'development', warnings: [] });
  });

  it.each(['staging', 'Production', ' test', 'toString'])('%j is unknown: production, with a warning', (name) => {
    const { environment, warnings } = environmentFrom(name);
    expect(environment).toBe('production');
    expect(warnings).toEqual([
      `NODE_ENV ${JSON.stringify(name)} is none of development, test, production: the defaults of production apply`,
    ]);
  });

  it('is not repeated when it looks like a connection string', () => {
    expect(environmentFrom('postgres://app:hunter2@db.example.com/app').warnings.join()).not.toMatch(/hunter2|example/);
  });
});

describe('a value as an error shows it', () => {
  it.each([
    'postgres://app:hunter2@db.example.com/app',
    'mysql://db.example.com',
    'app:hunter2@db.example.com',
    'host=db.example.com password=hunter2',
    `${' '.repeat(200)}postgres://app:hunter2@db.example.com/app`,
  ])('hides what looks like a connection string: %s', (text) => {
    expect(received(text)).toBe('something like a connection string (not shown)');
    expect(messages(fromVariables({ DATABASE_POOL_MAX: text })).join()).not.toMatch(/hunter2|example/);
  });

  it('of an object or a list says only that it is one', () => {
    expect(received({ password: 'hunter2' })).toBe('an object');
    expect(received(['hunter2'])).toBe('a list');
  });

  it('tells text from number, and empty from absent', () => {
    expect(['5', 5, '', undefined, null, Number.NaN].map(received)).toEqual([
      '"5"',
      '5',
      '""',
      'undefined',
      'null',
      'NaN',
    ]);
  });

  it.each(['x'.repeat(1_000_000), '\u0000'.repeat(1000), '"'.repeat(1000), 10n ** 1000n, Symbol('x'.repeat(1000))])(
    'is short, whatever was received',
    (value) => {
      expect(received(value).length).toBeLessThanOrEqual(63);
    },
  );

  it('is given in full up to that length', () => {
    expect(received('x'.repeat(58))).toBe(`"${'x'.repeat(58)}"`);
    expect(received('x'.repeat(59))).toBe(`"${'x'.repeat(59)}...`);
  });
});
