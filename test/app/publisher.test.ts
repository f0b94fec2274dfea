import { afterEach, describe, expect, test, vi } from 'vitest';
import { Gauges } from '../../functions/app/gauges.js';
import { Publisher } from '../../functions/app/publisher.js';

describe('the publisher of the metrics', () => {
  const lines: string[] = [];
  let gauges: Gauges;
  let publisher: Publisher;

  function start(): void {
    vi.useFakeTimers();
    lines.length = 0;
    gauges = new Gauges(() => 1);
    publisher = new Publisher('orders', 'PoolHealth', gauges, (line) => lines.push(line));
  }
  afterEach(() => {
    publisher.stop();
    vi.useRealTimers();
  });

  test('writes one line a minute', () => {
    start();
    vi.advanceTimersByTime(59_999);
    expect(lines).toHaveLength(0);
    vi.advanceTimersByTime(120_001);
    expect(lines).toHaveLength(3);
  });

  test('flush writes at once, then not again before a minute is over, and the timer counts from there', () => {
    start();
    vi.advanceTimersByTime(30_000);
    publisher.flush();
    publisher.flush();
    vi.advanceTimersByTime(59_000);
    publisher.flush();
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    expect(lines).toHaveLength(2);
    publisher.flush();
    expect(lines).toHaveLength(2);
  });

  test('flush replaces the timer after a pause without timers, as between two invocations of a Lambda', () => {
    start();
    publisher.flush();
    vi.setSystemTime(Date.now() + 60_000);
    publisher.flush();
    expect(lines).toHaveLength(2);
  });

  test('a peak after the last line is in the next line', () => {
    start();
    publisher.flush();
    gauges.acquired();
    gauges.released();
    publisher.flush();
    vi.advanceTimersByTime(60_000);
    expect(lines.map((line) => JSON.parse(line).AppBusy)).toEqual([0, 1]);
  });

  test('stop writes the remaining peaks, and no line follows', () => {
    start();
    publisher.flush();
    gauges.acquired();
    publisher.stop();
    vi.advanceTimersByTime(120_000);
    expect(lines.map((line) => JSON.parse(line).AppBusy)).toEqual([0, 1]);
  });

  test('its timer does not keep the process running', () => {
    start();
    vi.useRealTimers();
    const interval = vi.spyOn(globalThis, 'setInterval');
    publisher = new Publisher('orders', 'PoolHealth', gauges, () => undefined);
    expect(interval.mock.results[0]?.value.hasRef()).toBe(false);
    interval.mockRestore();
  });
});
