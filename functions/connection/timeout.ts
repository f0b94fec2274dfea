import { startDeadline } from '../time/deadline.js';

/** What timed out: the TCP connect, the login (TLS and authentication), or the statement. */
export type Phase = 'connect' | 'login' | 'query';

/** The server did not respond in time. */
export class ProbeTimeout extends Error {
  readonly phase: Phase;
  /** Milliseconds since the phase began. Longer than one check if earlier checks waited for the same response. */
  readonly waitedMs: number;

  constructor(phase: Phase, waitedMs: number) {
    super(`no response after ${waitedMs} ms (${phase})`);
    this.name = 'ProbeTimeout';
    this.phase = phase;
    this.waitedMs = waitedMs;
  }
}

/**
 * Settles as the promise does, or rejects after a timeout. An answer that lies in the socket when the time is over is not late.
 *
 * @param ms timeout in milliseconds; a negative one counts as 0
 * @param timeoutError makes the error of the timeout
 */
export async function within<T>(promise: Promise<T>, ms: number, timeoutError: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = startDeadline(ms, () => reject(timeoutError()));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when the promise resolves or rejects. */
export async function settled(promise: Promise<unknown>): Promise<void> {
  await promise.catch(() => undefined);
}
