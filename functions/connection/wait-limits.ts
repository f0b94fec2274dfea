import type { Connection } from './connection.js';
import { ProbeTimeout } from './timeout.js';

/** After a pause this long a connection is more often dead than alive (frozen Lambda, address translation). */
const REUSE_WITHIN_MS = 90_000;
/**
 * How long what waits is left waiting. A login: until just after the server gives up by itself (`authentication_timeout`,
 * 60 s), so that there are never two of them; the check of the next minute waits for the rest of it, and then tries anew. A
 * statement behind a pooler: until just after the pooler gives up by itself (120 s in PgBouncer and RDS Proxy); silence
 * beyond that is a dead socket.
 */
const LONGEST_WAIT_MS = { connect: 0, login: 61_000, query: 125_000 } as const;

/** Whether it has waited for too long, or was not used for too long. */
export function isStale({ waiting, unusedMs }: Connection): boolean {
  return waiting ? waiting.ms > LONGEST_WAIT_MS[waiting.phase] : unusedMs > REUSE_WITHIN_MS;
}

/** How long a login may still take, in milliseconds. */
export function loginLeftMs({ waiting }: Connection): number {
  return waiting?.phase === 'login' ? LONGEST_WAIT_MS.login - waiting.ms : Number.POSITIVE_INFINITY;
}

/** Whether what ended the wait is a login that got no answer. */
export function isOverdueLogin(error: unknown): boolean {
  return error instanceof ProbeTimeout && error.phase === 'login';
}
