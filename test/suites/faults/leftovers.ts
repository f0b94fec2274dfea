import { expect } from 'vitest';
import { until } from '../../support/until.js';

/** Ends by itself within a turn, or belongs to reading and writing files. */
const PASSING = /^(Immediate|TickObject|FSReqCallback|FSReqPromise|CloseReq|WriteWrap|ShutdownWrap|FileHandle.*)$/;

/** Connections, timers, listening sockets, listeners of this process, by their kind: how many there are now. */
export function resources(): Readonly<Record<string, number>> {
  const kinds = process.getActiveResourcesInfo().filter((kind) => !PASSING.test(kind));
  const listeners = process.eventNames().map((name) => `listener of ${String(name)}`);
  const counts: Record<string, number> = {};
  for (const kind of kinds) {
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  for (const [index, name] of process.eventNames().entries()) {
    counts[listeners[index] ?? ''] = process.listenerCount(name);
  }
  return counts;
}

/** Waits until nothing is left that did not exist before. */
export async function expectNothingLeft(before: Readonly<Record<string, number>>): Promise<void> {
  const more = () => Object.entries(resources()).filter(([kind, count]) => count > (before[kind] ?? 0));
  await until('nothing is left over', () => more().length === 0, 15_000).catch(() => undefined);
  expect(more()).toEqual([]);
}
