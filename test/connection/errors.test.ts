import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { sqlState, toProblem } from '../../functions/connection/errors.js';
import { ProbeTimeout } from '../../functions/connection/timeout.js';
import { PROBLEMS, ProblemError, problem } from '../../functions/core/problems.js';

const TEXT = 'MARKED password authentication failed for user "MARKED" at MARKED.example';

/** An error as pg makes it of an answer of the server. */
function serverError(code: string, routine?: string): Error {
  const error = new pg.DatabaseError(TEXT, 0, 'error');
  return Object.assign(error, { severity: 'FATAL', code, routine, detail: TEXT, where: TEXT });
}

function codedError(code: unknown, message = TEXT): Error {
  return Object.assign(new Error(message), { code });
}

describe('an error of the server is classified by its SQLSTATE', () => {
  test.each([
    ['28P01', 'PROBE.AUTH'],
    ['28000', 'PROBE.AUTH'],
    ['3D000', 'PROBE.DATABASE_MISSING'],
    ['42501', 'PROBE.PRIVILEGE'],
    ['57014', 'PROBE.TIMEOUT'],
    ['57P01', 'PROBE.TERMINATED'],
    ['57P02', 'PROBE.TERMINATED'],
    ['57P03', 'PROBE.NOT_ACCEPTING'],
    ['57P05', 'PROBE.TERMINATED'],
    ['42P01', 'PROBE.QUERY'],
    ['08P01', 'PROBE.QUERY'],
    ['XX000', 'PROBE.QUERY'],
  ] as const)('%s is %s', (sqlstate, code) => {
    expect(toProblem(serverError(sqlstate))).toEqual(problem(code, { sqlstate }));
  });

  test.each([
    ['InitProcess', 'PROBE.SLOTS_EXHAUSTED', 'server'],
    ['InitPostgres', 'PROBE.SLOTS_EXHAUSTED', 'server'],
    ['CheckMyDatabase', 'PROBE.SLOTS_EXHAUSTED', 'database'],
    ['InitializeSessionUserId', 'PROBE.OWN_LIMIT', 'role'],
    [undefined, 'PROBE.SLOTS_EXHAUSTED', 'server'],
  ] as const)('53300 of %s is %s', (routine, code, limit) => {
    expect(toProblem(serverError('53300', routine))).toEqual(problem(code, { sqlstate: '53300', limit }));
  });
});

describe('an error of the socket is classified by its code', () => {
  test.each([
    ['ENOTFOUND', 'PROBE.DNS'],
    ['EAI_AGAIN', 'PROBE.DNS'],
    ['EAI_FAIL', 'PROBE.DNS'],
    ['EAI_NODATA', 'PROBE.DNS'],
    ['EAI_NONAME', 'PROBE.DNS'],
    ['ECONNREFUSED', 'PROBE.UNREACHABLE'],
    ['ECONNRESET', 'PROBE.UNREACHABLE'],
    ['ECONNABORTED', 'PROBE.UNREACHABLE'],
    ['EHOSTUNREACH', 'PROBE.UNREACHABLE'],
    ['ENETUNREACH', 'PROBE.UNREACHABLE'],
    ['EADDRNOTAVAIL', 'PROBE.UNREACHABLE'],
    ['EACCES', 'PROBE.UNREACHABLE'],
    ['ETIMEDOUT', 'PROBE.UNREACHABLE'],
    ['ENOENT', 'PROBE.UNREACHABLE'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'PROBE.TLS'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'PROBE.TLS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'PROBE.TLS'],
    ['CERT_HAS_EXPIRED', 'PROBE.TLS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'PROBE.TLS'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'PROBE.TLS'],
    ['UNABLE_TO_GET_ISSUER_CERT', 'PROBE.TLS'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'PROBE.TLS'],
    ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'PROBE.TLS'],
    ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'PROBE.TLS'],
    ['CERT_SIGNATURE_FAILURE', 'PROBE.TLS'],
    ['CERT_NOT_YET_VALID', 'PROBE.TLS'],
    ['CERT_REVOKED', 'PROBE.TLS'],
    ['CERT_UNTRUSTED', 'PROBE.TLS'],
    ['CERT_REJECTED', 'PROBE.TLS'],
    ['CERT_CHAIN_TOO_LONG', 'PROBE.TLS'],
    ['INVALID_CA', 'PROBE.TLS'],
    ['INVALID_PURPOSE', 'PROBE.TLS'],
    ['PATH_LENGTH_EXCEEDED', 'PROBE.TLS'],
    ['HOSTNAME_MISMATCH', 'PROBE.TLS'],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'PROBE.TLS'],
    ['EPROTO', 'PROBE.TLS'],
    ['CLIENT_ERR_SSL_', 'PROBE.QUERY'],
    ['CLIENT_ERR_TLS_', 'PROBE.QUERY'],
    ['ERR_SOCKET_CLOSED', 'PROBE.QUERY'],
  ] as const)('%s is %s', (reason, code) => {
    expect(toProblem(codedError(reason))).toEqual(problem(code, { reason }));
  });

  test('EPIPE is not a SQLSTATE, although it has five letters', () => {
    expect(toProblem(codedError('EPIPE'))).toEqual(problem('PROBE.UNREACHABLE', { reason: 'EPIPE' }));
  });

  test('the first error decides if a host has several addresses', () => {
    const errors = [codedError('ECONNREFUSED'), codedError('ENETUNREACH')];
    const all = Object.assign(new AggregateError(errors, TEXT), { code: 'ETIMEDOUT' });
    expect(toProblem(all)).toEqual(problem('PROBE.UNREACHABLE', { reason: 'ECONNREFUSED' }));
  });

  test('an error without any address is PROBE.QUERY', () => {
    expect(toProblem(new AggregateError([], TEXT)).code).toBe('PROBE.QUERY');
  });
});

describe('an error of pg without a code is classified by its fixed message', () => {
  test.each([
    ['The server does not support SSL connections', 'PROBE.TLS'],
    ['There was an error establishing an SSL connection', 'PROBE.TLS'],
    ['Connection terminated unexpectedly', 'PROBE.UNREACHABLE'],
    ['Connection terminated', 'PROBE.UNREACHABLE'],
    ['Connection terminated due to connection timeout', 'PROBE.TIMEOUT'],
    ['timeout exceeded when trying to connect', 'PROBE.TIMEOUT'],
    ['timeout expired', 'PROBE.TIMEOUT'],
    ['Query read timeout', 'PROBE.TIMEOUT'],
    ['Unknown authenticationOk message type 7', 'PROBE.AUTH'],
    ['Unknown authenticationOk message type 9', 'PROBE.AUTH'],
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', 'PROBE.AUTH'],
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string', 'PROBE.AUTH'],
    ['SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match', 'PROBE.AUTH'],
  ] as const)('%s', (message, code) => {
    expect(toProblem(new Error(message))).toEqual(problem(code, { reason: message }));
  });
});

describe('a code is shown only if the whole of it is a code', () => {
  test.each([
    'marked 28P01',
    '28P01 marked',
    '28P01marked',
    'marked28P01',
    '28p01',
    'marked ECONNREFUSED',
    'ECONNREFUSED marked',
    'ECONNREFUSED\nmarked',
    'econnrefused',
    '_ECONNREFUSED',
    '7ECONNREFUSED',
    'E',
    '',
  ])('%j, of the server or of the socket', (code) => {
    const expected = problem('PROBE.QUERY', { reason: 'unexpected answer' });
    expect(toProblem(serverError(code))).toEqual(expected);
    expect(toProblem(codedError(code))).toEqual(expected);
  });

  test('a SQLSTATE of an error without severity is no SQLSTATE', () => {
    expect(sqlState(codedError('28P01'))).toBeNull();
    expect(sqlState(serverError('28P01'))).toBe('28P01');
    expect(sqlState({ severity: 'FATAL', code: '28P01' })).toBeNull();
  });
});

test('an error that contains a problem keeps it', () => {
  const known = problem('AWS.SECRETS', { error: 'AccessDeniedException' }, 'error');
  expect(toProblem(new ProblemError(known, { cause: codedError('ECONNREFUSED') }))).toBe(known);
});

test('a timeout reports its phase and how long it waited', () => {
  const expected = problem('PROBE.TIMEOUT', { phase: 'login', waitedMs: 3_004 });
  expect(toProblem(new ProbeTimeout('login', 3_004))).toEqual(expected);
});

describe('any thrown value becomes a problem of the table', () => {
  const anyText = fc.oneof(fc.string(), fc.constantFrom('constructor', '__proto__', 'toString', 'valueOf', TEXT));
  const anyError = fc
    .record({
      message: anyText,
      more: fc.record(
        {
          code: fc.oneof(anyText, fc.anything()),
          severity: fc.anything(),
          routine: fc.oneof(anyText, fc.anything()),
          cause: fc.anything(),
        },
        { requiredKeys: [] },
      ),
    })
    .map(({ message, more }) => Object.assign(new Error(message), more));
  const anyFailure = fc.oneof(
    fc.anything({ withNullPrototype: true, withMap: true, withDate: true }),
    anyError,
    fc.array(fc.oneof(anyError, fc.anything())).map((errors) => new AggregateError(errors)),
  );

  test('and throws nothing', () => {
    fc.assert(
      fc.property(anyFailure, (failure) => {
        expect(Object.keys(PROBLEMS)).toContain(toProblem(failure).code);
      }),
      { numRuns: 2_000 },
    );
  });

  test('and shows none of its text', () => {
    const withText = fc.constantFrom<(code: unknown) => unknown>(
      codedError,
      (code) => codedError(code, `${TEXT} ECONNREFUSED`),
      (code) => Object.assign(codedError(code), { severity: TEXT, routine: TEXT, detail: TEXT }),
      (code) => new AggregateError([codedError(code)], TEXT),
      () => TEXT,
      () => ({ message: TEXT, code: TEXT }),
    );
    const code = fc.constantFrom('ECONNREFUSED', '28P01', '53300', 'MARKED code', TEXT, undefined, null, 7);
    fc.assert(
      fc.property(withText, code, (make, of) => {
        expect(JSON.stringify(toProblem(make(of)))).not.toContain('MARKED');
      }),
    );
  });

  test.each([
    ['an error without a code', new Error(TEXT)],
    ['an error of the code itself', new TypeError(TEXT)],
    ['a text', TEXT],
    ['nothing', undefined],
    ['an object that is no error', { severity: 'FATAL', code: '28P01' }],
    ['an error named like a member of every object', new Error('constructor')],
    ['a code like a member of every object', codedError('constructor')],
  ])('%s is PROBE.QUERY', (_, failure) => {
    expect(toProblem(failure)).toEqual(problem('PROBE.QUERY', { reason: 'unexpected answer' }));
  });
});
