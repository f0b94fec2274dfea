import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, type MockInstance, vi } from 'vitest';
import type { Moment } from '../../functions/time/moment.js';

/** How far the clock goes with one turn, in milliseconds. A turn takes at least as long. */
const TURN_MS = 10;

const FAKED: Parameters<typeof vi.useFakeTimers>[0] = {
  toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'],
  shouldClearNativeTimers: true,
};

let stoppedAt = 0;
const spies: MockInstance[] = [];

/** The moment at which both clocks show this time. */
export function momentAt(ms: number): Moment {
  return { wall: ms, monotonic: ms };
}

/**
 * Replaces the clocks and the timers of this process until `useRealTime`. Time then passes in turns: each turn of the event
 * loop adds 10 ms, however long it took. A process that was stopped or had to wait for a processor has lost no time, and
 * handles what arrived meanwhile before a deadline passes.
 *
 * Timers that were set before keep to real time, and so does `node:timers/promises`.
 */
export function useTurns(): void {
  vi.useFakeTimers({ ...FAKED, shouldAdvanceTime: true, advanceTimeDelta: TURN_MS });
  fakeAbortTimeouts();
}

/** `useTurns` for every test of a file or a `describe`. */
export function onTurns(): void {
  beforeEach(useTurns);
  afterEach(useRealTime);
}

/** Gives the clock and the timers of the system back. */
export function useRealTime(): void {
  vi.useRealTimers();
  for (const spy of spies.splice(0)) {
    spy.mockRestore();
  }
}

/** Like `useTurns`, but the clock stands still until the test moves it with `pass`. */
export function stopTime(now = Date.now()): void {
  vi.useFakeTimers({ ...FAKED, now });
  fakeAbortTimeouts();
}

/**
 * Stops the clock by which pauses are counted; timers go on by turns. So a look that takes all of its deadlines takes no
 * time, and `skip` alone says how long the pause before the next one is.
 */
export function stopDate(now = Date.now()): void {
  vi.useFakeTimers({
    ...FAKED,
    toFake: ['setTimeout', 'clearTimeout'],
    shouldAdvanceTime: true,
    advanceTimeDelta: TURN_MS,
  });
  stoppedAt = now;
  const monotonic = performance.now();
  spies.push(vi.spyOn(Date, 'now').mockImplementation(() => stoppedAt));
  spies.push(vi.spyOn(performance, 'now').mockImplementation(() => monotonic));
}

/**
 * Puts the wall clock of the test forward without any timer noticing, as a frozen process finds it when it goes on. A negative
 * time sets it back. The monotonic clock stays.
 */
export function skip(ms: number): void {
  if (vi.isMockFunction(Date.now)) {
    stoppedAt += ms;
  } else {
    vi.setSystemTime(Date.now() + ms);
  }
}

/**
 * Moves a clock that stands still. What has to answer within this time and needs more stays unanswered, so that the test
 * that waits for it fails, on every machine.
 */
export async function pass(ms: number): Promise<void> {
  // What was sent before is on its way when the time has passed.
  await pause(0);
  await vi.advanceTimersByTimeAsync(ms);
}

/** Timers of Node's own, which fake timers leave as they are. */
function fakeAbortTimeouts(): void {
  const timeout = (ms: number): AbortSignal => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DOMException('The operation timed out.', 'TimeoutError')), ms);
    return controller.signal;
  };
  spies.push(vi.spyOn(AbortSignal, 'timeout').mockImplementation(timeout));
}

/**
 * Does some work, and counts the turns of the event loop meanwhile: one every 10 ms at most. So it measures what the work
 * itself waits for, and not how busy the machine is: time in which this process was stopped, or had no processor, is one turn.
 */
export async function inTurns<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly turnsMs: number }> {
  let turns = 0;
  const counter = setInterval(() => {
    turns += 1;
  }, TURN_MS);
  try {
    const value = await work();
    return { value, turnsMs: turns * TURN_MS };
  } finally {
    clearInterval(counter);
  }
}
