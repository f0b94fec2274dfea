import { afterEach, expect, test, vi } from 'vitest';
import { jsonLog } from '../../functions/aws/logger.js';
import type { LogFields } from '../../functions/core/ports.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('an entry is one JSON line with time, level, message and fields', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-02T12:00:00Z') });
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line));
  log('warning', 'CONFIG.INVALID', { pool: 'orders', violations: ['a\nb'], count: 2, isKnown: true, none: null });
  log('error', 'failed');
  log('info', 'Settings in force', {});
  expect(lines).toEqual([
    '{"timestamp":"2026-01-02T12:00:00.000Z","level":"WARN","message":"CONFIG.INVALID","pool":"orders","violations":["a\\nb"],"count":2,"isKnown":true,"none":null}',
    '{"timestamp":"2026-01-02T12:00:00.000Z","level":"ERROR","message":"failed"}',
    '{"timestamp":"2026-01-02T12:00:00.000Z","level":"INFO","message":"Settings in force"}',
  ]);
});

test('by default the line goes to standard output as it is', () => {
  const written: unknown[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(chunk) > 0);
  jsonLog()('info', 'hello');
  vi.restoreAllMocks();
  expect(written).toEqual([expect.stringMatching(/^\{.*"message":"hello"\}\n$/)]);
});

test('errors, and fields that would hide the entry, do not compile', () => {
  // @ts-expect-error a message of an error may name hosts or quote secrets
  const withError: LogFields = { cause: new Error('secret') };
  // @ts-expect-error the level is the entry's own
  const withLevel: LogFields = { level: 'info' };
  expect([withError, withLevel]).toHaveLength(2);
});
