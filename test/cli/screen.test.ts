import { expect, it } from 'vitest';
import type { Paint } from '../../functions/cli/output/paint.js';
import { bar, screen, sparkline } from '../../functions/cli/output/screen.js';
import { table } from '../../functions/cli/output/table.js';
import type { CheckResult } from '../../functions/cli/sources/source.js';
import type { PoolReport } from '../../functions/core/pool-report.js';
import { PROBLEMS } from '../../functions/core/problems.js';

const plain: Paint = (_, text) => text;
const named: Paint = (style, text) => `<${style}>${text}</>`;

const REPORT: PoolReport = {
  status: 'healthy',
  metrics: { activeConnections: 12, idleConnections: 3, waitingRequests: null, totalConnections: 15, poolSize: 20 },
  config: { min: 5, max: 20, idleTimeout: 30_000, connectionTimeout: 10_000 },
  utilization: { percent: 75, status: 'warning', of: 'open' },
  timestamp: '2026-01-02T12:00:05.000Z',
  pool: 'orders',
  managedPool: null,
  database: { slots: 97, usedSlots: 24, idleInTransaction: 0, longestTransactionMs: null },
  app: null,
  limitedBy: 'app',
  saturatedLayer: null,
  problems: [],
  ageMs: 0,
};

function look(changes: Partial<PoolReport> = {}): CheckResult {
  const report = { ...REPORT, ...changes };
  return { json: '', report, problems: report.problems.map((problem) => ({ ...problem, values: { seen: 1 } })) };
}

const NOTHING_SEEN = look({
  status: 'unhealthy',
  metrics: {
    activeConnections: null,
    idleConnections: null,
    waitingRequests: null,
    totalConnections: null,
    poolSize: 20,
  },
  utilization: { percent: null, status: 'unknown', of: 'open' },
  database: null,
  problems: [{ code: 'PROBE.TIMEOUT', severity: 'error', layer: 'database', text: PROBLEMS['PROBE.TIMEOUT'].text }],
});

const options = { columns: 80, history: [10, null, 100], footer: 'the end' };

it('a bar is as full as the pool, in the colours of the bands', () => {
  expect(bar(0, 10, plain)).toBe('░░░░░░░░░░');
  expect(bar(50, 10, plain)).toBe('█████░░░░░');
  expect(bar(100, 10, named)).toBe('<green>███████</><yellow>██</><red>█</>');
  expect(bar(75, 20, named)).toBe('<green>██████████████</><yellow>█</><dim>░░░</><dim>░░</>');
});

it('a pool beyond its size does not burst the bar', () => {
  expect(bar(250, 10, plain)).toBe('██████████');
});

it('an unknown utilization is no empty bar', () => {
  expect(bar(null, 4, plain)).toBe('????');
  expect(sparkline([0, 49, null, 99, 100, 250])).toBe('▁▄?███');
});

it('a table says what the percentage is of, and what limits the pool', () => {
  const utilizationOf = (changes: Partial<PoolReport>) =>
    table(look(changes), plain).find((line) => line.startsWith('Utilization'));
  expect(utilizationOf({})).toBe(
    "Utilization   75.0 % of 20, warning (open connections; limited by the application's settings)",
  );
  const active = { percent: 20, status: 'normal', of: 'active' } as const;
  expect(utilizationOf({ utilization: active, limitedBy: 'managed' })).toBe(
    'Utilization   20.0 % of 20, normal (connections in use; limited by the pooler)',
  );
});

it('what an API of an earlier version does not say is left out', () => {
  const earlier = look({ utilization: { percent: 20, status: 'normal', of: null }, limitedBy: null });
  expect(table(earlier, plain)).toContain('Utilization   20.0 % of 20, normal');
  expect(screen(earlier, options, plain)).toContain('20.0 % of 20   normal');
});

it('the bands are marked where they begin', () => {
  const lines = screen(look(), options, plain);
  const drawn = lines.find((line) => line.startsWith('█')) ?? '';
  const scale = lines.find((line) => line.startsWith('0 ')) ?? '';
  expect(scale.indexOf('70') / drawn.length).toBeCloseTo(0.7, 1);
  expect(scale.indexOf('90') / drawn.length).toBeCloseTo(0.9, 1);
});

it('shows verdict, numbers and the checks so far', () => {
  const text = screen(look(), options, plain).join('\n');
  expect(text).toContain('orders   HEALTHY');
  expect(text).toContain("75.0 % of 20   warning   limited by the application's settings");
  expect(text).toContain('active 12   idle 3   waiting -   server 24 of 97 client slots in use');
  expect(text).toContain('history ▁?█');
});

it('what could not be seen is a dash with the problem, never 0', () => {
  const text = screen(NOTHING_SEEN, options, plain).join('\n');
  expect(text).toContain('- % of 20   unknown');
  expect(text).toContain('active -   idle -   waiting -   server -');
  expect(text).toContain('error    PROBE.TIMEOUT seen=1');
});

it('says the verdict in the words of the page', () => {
  expect(screen(look(), options, plain)[0]).toContain('The pool is filling up: 15 of 20 connections open, 12 active');
  expect(table(look(), plain)[0]).toBe('The pool is filling up: 15 of 20 connections open, 12 active');
});

it('no line is longer than a narrow terminal, and no word is lost', () => {
  const lines = screen(NOTHING_SEEN, { ...options, columns: 40 }, plain);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  const words = lines.join(' ').split(/\s+/).join(' ');
  expect(words).toContain(PROBLEMS['PROBE.TIMEOUT'].text);
});

it('a table names what an API of an earlier version does not tell with a dash', () => {
  expect(table(look({ database: null }), plain)).toContain('Server        -');
});

it('a table lists pools in the order of the report, whose first is the worst', () => {
  const pools = [
    { pool: 'full', status: 'unhealthy', percent: null, utilization: 'critical' },
    { pool: 'a-busy', status: 'unhealthy', percent: 95, utilization: 'critical' },
    { pool: 'b-quiet', status: 'healthy', percent: 10, utilization: 'normal' },
  ] as const;
  const lines = table(look({ pools }), plain);
  const first = lines.findIndex((line) => line.startsWith('full '));
  expect(lines.slice(first, first + 3)).toEqual([
    'full     unhealthy      full',
    'a-busy   unhealthy    95.0 %',
    'b-quiet  healthy      10.0 %',
  ]);
});
