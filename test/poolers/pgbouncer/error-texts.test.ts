import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { toProblem } from '../../../functions/connection/errors.js';
import type { Problem, ProblemCode } from '../../../functions/core/problems.js';
import { saturatedBy } from '../../../functions/core/problems.js';

/** An error as pg makes it of what PgBouncer sends: severity, SQLSTATE and text, and nothing else. */
function problemOf(text: string, code = '08P01'): Problem {
  return toProblem(Object.assign(new pg.DatabaseError(text, 0, 'error'), { severity: 'FATAL', code }));
}

/** Texts as PgBouncer sends them, with MARKED for what names somebody, and what is told of them. */
const TEXTS: readonly (readonly [text: string, code: ProblemCode, reason: string])[] = [
  ['query_wait_timeout', 'MANAGED.FULL', 'query_wait_timeout'],
  ['no more connections allowed (max_client_conn)', 'MANAGED.FULL', 'max_client_conn'],
  // From 1.24 on.
  ['client connections exceeded (max_db_client_connections)', 'MANAGED.FULL', 'max_db_client_connections'],
  ['client connections exceeded (max_user_client_connections)', 'PROBE.OWN_LIMIT', 'max_user_client_connections'],

  ['no such database: MARKED', 'PROBE.DATABASE_MISSING', 'no such database'],
  ['database "MARKED" is disabled', 'PROBE.NOT_ACCEPTING', 'database is disabled'],
  ['authentication database "MARKED" is disabled', 'PROBE.NOT_ACCEPTING', 'database is disabled'],
  // In older versions.
  ['database does not allow connections: MARKED', 'PROBE.NOT_ACCEPTING', 'database is disabled'],

  ['no such user: MARKED', 'PROBE.AUTH', 'no such user'],
  ['no such user', 'PROBE.AUTH', 'no such user'],
  ['auth failed', 'PROBE.AUTH', 'authentication failed'],
  ['password authentication failed', 'PROBE.AUTH', 'authentication failed'],
  ['SASL authentication failed', 'PROBE.AUTH', 'authentication failed'],
  ['PAM authentication failed', 'PROBE.AUTH', 'authentication failed'],
  ['certificate authentication failed', 'PROBE.AUTH', 'authentication failed'],
  ['"trust" authentication failed', 'PROBE.AUTH', 'authentication failed'],
  ['no authentication method is found', 'PROBE.AUTH', 'no authentication method is found'],
  ['empty password returned by client', 'PROBE.AUTH', 'empty password returned by client'],
  ['username too long', 'PROBE.AUTH', 'username too long'],
  ['password too long', 'PROBE.AUTH', 'password too long'],
  ['login rejected', 'PROBE.AUTH', 'login rejected'],
  ['unix socket login rejected', 'PROBE.AUTH', 'unix socket login rejected'],
  ['not allowed', 'PROBE.AUTH', 'not allowed'],
  ['SSL required', 'PROBE.TLS', 'SSL required'],

  ['client_login_timeout (server down)', 'PROBE.UNREACHABLE', 'client_login_timeout (server down)'],
  ['client_login_timeout', 'PROBE.TIMEOUT', 'client_login_timeout'],
  ['query_timeout', 'PROBE.TIMEOUT', 'query_timeout'],
  ['query timeout', 'PROBE.TIMEOUT', 'query_timeout'],
  // In the words of older and of newer versions.
  ['pgbouncer cannot connect to server', 'PROBE.UNREACHABLE', 'pgbouncer cannot connect to server'],
  ['server login has been failing, try again later (server_login_retry)', 'PROBE.UNREACHABLE', 'server login failed'],
  [
    'server login has been failing, cached error: connect failed (server_login_retry)',
    'PROBE.UNREACHABLE',
    'pooler cannot connect',
  ],
  ['cannot connect', 'PROBE.UNREACHABLE', 'pooler cannot connect'],
  ['connect failed', 'PROBE.UNREACHABLE', 'pooler cannot connect'],
  ['connect timeout', 'PROBE.UNREACHABLE', 'pooler cannot connect'],
  ['server conn crashed?', 'PROBE.UNREACHABLE', 'server conn crashed'],
  ['server connection closed', 'PROBE.UNREACHABLE', 'server connection closed'],
  ['server DNS lookup failed', 'PROBE.UNREACHABLE', 'server DNS lookup failed'],
  ['server login failed: wrong password type', 'PROBE.UNREACHABLE', 'server login failed'],

  ['server shutting down', 'PROBE.NOT_ACCEPTING', 'shutting down'],
  ['pooler is shutting down', 'PROBE.NOT_ACCEPTING', 'shutting down'],
  ['suspend_timeout', 'PROBE.NOT_ACCEPTING', 'suspend_timeout'],
  ['client_idle_timeout', 'PROBE.TERMINATED', 'client_idle_timeout'],
  ['database removed', 'PROBE.TERMINATED', 'database removed'],
  ['terminating connection', 'PROBE.TERMINATED', 'terminating connection'],

  ['unsupported startup parameter: MARKED', 'PROBE.QUERY', 'unsupported startup parameter'],
  ['unsupported startup parameter in options: MARKED', 'PROBE.QUERY', 'unsupported startup parameter'],
  [
    "unsupported options startup parameter: only '-c config=val' is allowed",
    'PROBE.QUERY',
    'unsupported startup parameter',
  ],
  ['PQexec disallowed', 'PROBE.QUERY', 'PQexec disallowed'],
  ['bouncer config error', 'PROBE.QUERY', 'bouncer config error'],
  ['bouncer resources exhaustion', 'PROBE.QUERY', 'bouncer resources exhaustion'],
  ["invalid command 'MARKED', use SHOW HELP;", 'PROBE.QUERY', 'invalid command'],
];

/** What the server says when PgBouncer logs in to it, and PgBouncer then to its clients. */
const OF_SERVER: readonly (readonly [text: string, code: ProblemCode, reason: string])[] = [
  ['sorry, too many clients already', 'PROBE.SLOTS_EXHAUSTED', 'sorry, too many clients already'],
  [
    'remaining connection slots are reserved for roles with the SUPERUSER attribute',
    'PROBE.SLOTS_EXHAUSTED',
    'remaining connection slots are reserved',
  ],
  ['too many connections for database "MARKED"', 'PROBE.SLOTS_EXHAUSTED', 'too many connections for database'],
  ['too many connections for role "MARKED"', 'PROBE.OWN_LIMIT', 'too many connections for role'],
  ['database "MARKED" does not exist', 'PROBE.DATABASE_MISSING', 'database does not exist'],
  ['role "MARKED" does not exist', 'PROBE.AUTH', 'role does not exist'],
  ['role "MARKED" is not permitted to log in', 'PROBE.AUTH', 'role is not permitted to log in'],
  ['password authentication failed for user "MARKED"', 'PROBE.AUTH', 'authentication failed'],
  ['no pg_hba.conf entry for host "MARKED", user "MARKED"', 'PROBE.AUTH', 'no pg_hba.conf entry'],
  ['permission denied for database "MARKED"', 'PROBE.PRIVILEGE', 'permission denied for database'],
  ['the database system is starting up', 'PROBE.NOT_ACCEPTING', 'the database system is starting up'],
  ['the database system is shutting down', 'PROBE.NOT_ACCEPTING', 'the database system is shutting down'],
  ['the database system is in recovery mode', 'PROBE.NOT_ACCEPTING', 'the database system is in recovery mode'],
  [
    'the database system is not yet accepting connections',
    'PROBE.NOT_ACCEPTING',
    'the database system is not yet accepting',
  ],
];

describe('an error of PgBouncer with 08P01 is classified by its text', () => {
  test.each(TEXTS)('%s is %s', (text, code, reason) => {
    expect(problemOf(text)).toMatchObject({ code, values: { sqlstate: '08P01', reason } });
  });

  test('an error that says the pooler is full saturates the layer managed', () => {
    expect(saturatedBy(problemOf('query_wait_timeout'))).toBe('managed');
  });

  test.each(['', 'bad packet', 'constructor', 'a later version says it otherwise', 'xquery_wait_timeout'])(
    'an unknown text is PROBE.QUERY: %j',
    (text) => {
      expect(problemOf(text)).toMatchObject({ code: 'PROBE.QUERY', values: { sqlstate: '08P01' } });
    },
  );
});

describe('an error text of the server is recognized in every form in which PgBouncer passes it on', () => {
  test.each(OF_SERVER)('%s is %s', (text, code, reason) => {
    const expected = { code, values: { sqlstate: '08P01', reason } };
    expect(problemOf(text)).toMatchObject(expected);
    expect(problemOf(`server login failed: FATAL ${text}`)).toMatchObject(expected);
    expect(problemOf(`server login has been failing, cached error: ${text} (server_login_retry)`)).toMatchObject(
      expected,
    );
  });

  test('an unknown text of the server is a failed login of PgBouncer', () => {
    expect(problemOf('server login failed: FATAL MARKED')).toMatchObject({
      code: 'PROBE.UNREACHABLE',
      values: { reason: 'server login failed' },
    });
  });

  test.each([
    ['too many connections for role "MARKED"', 'PROBE.OWN_LIMIT'],
    ['too many connections for database "MARKED"', 'PROBE.SLOTS_EXHAUSTED'],
    ['sorry, too many clients already', 'PROBE.SLOTS_EXHAUSTED'],
    ['it says it in another language', 'PROBE.SLOTS_EXHAUSTED'],
  ] as const)('newer versions pass the SQLSTATE on without the routine: 53300 with %s is %s', (text, code) => {
    expect(problemOf(text, '53300')).toMatchObject({ code, values: { sqlstate: '53300' } });
  });

  test('any other SQLSTATE is classified without its text', () => {
    expect(problemOf('query_wait_timeout', '57P03').code).toBe('PROBE.NOT_ACCEPTING');
  });
});

describe('a text is known by its beginning alone', () => {
  const texts = [...TEXTS, ...OF_SERVER].map(([text]) => text);

  test.each(texts)('inside another text it is PROBE.QUERY: %s', (text) => {
    const expected = { code: 'PROBE.QUERY', values: { sqlstate: '08P01' } };
    expect(problemOf(`MARKED said: ${text}`)).toMatchObject(expected);
    expect(problemOf(`MARKED said: server login failed: FATAL ${text}`)).toMatchObject(expected);
    expect(JSON.stringify(problemOf(`MARKED said: ${text}`))).not.toContain('MARKED');
  });

  test.each(texts)('inside a text of the server that PgBouncer passes on it is a failed login: %s', (text) => {
    expect(problemOf(`server login failed: FATAL MARKED said: ${text}`)).toMatchObject({
      code: 'PROBE.UNREACHABLE',
      values: { reason: 'server login failed' },
    });
  });
});

describe('no problem shows the text of an error', () => {
  test.each([...TEXTS, ...OF_SERVER].filter(([text]) => text.includes('MARKED')))('%s', (text) => {
    expect(JSON.stringify(problemOf(text))).not.toContain('MARKED');
  });

  test('text after a known beginning is not shown either', () => {
    const known = fc.constantFrom(...[...TEXTS, ...OF_SERVER].map(([text]) => text));
    fc.assert(
      fc.property(known, fc.string(), (text, more) => {
        expect(JSON.stringify(problemOf(`${text}${more}MARKED`))).not.toContain('MARKED');
      }),
    );
  });
});
