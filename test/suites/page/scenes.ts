import type { Datapoints } from '../../../functions/core/metrics.js';
import { problem } from '../../../functions/core/problems.js';
import type { PoolSample } from '../../../functions/core/sample.js';
import { type Assessment, evaluate } from '../../../functions/core/verdict.js';
import { configOf, counts, managed, seen, slots, unseen } from '../../support/samples.js';

type HistoryValues = Datapoints['values'];

/** What a stand-in for pool-health answers: states that are hard to bring about, judged as they would be. */
export interface Scene {
  readonly assessments: () => readonly [Assessment, ...Assessment[]];
  /** The last hour of every pool, by minutes before now; null: CloudWatch cannot be asked. */
  readonly history: ((minutesAgo: number) => HistoryValues) | null;
}

const SERVER = slots({ maxConnections: 100, superuserReserved: 3 });

function pool(name: string, max: number, sample: PoolSample): Assessment {
  const config = configOf(max);
  const now = { ...sample, takenAt: Date.now() - 800 };
  return { pool: name, config, sample: now, verdict: evaluate(config, now) };
}

/** A proxy whose figures are of a moment ago. */
function proxy(figures: Parameters<typeof managed>[0], ageMs: number) {
  const view = managed(figures);
  return {
    ...view,
    kind: 'rds-proxy',
    stats: view.stats && { ...view.stats, takenAt: Date.now() - ageMs },
  } as const;
}

function bouncer(figures: Parameters<typeof managed>[0]) {
  return { ...managed({ takenAt: Date.now() - 800, ...figures }) };
}

/** A day's work: a slow wave with a peak that passes 70 %. */
function wave(minutesAgo: number, size: number, height: number): HistoryValues {
  const part = 0.4 + height * Math.cos(minutesAgo / 9) + 0.06 * Math.sin(minutesAgo * 1.7);
  const total = Math.max(1, Math.min(size, Math.round(size * part)));
  const active = Math.round(total * (0.45 + 0.2 * Math.sin(minutesAgo / 4)));
  return {
    Utilization: (total * 100) / size,
    ActiveConnections: active,
    IdleConnections: total - active,
    WaitingRequests: 0,
    Healthy: total >= size * 0.9 ? 0 : 1,
  };
}

const BUSY = counts({ total: 15, active: 9, idleInTransaction: 2, longestTransactionMs: 640, server: 31 });
const QUIET = counts({ total: 7, active: 3, longestTransactionMs: 120, server: 23 });
const FULL = counts({ total: 20, active: 18, idleInTransaction: 4, longestTransactionMs: 48_000, server: 36 });

export const SCENES = {
  /** Busy, but well. */
  warning: {
    assessments: () => [
      pool(
        'orders',
        20,
        seen({ connections: BUSY, slots: SERVER, managed: bouncer({ limit: 20, inUse: 9, waiting: 0 }) }),
      ),
    ],
    history: (ago) => wave(ago, 20, 0.35),
  },
  healthy: {
    assessments: () => [
      pool(
        'orders',
        20,
        seen({ connections: QUIET, slots: SERVER, managed: bouncer({ limit: 20, inUse: 3, waiting: 0 }) }),
      ),
    ],
    history: (ago) => wave(ago, 20, 0.12),
  },
  /** The managed pool is full, and clients wait. */
  full: {
    assessments: () => [
      pool(
        'orders',
        20,
        seen({
          connections: FULL,
          slots: SERVER,
          managed: bouncer({ limit: 20, inUse: 20, waiting: 13, longestWaitMs: 1_200 }),
          problems: [problem('MANAGED.FULL')],
        }),
      ),
    ],
    history: (ago) =>
      ago < 7
        ? { Utilization: 100, ActiveConnections: 18, IdleConnections: 2, WaitingRequests: 15 - ago * 2, Healthy: 0 }
        : wave(ago, 20, 0.2),
  },
  /** Figures of an RDS Proxy, which come from CloudWatch. */
  'rds-proxy': {
    assessments: () => [
      pool(
        'orders',
        20,
        seen({
          connections: BUSY,
          slots: SERVER,
          managed: proxy({ isLive: false, limit: 40, inUse: 12, open: 15, pinned: 5, borrowWaitMs: 180 }, 95_000),
        }),
      ),
    ],
    history: (ago) => wave(ago, 20, 0.33),
  },
  /** Nothing answers for six minutes. */
  'database-down': {
    assessments: () => [pool('orders', 20, unseen({ problems: [problem('PROBE.UNREACHABLE')] }))],
    history: (ago) => (ago < 6 ? { Healthy: 0 } : wave(ago, 20, 0.15)),
  },
  'no-history': {
    assessments: () => [pool('orders', 20, seen({ connections: QUIET, slots: SERVER }))],
    history: null,
  },
  /** More connections than there should be: the settings were lowered. */
  over: {
    assessments: () => [pool('orders', 20, seen({ connections: counts({ total: 26, active: 4 }), slots: SERVER }))],
    history: (ago) => ({ Utilization: 60 + (60 - ago) * 1.2, ActiveConnections: 4, IdleConnections: 20, Healthy: 1 }),
  },
  /** A full pool that the check cannot see, below the others by name and given last. */
  'full-unseen': {
    assessments: () => [
      pool('a-down', 20, unseen({ problems: [problem('PROBE.UNREACHABLE')] })),
      pool('busy', 20, seen({ connections: counts({ total: 19, active: 12 }), slots: SERVER })),
      pool('z-full', 20, unseen({ problems: [problem('MANAGED.FULL')] })),
    ],
    history: (ago) => (ago < 6 ? { Healthy: 0 } : wave(ago, 20, 0.15)),
  },
  'many-pools': {
    assessments: () => [
      pool('orders', 20, seen({ connections: FULL, slots: SERVER })),
      pool('carts', 20, unseen({ problems: [problem('PROBE.TIMEOUT')] })),
      pool('payments', 20, seen({ connections: BUSY, slots: SERVER })),
      ...Array.from({ length: 21 }, (_, index) =>
        pool(
          `service-${index + 1}`,
          20,
          seen({ connections: counts({ total: (index * 7) % 14, active: 0 }), slots: SERVER }),
        ),
      ),
      pool(
        'a-pool-whose-name-is-as-long-as-a-name-may-be-sixty-four-letters',
        20,
        seen({ connections: QUIET, slots: SERVER }),
      ),
    ],
    history: (ago) =>
      ago < 4 ? { Utilization: 100, ActiveConnections: 18, IdleConnections: 2, Healthy: 0 } : wave(ago, 20, 0.3),
  },
} as const satisfies Readonly<Record<string, Scene>>;

export type SceneName = keyof typeof SCENES;
