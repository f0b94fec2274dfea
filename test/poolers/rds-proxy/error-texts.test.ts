import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { toProblem } from '../../../functions/connection/errors.js';
import { type ProblemCode, saturatedBy } from '../../../functions/core/problems.js';

/** An error as pg makes it of what an RDS Proxy sends. */
function problemOf(text: string, code: string | undefined = '08000') {
  return toProblem(Object.assign(new pg.DatabaseError(text, 0, 'error'), { severity: 'FATAL', code }));
}

/**
 * The texts that AWS documents, with MARKED for what names somebody.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html
 */
const TEXTS: readonly (readonly [text: string, code: ProblemCode, reason: string])[] = [
  ['Timed-out waiting to acquire database connection.', 'PROBE.TIMEOUT', 'borrow timeout'],
  ['Timed-out waiting to acquire database connection', 'PROBE.TIMEOUT', 'borrow timeout'],
  ['The maximum number of client connections to the proxy exceeded 1000.', 'MANAGED.FULL', 'client connections'],
  ['Rate of connection to proxy exceeded 200.', 'PROBE.NOT_ACCEPTING', 'connection rate'],
  ['The IAM authentication failed because of too many competing requests.', 'PROBE.NOT_ACCEPTING', 'IAM requests'],
  [
    'This RDS proxy has no credentials for the role MARKED. Check the credentials for this role and try again.',
    'PROBE.AUTH',
    'the proxy has no credentials for the role',
  ],
  [
    'The IAM authentication failed for the role MARKED. Check the IAM token for this role and try again.',
    'PROBE.AUTH',
    'IAM authentication failed',
  ],
  [
    'IAM authentication failed for user MARKED. Check the IAM token for this user and try again.',
    'PROBE.AUTH',
    'IAM authentication failed',
  ],
  ['The password that was provided for the role MARKED is wrong.', 'PROBE.AUTH', 'wrong password'],
  ['RDS supports only IAM or MD5 authentication.', 'PROBE.AUTH', 'authentication method'],
  ['RDS Proxy supports only IAM, MD5, or SCRAM authentication.', 'PROBE.AUTH', 'authentication method'],
  ['IAM authentication is allowed only with SSL connections.', 'PROBE.TLS', 'IAM needs TLS'],
  ['IAM is allowed only with SSL connections.', 'PROBE.TLS', 'IAM needs TLS'],
  ['This RDS Proxy requires TLS connections.', 'PROBE.TLS', 'TLS required'],
  ['Request returned an error: database "MARKED" does not exist', 'PROBE.DATABASE_MISSING', 'database does not exist'],
  [
    'Request returned an error: sorry, too many clients already',
    'PROBE.SLOTS_EXHAUSTED',
    'sorry, too many clients already',
  ],
];

describe('an error of RDS Proxy is classified by its text, whatever its SQLSTATE', () => {
  test.each(TEXTS)('%s is %s', (text, code, reason) => {
    for (const sqlstate of ['08000', '08006', '28000', '28P01', '53300', '57P01', 'XX000']) {
      expect(problemOf(text, sqlstate)).toMatchObject({ code, values: { sqlstate, reason } });
    }
    expect(toProblem(Object.assign(new pg.DatabaseError(text, 0, 'error'), { severity: 'ERROR' }))).toMatchObject({
      code,
      values: { sqlstate: null, reason },
    });
  });

  test.each(TEXTS)('inside another text it is not known, and not shown: %s', (text) => {
    expect(problemOf(`MARKED said: ${text}`)).toEqual({ ...problemOf('unknown'), code: 'PROBE.QUERY' });
  });

  test.each(TEXTS)('an error that was not sent does not count: %s', (text) => {
    expect(toProblem(new Error(text)).values).toEqual({ reason: 'unexpected answer' });
  });

  test('no problem shows the text of the error', () => {
    for (const [text] of TEXTS) {
      expect(JSON.stringify(problemOf(`${text}MARKED`))).not.toContain('MARKED');
    }
  });

  test('an error that the server reports with an unknown text keeps its SQLSTATE', () => {
    expect(problemOf('Request returned an error: MARKED', '57P03')).toMatchObject({ code: 'PROBE.NOT_ACCEPTING' });
  });
});

test('only the limit of client connections saturates the layer managed', () => {
  const layers = TEXTS.slice(0, 5).map(([text]) => saturatedBy(problemOf(text)));
  expect(layers).toEqual([null, null, 'managed', null, null]);
});
