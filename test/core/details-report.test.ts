import { describe, expect, it } from 'vitest';
import { type DetailParts, detailsReport } from '../../functions/core/details-report.js';
import { problem } from '../../functions/core/problems.js';
import type { PoolSample } from '../../functions/core/sample.js';
import { evaluate } from '../../functions/core/verdict.js';
import { configOf, counts, managed, NOON, seen, slots, unseen } from '../support/samples.js';

function parts(sample: PoolSample, changes: Partial<DetailParts> = {}): DetailParts {
  const config = configOf(20);
  return {
    assessment: { pool: 'orders', config, sample, verdict: evaluate(config, sample) },
    holders: { holders: [], omitted: 0, transactions: null, problems: [] },
    roundTrip: { acquireMs: 0.4, queryMs: 1.2, problems: [] },
    transactionsPerSecond: null,
    ...changes,
  };
}

describe('details', () => {
  it('have the form of the reports, and the slots term by term', () => {
    const sample = seen({
      connections: counts({ total: 10, active: 3, server: 40 }),
      slots: slots({ maxConnections: 100, superuserReserved: 3, reserved: 2, rdsReserved: 1 }),
    });
    const report = detailsReport(parts(sample), NOON);
    expect(report).toMatchObject({
      status: 'ok',
      connectionPool: { activeConnections: 3, idleConnections: 7, totalConnections: 10, poolSize: 20, utilization: 50 },
      slots: { maxConnections: 100, superuserReserved: 3, reserved: 2, rdsReserved: 1, ordinary: 94, used: 40 },
      managedPool: null,
      roundTrip: { acquireMs: 0.4, queryMs: 1.2 },
    });
  });

  it('do not guess what is hidden or was not seen', () => {
    expect(detailsReport(parts(seen({ connections: null })), NOON).slots?.used).toBeNull();
    expect(detailsReport(parts(unseen()), NOON)).toMatchObject({ status: 'error', slots: null });
  });

  it('are in error when only the round trip failed, and say why with the values seen', () => {
    const roundTrip = { acquireMs: 2, queryMs: null, problems: [problem('PROBE.TIMEOUT', { phase: 'query' })] };
    const report = detailsReport(parts(seen(), { roundTrip }), NOON);
    expect(report.status).toBe('error');
    expect(report.health.status).toBe('healthy');
    expect(report.problems).toMatchObject([{ code: 'PROBE.TIMEOUT', layer: 'database', values: { phase: 'query' } }]);
  });

  it('are well with a warning', () => {
    const holders = { holders: null, omitted: null, transactions: null, problems: [problem('MANAGED.PINNED')] };
    expect(detailsReport(parts(seen(), { holders }), NOON).status).toBe('ok');
  });

  it.each([
    [200, 30, 6],
    [33, 10, 0.3],
    [null, 30, null],
    [200, null, null],
  ])(
    'estimate what waits from %s transactions a second and a mean wait of %s ms: %s',
    (tps, borrowWaitMs, estimate) => {
      const settings = { maxConnectionsPercent: 50 };
      const sample = seen({ managed: managed({ borrowWaitMs, limit: 50, settings }) });
      const report = detailsReport(parts(sample, { transactionsPerSecond: tps }), NOON);
      expect(report.managedPool).toMatchObject({ limit: 50, borrowWaitMs, settings, waitingEstimate: estimate });
      expect(report.health.metrics.waitingRequests).toBeNull();
    },
  );
});
