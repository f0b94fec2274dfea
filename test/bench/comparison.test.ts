import { describe, expect, test } from 'vitest';
import { compare, compareWarm, comparisonTable, DEFAULT_LIMITS, type Figures } from './comparison.js';

const OLD: Figures = {
  bytes: 1_000,
  startBytes: 400,
  init: [10, 20, 30],
  firstAnswer: [20, 40, 60],
  warm: [1, 2, 3],
};

const beyond = (changes: Partial<Figures>, limits = DEFAULT_LIMITS) =>
  compare({ handler: 'check', before: OLD, after: { ...OLD, ...changes } }, limits).flatMap(
    ({ what, isBeyondLimit }) => (isBeyondLimit ? [what] : []),
  );

describe('bench --against', () => {
  test('a build that is the same is within the limits', () => {
    expect(beyond({})).toEqual([]);
  });

  test('a time passes up to the limit and fails above it', () => {
    expect(beyond({ init: OLD.init.map((ms) => ms * 1.05) })).toEqual([]);
    expect(beyond({ init: OLD.init.map((ms) => ms * 1.06) })).toEqual(['init, ms']);
    expect(beyond({ firstAnswer: OLD.firstAnswer.map((ms) => ms * 1.06) })).toEqual(['init and first answer, ms']);
    expect(beyond({ warm: OLD.warm.map((ms) => ms * 1.06) })).toEqual(['warm, ms']);
    expect(beyond({ warm: OLD.warm.map((ms) => ms * 1.06) }, { time: 1.1, bytes: 1 })).toEqual([]);
  });

  test('one more byte fails, unless the limit allows it', () => {
    expect(beyond({ bytes: OLD.bytes + 1, startBytes: OLD.startBytes + 1 })).toEqual([
      'all files, bytes',
      'index.js, bytes',
    ]);
    expect(beyond({ bytes: OLD.bytes + 1 }, { time: 1.05, bytes: 1.1 })).toEqual([]);
  });

  test('a disturbance that both neighbouring runs share does not change the ratio', () => {
    const before = { ...OLD, init: [10, 10, 50] };
    const after = { ...OLD, init: [10, 50, 50] };
    const init = compare({ handler: 'check', before, after }, DEFAULT_LIMITS).find(({ what }) => what === 'init, ms');
    expect(init).toMatchObject({ before: 10, after: 50, ratio: 1, isBeyondLimit: false });
  });

  test('a handler without warm invocations has no line for them', () => {
    const cold = { ...OLD, warm: [] };
    const lines = compare({ handler: 'pool', before: cold, after: cold }, DEFAULT_LIMITS);
    expect(lines.map(({ what }) => what)).not.toContain('warm, ms');
  });

  test.each([
    [10, 0.3, false],
    [100, 0.31, true],
    [1_000, 0.4, false],
    [3_000, 0.41, true],
  ])('with %i connections open, %f ms more than 4 ms is beyond the limit: %s', (open, moreMs, isBeyondLimit) => {
    const before = [4, 4, 4];
    expect(compareWarm(open, before, [4 + moreMs, 4 + moreMs, 9]).isBeyondLimit).toBe(isBeyondLimit);
  });

  test('the table names every line that is beyond its limit', () => {
    const after = { ...OLD, bytes: 2_000 };
    const { rows, notes } = comparisonTable(compare({ handler: 'check', before: OLD, after }, DEFAULT_LIMITS), {
      time: 1.05,
      bytes: 1,
    });
    expect(rows[0]).toEqual(['check: all files, bytes', '1,000', '2,000', '2.000']);
    expect(notes).toEqual([expect.stringMatching(/missed/), 'check: all files, bytes: 2.000']);
  });
});
