import { type ProblemCode, ProblemError, problem, type Severity } from '../core/problems.js';

/** AWS answered with status 200, but the answer does not contain what was requested. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** Names of errors that are less specific than their codes. */
const GENERIC_NAMES = ['Error', 'AggregateError', 'TimeoutError'];

/**
 * The name of a failed call to AWS, such as `AccessDeniedException`, `TimeoutError` or `ECONNREFUSED`: the only part of the
 * error that may be shown. Messages contain accounts and hosts, and quote an answer that could not be parsed, with any
 * secret in it; for the same reason the error must not become a `cause`. Never throws.
 */
export function failureName(error: unknown): string {
  if (!(error instanceof Error)) {
    return 'Unknown';
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  // The SDK reports AbortError when our own deadline ends a call, and TimeoutError when a connection is cut.
  const isTimeout = error.name === 'AbortError' || code === 'ETIMEDOUT';
  const name = isTimeout ? 'TimeoutError' : GENERIC_NAMES.includes(error.name) ? (code ?? error.name) : error.name;
  // The name of a service's error comes from the answer, which is untrusted.
  return /^[A-Za-z][A-Za-z0-9_.]{0,63}$/.test(name) ? name : 'Unknown';
}

/** The problem of a failed call to AWS, with the name of the failure as its only value. */
export function awsProblem(code: ProblemCode, error: unknown, severity?: Severity): ProblemError {
  return new ProblemError(problem(code, { error: failureName(error) }, severity));
}

/**
 * Runs a request to AWS.
 *
 * @throws ProblemError with the given code if the request fails
 */
export async function reportedAs<T>(code: ProblemCode, request: () => Promise<T>, severity?: Severity): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw awsProblem(code, error, severity);
  }
}
