import type { ProblemValues } from './problems.js';

/** How numbers, ages and times are written. Unknown values are a word on the page and a dash on a line, never 0. */

export const UNKNOWN = 'unknown';

export function number(value: number | null): string {
  return value === null ? UNKNOWN : String(Math.round(value * 10) / 10);
}

/** A number for a line of text, `-` if it is unknown. */
export function dashOr(value: number | null): string {
  return value === null ? '-' : String(value);
}

/** Such as `70.0 %`. */
export function percent(value: number | null): string {
  return value === null ? UNKNOWN : `${value.toFixed(1)} %`;
}

/** Such as `40 ms`, `1.2 s`, `45 s`, `3 min` or `2 h`. */
export function duration(milliseconds: number | null): string {
  if (milliseconds === null) {
    return UNKNOWN;
  }
  if (milliseconds < 1_000) {
    return `${Math.round(milliseconds)} ms`;
  }
  const seconds = milliseconds / 1_000;
  if (seconds < 10) {
    return `${seconds.toFixed(1)} s`;
  }
  if (seconds < 120) {
    return `${Math.floor(seconds)} s`;
  }
  return seconds < 7_200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3_600)} h`;
}

/** Such as `now`, `12 s ago` or `3 min ago`. */
export function age(seconds: number | null): string {
  if (seconds === null) {
    return UNKNOWN;
  }
  return seconds < 1 ? 'now' : `${duration(Math.floor(seconds) * 1_000).replace('.0', '')} ago`;
}

/** The local time of day: `12:03:10`. @param at milliseconds since 1970 */
export function timeOfDay(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

/** The local time of day without seconds: `12:03`. */
export function shortTime(at: number): string {
  return timeOfDay(at).slice(0, 5);
}

/** Values as `name=value`. */
export function pairs(values: ProblemValues): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join('; ') : value}`);
}
