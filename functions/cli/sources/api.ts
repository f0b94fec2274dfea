import { poolNameViolation } from '../../core/pool-definition.js';
import { startDeadline } from '../../time/deadline.js';
import { Failure, UsageError } from '../errors.js';
import { answered } from './api-response.js';
import type { Source, SourceOptions } from './source.js';

/** Longer than the slowest check of several pools behind the API. */
const TIMEOUT_MS = 15_000;
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * A pool of a deployment, read from the public route.
 *
 * @param address the output `ApiUrl`, or its base URL
 * @throws UsageError if the address or the pool's name is invalid
 */
export function apiSource(address: string, { pool, sign }: SourceOptions): Source {
  const url = routeOf(address, pool);
  let request = new AbortController();
  return {
    warnings: [],
    check: async () => {
      request = new AbortController();
      const headers = sign ? await signed(url) : {};
      const { status, text } = await get(url, headers, request);
      return answered(status, text, sign === true);
    },
    close: async () => request.abort(),
  };
}

function routeOf(address: string, pool: string | undefined): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  const isPlainAllowed = url?.protocol === 'http:' && LOOPBACK.has(url.hostname);
  if (
    !url ||
    (url.protocol !== 'https:' && !isPlainAllowed) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash
  ) {
    throw new UsageError(
      '--api must be the output ApiUrl, such as https://id.execute-api.eu-central-1.amazonaws.com/health/pool (http:// only for localhost), received something else (not shown)',
    );
  }
  const violation = pool === undefined ? null : poolNameViolation(pool);
  if (violation) {
    throw new UsageError(`--pool: ${violation.message}`);
  }
  const base = url.pathname.replace(/(\/health\/pool)?\/?$/, '');
  url.pathname = `${base}/health/pool${pool === undefined ? '' : `/${pool}`}`;
  return url;
}

async function signed(url: URL): Promise<Readonly<Record<string, string>>> {
  const { signedHeaders } = await import('./signed-headers.js');
  try {
    return await signedHeaders(url);
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : typeof cause;
    throw new Failure(`cannot sign the request (${name}): check AWS_PROFILE or the AWS_* credentials`, {
      cause,
    });
  }
}

async function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  request: AbortController,
): Promise<{ status: number; text: string }> {
  // Not `AbortSignal.any` with `timeout`: Node 20 garbage-collects that signal, and it never fires.
  const deadline = startDeadline(TIMEOUT_MS, () => request.abort(new DOMException('No response', 'TimeoutError')));
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal: request.signal });
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    throw new Failure(`cannot reach the API (${reasonOf(cause)}): check the address and the network`, {
      cause,
    });
  } finally {
    clearTimeout(deadline);
  }
}

/** The error code: messages contain host names. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return typeof error;
  }
  if (error.name === 'TimeoutError') {
    return `no response within ${TIMEOUT_MS / 1_000} s`;
  }
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : error.name;
}
