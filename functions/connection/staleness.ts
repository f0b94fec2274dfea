import type { Connection } from './connection.js';

/** An idle connection older than this is more often dead than alive (frozen Lambda, address translation). */
const MAX_IDLE_MS = 90_000;
/**
 * How long a connection may wait before it counts as dead. A login: just longer than PostgreSQL's `authentication_timeout`
 * (60 s), so that logins never overlap; the check of the next minute waits for the rest, then connects again. A statement
 * behind a pooler: just longer than the pooler's own timeout (120 s in PgBouncer and RDS Proxy).
 */
export const MAX_WAIT_MS = { connect: 0, login: 61_000, query: 125_000 } as const;

/** Whether the connection has waited, or been idle, for too long. */
export function isStale({ waiting, idleMs }: Connection): boolean {
  return waiting ? waiting.ms > MAX_WAIT_MS[waiting.phase] : idleMs > MAX_IDLE_MS;
}

/** How long the login may still take, in milliseconds. Infinite if the connection is not in its login. */
export function loginLeftMs({ waiting }: Connection): number {
  return waiting?.phase === 'login' ? MAX_WAIT_MS.login - waiting.ms : Number.POSITIVE_INFINITY;
}
