import { describe, expect, it } from 'vitest';
import { shortTime } from '../../functions/core/format.js';
import { type History, historySeries } from '../../functions/core/history.js';
import type { MetricName } from '../../functions/core/metrics.js';
import { historyInWords, historyRows, spanInWords } from '../../functions/page/history-summary.js';

const NOON = Date.UTC(2026, 0, 2, 12);

/** A history of so many minutes to noon, whose values are told by the minutes before noon. */
function history(minutes: number, valueAt: (metric: MetricName, ago: number) => number | null): History {
  const times = Array.from({ length: minutes }, (_, index) => NOON / 1_000 - (minutes - 1 - index) * 60);
  return {
    pool: 'orders',
    source: 'cloudwatch',
    stepSeconds: 60,
    from: new Date(NOON - minutes * 60_000).toISOString(),
    to: new Date(NOON).toISOString(),
    times,
    series: historySeries(times, (metric, index) => valueAt(metric, minutes - 1 - index)),
    problems: [],
  };
}

describe('the history in words', () => {
  it('tells the range, and how long it was critical, unhealthy and unknown', () => {
    const text = historyInWords(
      history(60, (metric, ago) => {
        if (metric === 'Healthy') {
          return ago < 7 ? 0 : 1;
        }
        return ago < 3 ? null : ago < 7 ? 95 : 20;
      }),
    );
    expect(text).toBe(
      'Last hour: utilization from 20.0 % to 95.0 %, above 90 % for 4 min, unhealthy for 7 min, unknown for 3 min.',
    );
  });

  it('of a quiet hour is short', () => {
    expect(historyInWords(history(60, (metric) => (metric === 'Healthy' ? 1 : 35)))).toBe(
      'Last hour: utilization from 35.0 % to 35.0 %.',
    );
  });

  it('of nothing says so', () => {
    expect(historyInWords(history(60, () => null))).toBe('Last hour: no data.');
  });

  it('of an outage says that the pool was unhealthy, although its utilization is not known', () => {
    const down = history(60, (metric) => (metric === 'Healthy' ? 0 : null));
    expect(historyInWords(down)).toBe('Last hour: unhealthy for 60 min, utilization unknown for 60 min.');
  });

  it('exactly 90 % is not critical, and a moment above it is no minute', () => {
    expect(historyInWords(history(60, () => 90))).not.toContain('above');
    const short = { ...history(60, (_, ago) => (ago === 0 ? 91 : 1)), stepSeconds: 5 };
    expect(historyInWords(short)).toContain('above 90 % for less than a minute');
  });

  it('calls an hour only what is one', () => {
    expect(spanInWords(history(60, () => 1))).toBe('Last hour');
    expect(spanInWords(history(7, () => 1))).toBe('Last 7 minutes');
  });
});

describe('the history as a table', () => {
  it('has the highest values of every five minutes, newest first, and unknown where nothing is', () => {
    const values: Readonly<Partial<Record<MetricName, (ago: number) => number | null>>> = {
      Utilization: (ago) => (ago < 5 ? null : ago),
      ActiveConnections: (ago) => ago,
      WaitingRequests: (ago) => (ago === 7 ? 2.5 : null),
    };
    const rows = historyRows(history(10, (metric, ago) => values[metric]?.(ago) ?? null));
    expect(rows).toEqual([
      { time: shortTime(NOON - 300_000), utilization: 'unknown', active: '4', idle: 'unknown', waiting: 'unknown' },
      { time: shortTime(NOON - 600_000), utilization: '9.0 %', active: '9', idle: 'unknown', waiting: '2.5' },
    ]);
  });
});
