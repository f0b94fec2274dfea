import { describe, expect, it } from 'vitest';
import { ageMs, currentMoment, elapsedMs, type Moment, monotonicMs, NEVER } from '../../functions/time/moment.js';
import { skip, stopTime, useRealTime } from '../support/clock.js';

const NOON = Date.parse('2026-01-02T12:00:00Z');
const HOUR_MS = 3_600_000;
const since: Moment = { wall: NOON, monotonic: 5_000 };
/** So long after `since` by the monotonic clock; the wall clock was set by `stepMs` meanwhile. */
const later = (ms: number, stepMs = 0): Moment => ({ wall: NOON + ms + stepMs, monotonic: 5_000 + ms });

describe('the age of a moment', () => {
  it('is what both clocks say if no one set them', () => {
    expect(ageMs(since, later(1_500))).toBe(1_500);
  });

  it('is what the wall clock says after a frozen process thawed', () => {
    expect(ageMs(since, { ...later(10), wall: NOON + HOUR_MS })).toBe(HOUR_MS);
  });

  it('is what the monotonic clock says after the wall clock was set back by less than the age', () => {
    expect(ageMs(since, later(10_000, -8_000))).toBe(10_000);
  });

  it.each([-1, -8_000, -HOUR_MS])('is infinite after the wall clock was set to before the moment (%i ms)', (stepMs) => {
    expect(ageMs(since, later(0, stepMs))).toBe(Number.POSITIVE_INFINITY);
    expect(ageMs(since, later(500, stepMs - 500))).toBe(Number.POSITIVE_INFINITY);
  });

  it('is infinite for a moment that never was', () => {
    expect(ageMs(NEVER)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the time since a moment', () => {
  it.each([0, -8_000, -HOUR_MS])('is never negative and finite after a step of %i ms', (stepMs) => {
    expect(elapsedMs(since, later(2_000, stepMs))).toBe(2_000);
  });
});

it('reads both clocks', () => {
  stopTime(NOON);
  try {
    const before = currentMoment();
    skip(-HOUR_MS);
    expect(currentMoment()).toEqual({ wall: NOON - HOUR_MS, monotonic: before.monotonic });
    expect(monotonicMs()).toBe(before.monotonic);
  } finally {
    useRealTime();
  }
});
