/**
 * Calls `expire` when the time is over, and only after the event loop has read what lies in the sockets. A process that was
 * stopped, or had no processor, handles its timers before its sockets: an answer that came in time would count as late.
 *
 * @param ms milliseconds; a negative time counts as 0
 * @see https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick
 */
export function startDeadline(ms: number, expire: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(expire), Math.max(0, ms));
}

/** An abort signal like that of `AbortSignal.timeout`, after `startDeadline`. Its timer does not keep the process running. */
export function deadlineSignal(ms: number): AbortSignal {
  const controller = new AbortController();
  const expire = () => controller.abort(new DOMException('The operation timed out.', 'TimeoutError'));
  startDeadline(ms, expire).unref();
  return controller.signal;
}
