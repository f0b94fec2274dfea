import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ParsedUrl, parseDatabaseUrl } from '../../functions/connection/url.js';

function accepted(text: string): ParsedUrl {
  const result = parseDatabaseUrl(text);
  if (!result.ok) {
    throw new Error(`refused: ${messages(text).join(', ')}`);
  }
  return result.url;
}

function messages(text: string): string[] {
  const result = parseDatabaseUrl(text);
  return result.ok ? [] : result.violations.map(({ message }) => message);
}

describe('the parts of a URL', () => {
  const TARGET = { endpoint: 'db.example', port: 5432, database: 'shop', user: 'check', tls: 'verify-full' };
  test.each([
    ['everything', 'postgres://check:secret@db.example:6432/shop', { port: 6432 }, 'secret'],
    ['the port is 5432 unless the URL has one', 'postgres://check:secret@db.example/shop', {}, 'secret'],
    ['the other scheme', 'postgresql://check:secret@db.example/shop', {}, 'secret'],
    ['a scheme in capitals', 'POSTGRES://check:secret@db.example/shop', {}, 'secret'],
    ['no password', 'postgres://check@db.example/shop', {}, undefined],
    ['an empty password', 'postgres://check:@db.example/shop', {}, undefined],
    [
      'the database has the name of the user unless the URL has one',
      'postgres://check@db.example',
      { database: 'check' },
    ],
    ['a slash without a database', 'postgres://check@db.example/', { database: 'check' }],
    ['a database with a slash', 'postgres://check@db.example/a/b', { database: 'a/b' }],
    ['an IPv4 address', 'postgres://check@192.0.2.7/shop', { endpoint: '192.0.2.7' }],
    ['an IPv6 address', 'postgres://check@[2001:db8::7]:6432/shop', { endpoint: '2001:db8::7', port: 6432 }],
    ['a host as parameter', 'postgres://check@localhost/shop?host=db.example', {}],
    [
      'the directory of a Unix socket',
      'postgres://check@localhost:6432/shop?host=/run/postgresql',
      { endpoint: '/run/postgresql', port: 6432, tls: 'off' },
    ],
    [
      'percent-encoded names',
      'postgres://ch%40ck:%25%2F%3F%23%3A@db.example/sh%20op%C3%A9',
      { user: 'ch@ck', database: 'sh opé' },
      '%/?#:',
    ],
    ['other parameters', 'postgres://check@db.example/shop?connect_timeout=3&application_name=x', {}],
    [
      'all parts as parameters, as in libpq',
      'postgres:///?host=db.example&port=6432&dbname=shop&user=check&password=a%2Bb',
      { port: 6432 },
      'a+b',
    ],
    ['a plus in a parameter is no space', 'postgres:///shop?host=db.example&user=check&password=a+b', {}, 'a+b'],
    [
      'a parameter before the part of the URL',
      'postgres://app:x@localhost:1/app?host=db.example&port=6432&dbname=shop&user=check&password=y',
      { port: 6432 },
      'y',
    ],
    [
      'a user without a host, as for Cloud SQL',
      'postgres://check:secret@/shop?host=/cloudsql/project:region:name',
      { endpoint: '/cloudsql/project:region:name', tls: 'off' },
      'secret',
    ],
    ['neither host nor path', 'postgres://check@', { endpoint: 'localhost', database: 'check', tls: 'off' }],
    [
      'the directory of a Unix socket, encoded as the host',
      'postgres://check@%2Frun%2Fpostgresql/shop',
      { endpoint: '/run/postgresql', tls: 'off' },
    ],
  ])('%s', (_, text, changes, password?: string) => {
    const url = accepted(text);
    expect(url.target).toEqual({ ...TARGET, ...changes });
    expect(url.password).toBe(password);
    expect(url.caFile).toBeNull();
  });

  test('any user, password and database, percent-encoded', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 });
    // A path of dots means another path in any URL.
    const database = name.filter((text) => !/^\.+$/.test(text));
    fc.assert(
      fc.property(name, name, database, (user, password, of) => {
        const [u, p, d] = [user, password, of].map(encodeURIComponent);
        const url = accepted(`postgres://${u}:${p}@db.example/${d}`);
        expect([url.target.user, url.password, url.target.database]).toEqual([user, password, of]);
      }),
    );
  });
});

describe('sslmode', () => {
  test.each([
    ['without sslmode a host is verified', 'db.example/shop', 'verify-full'],
    ['without sslmode this machine is not verified', 'localhost/shop', 'off'],
    ['nor is its address', '127.0.0.1/shop', 'off'],
    ['nor is its IPv6 address', '[::1]/shop', 'off'],
    ['nor is a Unix socket', 'db.example/shop?host=/run/postgresql', 'off'],
    ['a host with a name like localhost is verified', 'localhost.example/shop', 'verify-full'],
    ['the host parameter decides if there is one', 'localhost/shop?host=db.example', 'verify-full'],
    ['require means verify-full', 'db.example/shop?sslmode=require', 'verify-full'],
    ['verify-ca with an authority', 'db.example/shop?sslmode=verify-ca&sslrootcert=ca.pem', 'verify-ca'],
    ['verify-ca of public authorities would accept anybody', 'db.example/shop?sslmode=verify-ca', 'verify-full'],
    ['nor of the system', 'db.example/shop?sslmode=verify-ca&sslrootcert=system', 'verify-full'],
    ['require with an authority', 'db.example/shop?sslmode=require&sslrootcert=ca.pem', 'verify-full'],
    ['ssl=true means verify-full', 'localhost/shop?ssl=true', 'verify-full'],
    ['ssl=1 too', 'localhost/shop?ssl=1', 'verify-full'],
    ['ssl=true beside an sslmode with TLS', 'db.example/shop?ssl=true&sslmode=require', 'verify-full'],
    ['ssl=false means disable', 'db.example/shop?ssl=false', 'off'],
    ['verify-full', 'db.example/shop?sslmode=verify-full', 'verify-full'],
    ['verify-full on this machine', 'localhost/shop?sslmode=verify-full', 'verify-full'],
    ['disable has to be written', 'db.example/shop?sslmode=disable', 'off'],
  ])('%s', (_, rest, tls) => {
    expect(accepted(`postgres://check@${rest}`).target.tls).toBe(tls);
  });

  test.each(['allow', 'prefer', 'no-verify'])('%s may fall back and is refused by its name', (sslmode) => {
    expect(messages(`postgres://check@db.example/shop?sslmode=${sslmode}`)).toEqual([
      expect.stringContaining(`received "${sslmode}"`),
    ]);
  });

  test.each(['', 'Verify-Full', 'on'])('"%s" is not a mode', (sslmode) => {
    expect(messages(`postgres://check@db.example/shop?sslmode=${sslmode}`)).toEqual([
      expect.stringMatching(/sslmode .* must be verify-full/),
    ]);
  });

  test.each([
    ['ssl=no-verify', /^ssl in DATABASE_URL must be true .* or false, received something else \(not shown\)$/],
    ['ssl=', /^ssl in DATABASE_URL must be true/],
    ['ssl=true&sslmode=disable', /^ssl and sslmode in DATABASE_URL contradict each other/],
    ['ssl=false&sslmode=require', /^ssl and sslmode in DATABASE_URL contradict each other/],
  ])('%s is refused', (parameters, message) => {
    expect(messages(`postgres://check@db.example/shop?${parameters}`)).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ['/etc/ca%20file.pem', '/etc/ca file.pem'],
    ['system', null],
  ])('sslrootcert=%s names the certificate authority %s', (value, file) => {
    expect(accepted(`postgres://check@db.example/shop?sslrootcert=${value}`).caFile).toBe(file);
  });
});

describe('a parameter', () => {
  const withParameters = (text: string) => messages(`postgres://check:secret@db.example/shop?${text}`);

  test.each([
    ['target_session_attrs=read-write', 'set "role" in the definition instead'],
    ['channel_binding=require', 'remove it. sslmode=verify-full verifies the server'],
    [
      'options=-c%20search_path%3Dx',
      'set them on the role (ALTER ROLE ... SET ...), because poolers reject them at login',
    ],
    ['sslcert=client.pem', 'client certificates are not supported'],
    ['sslkey=client.key', 'client certificates are not supported'],
    ['hostaddr=192.0.2.1', 'write the address as host'],
    ['passfile=/etc/pgpass', 'set PGPASSFILE instead'],
    ['sslaccept=accept_invalid_certs', 'use sslmode and sslrootcert instead'],
    ['sslnegotiation=direct', 'remove it'],
    ['replication=database', 'remove it'],
    ['gssencmode=require', 'Kerberos is not supported'],
  ])('%s, which cannot be kept, is refused by name with what to do instead', (parameter, advice) => {
    const [name] = parameter.split('=');
    expect(withParameters(parameter)).toEqual([
      expect.stringContaining(`${name} in DATABASE_URL is not supported: ${advice}`),
    ]);
  });

  test('with a value that changes nothing is accepted', () => {
    expect(
      withParameters(
        'target_session_attrs=any&channel_binding=prefer&options=&sslaccept=strict&sslnegotiation=postgres&gssencmode=prefer&load_balance_hosts=disable&ssl_min_protocol_version=TLSv1.2',
      ),
    ).toEqual([]);
  });

  test("of the application's pool and sessions is accepted", () => {
    expect(
      withParameters(
        'schema=sales&connection_limit=5&pool_timeout=10&connect_timeout=3&socket_timeout=5&pgbouncer=true&statement_cache_size=0&application_name=x&keepalives=1&client_encoding=utf8&statement_timeout=5000&uselibpqcompat=true&supa=base-pooler.x',
      ),
    ).toEqual([]);
  });

  test('that is unknown is refused by name', () => {
    expect(withParameters('ssl_mode=disable&connectionLimit=5')).toEqual([
      'ssl_mode in DATABASE_URL is not a known parameter: correct it or remove it',
      'connectionLimit in DATABASE_URL is not a known parameter: correct it or remove it',
    ]);
  });

  test.each([
    'postgres://check:1?hunter@db.example/shop',
    'postgres://check:1?a=b&hunter@db.example/shop',
    'postgres://check:1?hunter=x%40y',
    'postgres://check:1?hunter#x@db.example/shop',
    'postgres://check@db.example/shop?hunter2',
  ])('that may be the rest of a password is refused without its name: %s', (text) => {
    const shown = messages(text);
    expect(shown).toContainEqual(expect.stringMatching(/^DATABASE_URL has unknown parameters: \d \(not shown\)/));
    expect(shown.join('\n')).not.toContain('hunter');
  });
});

describe('several hosts', () => {
  test.each([
    'postgres://check@one.example,two.example/shop',
    'postgres://check:secret@one.example:5432,two.example:5433/shop?target_session_attrs=read-write',
    'postgres://one.example,two.example/shop?user=check',
    'postgres:///shop?user=check&host=one.example,two.example',
    'postgres:///shop?user=check&host=one.example&port=5432,5433',
  ])('are refused with what to do: %s', (text) => {
    expect(messages(text)).toContainEqual(
      'DATABASE_URL names several hosts, but pool-health monitors one server: write one host. Monitor each other server as a pool of its own',
    );
  });

  test('stays silent when only the password has a comma', () => {
    expect(accepted('postgres://check:a,b@db.example/shop').password).toBe('a,b');
  });
});

describe('an invalid URL', () => {
  test.each([
    ['an empty text', '', /received an empty text$/],
    ['not a URL', 'db.example', /must look like postgres:\/\/user:password@host:5432\/database/],
    [
      'a password that is not encoded',
      'postgres://check:se/cret@db.example/shop',
      /percent-encoded; received something/,
    ],
    ['a port beyond all ports', 'postgres://check@db.example:65536/shop', /must look like/],
    ['the port 0', 'postgres://check@db.example:0/shop', /^the port in DATABASE_URL must be from 1 to 65535/],
    ['another scheme', 'mysql://check:secret@db.example/shop', /must begin with postgres:\/\/ or postgresql:\/\//],
    ['a percent sign that is not encoded', 'postgres://check:100%@db.example/shop', /"%25" for a percent sign/],
    ['no user', 'postgres://db.example/shop', /has no user/],
    ['a password without a user', 'postgres://:secret@db.example/shop', /has no user/],
  ])('%s is refused with what is accepted', (_, text, message) => {
    expect(messages(text)).toEqual([expect.stringMatching(message)]);
  });

  test('several mistakes are reported at once', () => {
    expect(messages('postgres://db.example:0/shop?sslmode=prefer')).toEqual([
      expect.stringContaining('has no user'),
      expect.stringContaining('the port'),
      expect.stringContaining('sslmode'),
    ]);
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('%', '[', '@', '?', '#', '/', ' '),
);

test('any text is a valid target or a message, and never throws', () => {
  const anyUrl = fc.oneof(
    anyText,
    fc
      .tuple(fc.constantFrom('postgres:', 'postgres://', 'postgresql://u@', 'postgres://u:p@h'), anyText)
      .map((parts) => parts.join('')),
    fc
      .record({ user: anyText, host: anyText, query: anyText })
      .map(({ user, host, query }) => `postgres://${user}@${host}?host=${host}&sslmode=${query}`),
  );
  fc.assert(
    fc.property(anyUrl, (text) => {
      const result = parseDatabaseUrl(text);
      if (result.ok) {
        const { endpoint, port, database, user, tls } = result.url.target;
        expect([endpoint, database, user].filter((name) => name === '')).toEqual([]);
        expect(port >= 1 && port <= 65_535).toBe(true);
        expect(['verify-full', 'verify-ca', 'off']).toContain(tls);
      } else {
        expect(result.violations.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('no message contains a part of the URL but the names of parameters, whatever its form', () => {
  const marked = fc.tuple(anyText, anyText).map(([before, after]) => `${before}MARKED${after}`);
  const part = fc.option(marked, { nil: '' });
  const separator = fc.constantFrom('', '://', ':', '/', '@', '?', '#', '&', '?sslmode=', '&sslmode=', '?host=', ':0');
  const anyUrl = fc.oneof(
    fc
      .record({ user: part, password: part, host: part, port: part, database: part, sslmode: part, file: part })
      .map(
        ({ user, password, host, port, database, sslmode, file }) =>
          `postgres://${user}:${password}@${host}:${port}/${database}?sslmode=${sslmode}&sslrootcert=${file}`,
      ),
    fc
      .tuple(fc.constantFrom('postgres://', 'postgres:', 'mysql://', ''), fc.array(fc.tuple(part, separator)))
      .map(([scheme, parts]) => scheme + parts.flat().join('')),
    // What follows an unencoded "?" in a password is a parameter.
    marked.map((password) => `postgres://check:1?sslmode=${password}@db.example/shop`),
  );
  fc.assert(
    fc.property(anyUrl, (text) => {
      // Where an "@" follows the first "?", a name may be the rest of a password.
      const isName = !text.slice(text.indexOf('?')).includes('@');
      const shown = messages(text).filter((message) => !(isName && /is not a known parameter/.test(message)));
      expect(shown.join('\n')).not.toMatch(/MARKED/i);
    }),
    { numRuns: 2_000 },
  );
});
