/** Where an attempt was when its time was up: TCP connect, TLS and login, or the statement. */
export type Phase = 'connect' | 'login' | 'query';

/** The other side gave no answer in time. */
export class ProbeTimeout extends Error {
  readonly phase: Phase;
  /** How long it has been waited for, in milliseconds; longer than one check where the wait goes on behind a pooler. */
  readonly waitedMs: number;

  constructor(phase: Phase, waitedMs: number) {
    super(`no answer after ${waitedMs} ms (${phase})`);
    this.name = 'ProbeTimeout';
    this.phase = phase;
    this.waitedMs = waitedMs;
  }
}

/** Settles as the promise does, or rejects with what `late` makes once `ms` milliseconds have passed. */
export async function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(0, ms));
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
