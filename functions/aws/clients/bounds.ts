/**
 * The rules of this folder, which creates every AWS client: each has timeouts, because a service that hangs must not block a
 * check, and its own module, so that a bundle contains only the clients that its handler uses. The SDK reads region,
 * credentials and `AWS_ENDPOINT_URL` from the environment.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html AWS_ENDPOINT_URL
 */

/** Timeouts in milliseconds, and the total number of attempts. */
export interface Bounds {
  readonly connectMs: number;
  /** Until the response headers arrive. The caller's deadline limits the body. */
  readonly answerMs: number;
  readonly attempts: number;
}

/** Two retries. Below the deadlines of the callers, so that a dead connection leaves time for a new one. */
export const BOUNDS: Bounds = { connectMs: 1_000, answerMs: 1_500, attempts: 3 };

/** The bounds as options of an SDK client. Without `throwOnRequestTimeout` the SDK only logs a request timeout. */
export function bounded({ connectMs, answerMs, attempts }: Bounds) {
  return {
    maxAttempts: attempts,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: connectMs, requestTimeout: answerMs, throwOnRequestTimeout: true },
  };
}

/** A client that all callers share. The first call creates it. */
export function shared<T>(create: () => T): () => T {
  let client: T | undefined;
  return () => {
    client ??= create();
    return client;
  };
}
