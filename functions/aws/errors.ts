/** An answer that AWS gave with status 200, but that does not hold what was asked for. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/**
 * The name of what went wrong with a call to AWS, such as `AccessDeniedException`, `TimeoutError` or `ECONNREFUSED`: all
 * of an error that may be shown. Messages name accounts and hosts and, where an answer could not be parsed, quote it, and
 * with it a secret; for the same reason nothing here is kept as `cause`. Never throws.
 */
export function failureName(error: unknown): string {
  if (!(error instanceof Error)) {
    return 'Unknown';
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  // The SDK says AbortError when our own deadline ends a call, and TimeoutError when a connection is cut.
  const isTimeout = error.name === 'AbortError' || code === 'ETIMEDOUT';
  const name = isTimeout ? 'TimeoutError' : GENERIC_NAMES.includes(error.name) ? (code ?? error.name) : error.name;
  // A service's error is named by its answer, which may be anybody's.
  return /^[A-Za-z][A-Za-z0-9_.]{0,63}$/.test(name) ? name : 'Unknown';
}

/** Names of errors that tell less than their codes. */
const GENERIC_NAMES = ['Error', 'AggregateError', 'TimeoutError'];
