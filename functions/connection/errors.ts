import { poolerProblem } from '../core/poolers.js';
import { type Problem, type ProblemCode, ProblemError, problem } from '../core/problems.js';
import { ProbeTimeout } from './timeout.js';

/*
 * Errors are classified by their codes: SQLSTATE from the server, `errno` names from the socket, OpenSSL codes from TLS. Error
 * messages are parsed only if there is no code, and for poolers, whose codes do not tell. They may contain host and user
 * names, so problems show none but the fixed ones listed here and in `core/poolers.ts`.
 */

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_SQLSTATE = table({
  '28P01': 'PROBE.AUTH',
  '28000': 'PROBE.AUTH',
  '3D000': 'PROBE.DATABASE_MISSING',
  '42501': 'PROBE.PRIVILEGE',
  '57014': 'PROBE.TIMEOUT',
  '57P01': 'PROBE.TERMINATED',
  '57P02': 'PROBE.TERMINATED',
  '57P03': 'PROBE.NOT_ACCEPTING',
  '57P05': 'PROBE.TERMINATED',
});

/** @see https://nodejs.org/api/errors.html#common-system-errors */
const BY_ERRNO = table({
  ENOTFOUND: 'PROBE.DNS',
  EAI_AGAIN: 'PROBE.DNS',
  EAI_FAIL: 'PROBE.DNS',
  EAI_NODATA: 'PROBE.DNS',
  EAI_NONAME: 'PROBE.DNS',
  ECONNREFUSED: 'PROBE.UNREACHABLE',
  ECONNRESET: 'PROBE.UNREACHABLE',
  ECONNABORTED: 'PROBE.UNREACHABLE',
  EPIPE: 'PROBE.UNREACHABLE',
  EHOSTUNREACH: 'PROBE.UNREACHABLE',
  ENETUNREACH: 'PROBE.UNREACHABLE',
  EADDRNOTAVAIL: 'PROBE.UNREACHABLE',
  ETIMEDOUT: 'PROBE.UNREACHABLE',
  ENOENT: 'PROBE.UNREACHABLE',
  EACCES: 'PROBE.UNREACHABLE',
});

/** Codes of certificate verification. @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS_CODES: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_CHAIN_TOO_LONG',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'EPROTO',
]);

/** Messages of pg's errors that have no code. */
const BY_PG_MESSAGE = table({
  'The server does not support SSL connections': 'PROBE.TLS',
  'There was an error establishing an SSL connection': 'PROBE.TLS',
  'Connection terminated': 'PROBE.UNREACHABLE',
  'Connection terminated unexpectedly': 'PROBE.UNREACHABLE',
  'Connection terminated due to connection timeout': 'PROBE.TIMEOUT',
  'timeout exceeded when trying to connect': 'PROBE.TIMEOUT',
  'timeout expired': 'PROBE.TIMEOUT',
  'Query read timeout': 'PROBE.TIMEOUT',
  // Kerberos, by GSSAPI and by SSPI.
  'Unknown authenticationOk message type 7': 'PROBE.AUTH',
  'Unknown authenticationOk message type 9': 'PROBE.AUTH',
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string': 'PROBE.AUTH',
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string': 'PROBE.AUTH',
  'SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match': 'PROBE.AUTH',
});

/** SQLSTATE of a text that has no form in the encoding of the database. The only texts of a statement are the names in `count`. */
const UNTRANSLATABLE_CHARACTER = '22P05';
/** `routine` of SQLSTATE 53300 at the connection limit of the role. */
const ROLE_LIMIT_ROUTINE = 'InitializeSessionUserId';
/** `routine` of SQLSTATE 53300 at the connection limit of the database. Other routines report the limit of the server. */
const DATABASE_LIMIT_ROUTINE = 'CheckMyDatabase';

/** Converts any value that a probe threw into a problem. Never throws. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) {
    return error.problem;
  }
  if (error instanceof ProbeTimeout) {
    return problem('PROBE.TIMEOUT', { phase: error.phase, waitedMs: error.waitedMs });
  }
  const sqlstate = sqlState(error);
  const routine = isSent(error) && 'routine' in error && typeof error.routine === 'string' ? error.routine : null;
  const ofPooler = isSent(error) ? poolerProblem({ sqlstate, routine, text: error.message }) : null;
  if (ofPooler) {
    return ofPooler;
  }
  if (sqlstate !== null) {
    return fromServer(sqlstate, routine);
  }
  const code = errorCode(error);
  if (code !== null && (TLS_CODES.has(code) || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_'))) {
    return problem('PROBE.TLS', { reason: code });
  }
  const byErrno = BY_ERRNO.get(code ?? '');
  if (byErrno) {
    return problem(byErrno, { reason: code });
  }
  const message = error instanceof Error ? error.message : '';
  const byMessage = BY_PG_MESSAGE.get(message);
  return byMessage
    ? problem(byMessage, { reason: message })
    : problem('PROBE.QUERY', { reason: code ?? 'unexpected answer' });
}

/** Returns the SQLSTATE of an error that the server or a pooler sent; null for any other error. */
export function sqlState(error: unknown): string | null {
  const code = isSent(error) && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** Whether the server or a pooler sent the error: only these have a severity. */
function isSent(error: unknown): error is Error {
  return error instanceof Error && 'severity' in error;
}

function fromServer(sqlstate: string, routine: string | null): Problem {
  if (sqlstate === UNTRANSLATABLE_CHARACTER) {
    return problem('CONFIG.COUNT_UNKNOWN', { sqlstate, reason: 'a name has no form in the encoding of the database' });
  }
  if (sqlstate !== '53300') {
    return problem(BY_SQLSTATE.get(sqlstate) ?? 'PROBE.QUERY', { sqlstate });
  }
  const isOwnLimit = routine === ROLE_LIMIT_ROUTINE;
  return problem(isOwnLimit ? 'PROBE.OWN_LIMIT' : 'PROBE.SLOTS_EXHAUSTED', {
    sqlstate,
    limit: isOwnLimit ? 'role' : routine === DATABASE_LIMIT_ROUTINE ? 'database' : 'server',
  });
}

/** A Map, because an object would also have entries such as `constructor`. */
function table(codes: Readonly<Record<string, ProblemCode>>): ReadonlyMap<string, ProblemCode> {
  return new Map(Object.entries(codes));
}

/** The code of an error, or of the first of several if the host has several addresses. Null if it does not have the form of a code. */
function errorCode(error: unknown): string | null {
  if (error instanceof AggregateError) {
    return errorCode(error.errors[0]);
  }
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : null;
}
