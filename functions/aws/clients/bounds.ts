/**
 * How long AWS may take, so that a service that hangs cannot hold a check. Every client is built in this folder, one in a
 * module, so that a bundle holds those clients only that its handler uses. Region, credentials and `AWS_ENDPOINT_URL` are
 * the SDK's own to find in the environment.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html AWS_ENDPOINT_URL
 */

/** Milliseconds, and attempts in all. */
export interface Bounds {
  readonly connectMs: number;
  /** Until the head of the answer has come; its body is bounded by the deadline of the caller. */
  readonly answerMs: number;
  readonly attempts: number;
}

/** Two retries; below the deadlines of the callers, so that a dead connection leaves time for a new one. */
export const BOUNDS: Bounds = { connectMs: 1_000, answerMs: 1_500, attempts: 3 };

/** The bounds in the words of the SDK, which without `throwOnRequestTimeout` only logs that its time is up. */
export function bounded({ connectMs, answerMs, attempts }: Bounds) {
  return {
    maxAttempts: attempts,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: connectMs, requestTimeout: answerMs, throwOnRequestTimeout: true },
  };
}
