import { describe, expect, it } from 'vitest';
import { validateDefinition } from '../../functions/core/pool-definition.js';
import { POOLERS, poolerProblem, type SentError } from '../../functions/core/poolers.js';
import { problem } from '../../functions/core/problems.js';

const SECRET = { type: 'secret', arn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf' };
const VALUES = { name: 'stats', secret: SECRET };

function validate(managed: unknown) {
  return validateDefinition('orders', {
    endpoint: 'db.example.com',
    database: 'orders',
    user: 'check',
    auth: { type: 'iam' },
    managed,
  });
}

describe('the key managed of a definition', () => {
  it.each(Object.entries(POOLERS))(
    'takes kind %s with the keys of its row, or refuses it if it has none',
    (kind, row) => {
      const keys = Object.entries(row.keys ?? {}).map(([key, form]) => [key, VALUES[form as keyof typeof VALUES]]);
      const managed = { kind, ...Object.fromEntries(keys) };
      const validation = validate(managed);
      expect(validation.ok).toBe(row.keys !== null);
      expect(validation.ok && validation.config.managed).toEqual(row.keys !== null && managed);
      expect(validate({ ...managed, other: 1 }).ok).toBe(false);
    },
  );

  it('names every accepted form in its message', () => {
    const validation = validate({ kind: 'unknown' });
    expect(!validation.ok && validation.violations.map(({ message }) => message)).toEqual([
      expect.stringContaining(
        'must be {"kind": "rds-proxy", "name": ...}, {"kind": "pgbouncer", "user": ..., "auth": ...} or {"kind": "none"}',
      ),
    ]);
  });
});

const sent = (text: string): SentError => ({ sqlstate: '08P01', routine: null, text });

describe('the error texts of poolers', () => {
  it.each([
    ['a known text', 'query_wait_timeout', 'MANAGED.FULL'],
    [
      'the text of the server that the pooler wraps',
      'server login failed: FATAL sorry, too many clients already',
      'PROBE.SLOTS_EXHAUSTED',
    ],
    [
      'a wrapped text that is not known: the wrapping decides',
      'server login failed: FATAL something else',
      'PROBE.UNREACHABLE',
    ],
  ])('%s is a problem', (_, text, code) => {
    expect(poolerProblem(sent(text))).toMatchObject({ code, values: { sqlstate: '08P01' } });
  });

  it('an unknown text is none', () => {
    expect(poolerProblem(sent('something else'))).toBeNull();
  });

  it.each([
    ['the server itself, which names its routine', { sqlstate: '53300', routine: 'InitProcess' }],
    ['another SQLSTATE', { sqlstate: '57P03' }],
    ['no SQLSTATE', { sqlstate: null }],
  ])('a text of PgBouncer from %s is none', (_, from) => {
    expect(poolerProblem({ ...sent('query_wait_timeout'), ...from })).toBeNull();
  });

  it.each(['08000', '08P01', '53300', 'XX000', null])(
    'a text of RDS Proxy is known with the SQLSTATE %s',
    (sqlstate) => {
      const error = { ...sent('Timed-out waiting to acquire database connection'), sqlstate };
      expect(poolerProblem(error)).toEqual(problem('PROBE.TIMEOUT', { sqlstate, reason: 'borrow timeout' }));
    },
  );

  it('a text of the server that RDS Proxy passes on is known, and any other is none', () => {
    const passedOn = (text: string) =>
      poolerProblem({ ...sent(`Request returned an error: ${text}`), sqlstate: 'XX000' });
    expect(passedOn('database "orders" does not exist')).toEqual(
      problem('PROBE.DATABASE_MISSING', { sqlstate: 'XX000', reason: 'database does not exist' }),
    );
    expect(passedOn('something else')).toBeNull();
  });
});
