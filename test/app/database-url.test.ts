import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildDatabaseUrl } from '../../functions/app/database-url.js';
import { parseDatabaseUrl } from '../../functions/connection/url.js';

const PRODUCTION = { NODE_ENV: 'production' };
const ALL = 'connection_limit=20&pool_timeout=10&connect_timeout=10&max_idle_connection_lifetime=30';

function build(connectionString: string, environment = {}): string {
  return buildDatabaseUrl({ connectionString, environment: { ...PRODUCTION, ...environment } });
}

describe('the settings in effect are added as parameters', () => {
  test.each([
    ['postgres://shop@db.example/shop', `postgres://shop@db.example/shop?${ALL}`],
    ['postgres://shop@db.example', `postgres://shop@db.example?${ALL}`],
    ['postgres://shop@db.example/shop?', `postgres://shop@db.example/shop?${ALL}`],
    ['postgres://shop@db.example/shop?schema=sales', `postgres://shop@db.example/shop?schema=sales&${ALL}`],
    ['postgres://shop@db.example/shop?schema=sales&', `postgres://shop@db.example/shop?schema=sales&${ALL}`],
    ['postgres://shop@db.example/shop#here', `postgres://shop@db.example/shop?${ALL}#here`],
    [' postgres://shop@db.example/shop\n', `postgres://shop@db.example/shop?${ALL}`],
    ['postgres://shop@[2001:db8::7]:6432/shop', `postgres://shop@[2001:db8::7]:6432/shop?${ALL}`],
  ])('%j', (url, expected) => {
    expect(build(url)).toBe(expected);
  });

  test('parameters of the URL stay, whatever the settings are', () => {
    const url = 'postgres://shop@db.example/shop?pool_timeout=3&connection_limit=7';
    expect(build(url, { DATABASE_POOL_MAX: '50' })).toBe(`${url}&connect_timeout=3&max_idle_connection_lifetime=30`);
  });

  test('a fraction of a second is rounded up', () => {
    expect(build('postgres://shop@db.example/shop', { DATABASE_POOL_CONNECTION_TIMEOUT: '1001' })).toContain(
      'pool_timeout=2&',
    );
  });

  test('the parameters are added to DATABASE_URL by default', () => {
    const environment = { DATABASE_URL: 'postgres://shop@db.example/shop', DATABASE_POOL_MAX: '9' };
    expect(buildDatabaseUrl({ environment })).toContain('db.example/shop?connection_limit=9&');
  });
});

describe('for any URL', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map(encodeURIComponent);
  const parameter = fc.tuple(
    fc.constantFrom('schema', 'sslmode', 'application_name', 'pgbouncer', 'x%20y'),
    fc.string({ unit: 'grapheme-ascii', maxLength: 10 }).map(encodeURIComponent),
  );
  const url = fc
    .record({ user: name, password: name, database: name, parameters: fc.array(parameter, { maxLength: 4 }) })
    .map(({ user, password, database, parameters }) => {
      const query = parameters.map(([key, value]) => `${key}=${key === 'sslmode' ? 'disable' : value}`).join('&');
      return `postgres://${user}:${password}@db.example:6432/${database}${query === '' ? '' : '?'}${query}`;
    });

  const partsOf = (text: string) => {
    const parsed = parseDatabaseUrl(text, 'DATABASE_URL', { isStrict: false });
    return parsed.ok ? { ...parsed.url, parameters: null } : parsed;
  };

  test('the URL stays as it is, parameters follow it, and a second call adds none', () => {
    fc.assert(
      fc.property(url, (text) => {
        fc.pre(!text.includes('application_name=pool-health'));
        const built = build(text);
        expect(built.startsWith(text)).toBe(true);
        expect(built.slice(text.length + 1)).toBe(ALL);
        expect(build(built)).toBe(built);
      }),
    );
  });

  test('the result has the same user, password, host and database', () => {
    fc.assert(
      fc.property(url, (text) => {
        expect(partsOf(build(text))).toEqual(partsOf(text));
      }),
    );
  });
});
