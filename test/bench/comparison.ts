import { medianOf } from './spread.js';
import { aim, figure, type Table } from './table.js';

/** What one build of a handler takes: bytes of its deployed files, and milliseconds, one value for each run. */
export interface Figures {
  /** Of all files. */
  readonly bytes: number;
  /** Of `index.js`, which every cold start reads. */
  readonly startBytes: number;
  readonly init: readonly number[];
  readonly firstAnswer: readonly number[];
  /** Empty where only the cold start is measured. */
  readonly warm: readonly number[];
}

/** A handler as two commits build it. The runs of both took turns: those with the same index were neighbours. */
export interface Pair {
  readonly handler: string;
  readonly before: Figures;
  readonly after: Figures;
}

/** Up to which ratio, new to old, a build passes. */
export interface Limits {
  readonly time: number;
  readonly bytes: number;
}

/** Up to which cost, new to old, a warm check passes on a server with many open connections. */
const MAX_MORE_MS = 0.3;
const MAX_RATIO = 1.1;
/** From so many on the server's own work weighs more than the constant part of a check. */
const MANY_CONNECTIONS = 1_000;

export const DEFAULT_LIMITS: Limits = { time: 1.05, bytes: 1 };

export interface Line {
  readonly handler: string;
  readonly what: string;
  readonly unit: 'ms' | 'bytes';
  readonly before: number;
  readonly after: number;
  readonly ratio: number;
  readonly isBeyondLimit: boolean;
}

/**
 * Compares two builds. The ratio of times is the median of the ratios of neighbouring runs: what slows the machine down for
 * a while slows both of them, and leaves their ratio as it is.
 */
export function compare({ handler, before, after }: Pair, limits: Limits): readonly Line[] {
  const bytes = (what: string, old: number, now: number) => {
    const ratio = now / old;
    return {
      handler,
      what,
      unit: 'bytes' as const,
      before: old,
      after: now,
      ratio,
      isBeyondLimit: ratio > limits.bytes,
    };
  };
  const time = (what: string, old: readonly number[], now: readonly number[]) => {
    const ratio = medianOf(now.map((value, run) => value / (old[run] ?? Number.NaN)));
    const isBeyondLimit = ratio > limits.time;
    return { handler, what, unit: 'ms' as const, before: medianOf(old), after: medianOf(now), ratio, isBeyondLimit };
  };
  return [
    bytes('all files, bytes', before.bytes, after.bytes),
    bytes('index.js, bytes', before.startBytes, after.startBytes),
    time('init, ms', before.init, after.init),
    time('init and first answer, ms', before.firstAnswer, after.firstAnswer),
    ...(before.warm.length > 0 ? [time('warm, ms', before.warm, after.warm)] : []),
  ];
}

/**
 * Compares the warm checks of two builds on a server with so many open connections: with few of them by the median of the
 * differences of neighbouring runs, with many by the median of their ratios.
 */
export function compareWarm(open: number, before: readonly number[], after: readonly number[]): Line {
  const neighbours = after.map((now, run) => ({ now, old: before[run] ?? Number.NaN }));
  const ratio = medianOf(neighbours.map(({ now, old }) => now / old));
  const moreMs = medianOf(neighbours.map(({ now, old }) => now - old));
  const isBeyondLimit = open < MANY_CONNECTIONS ? moreMs > MAX_MORE_MS : ratio > MAX_RATIO;
  const limit = open < MANY_CONNECTIONS ? `at most ${MAX_MORE_MS} ms more` : `at most ${MAX_RATIO} times`;
  return {
    handler: 'check',
    what: `warm with ${figure(open)} connections open, ms (${limit})`,
    unit: 'ms',
    before: medianOf(before),
    after: medianOf(after),
    ratio,
    isBeyondLimit,
  };
}

export function comparisonTable(lines: readonly Line[], limits: Limits): Table {
  const beyond = lines.filter(({ isBeyondLimit }) => isBeyondLimit);
  return {
    title: 'Medians of both, and the median ratio of neighbouring runs',
    columns: ['', 'old', 'new', 'new / old'],
    rows: lines.map(({ handler, what, before, after, ratio }) => [
      `${handler}: ${what}`,
      figure(before),
      figure(after),
      ratio.toFixed(3),
    ]),
    notes: [
      aim(
        `times at most ${limits.time} times the old ones where no other limit is named, bytes at most ${limits.bytes} times`,
        beyond.length === 0,
      ),
      ...beyond.map(({ handler, what, ratio }) => `${handler}: ${what}: ${ratio.toFixed(3)}`),
    ],
  };
}
