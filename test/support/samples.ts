import type { ValidatedPoolConfig, Validation } from '../../functions/core/pool-config.js';
import { validateDefinition } from '../../functions/core/pool-definition.js';
import type {
  AppView,
  ConnectionCounts,
  PoolerStats,
  PoolerView,
  PoolMode,
  PoolSample,
  ServerFacts,
  ServerRole,
  ServerSlots,
} from '../../functions/core/sample.js';
import type { Violation } from '../../functions/core/validation.js';

/** The least a definition must hold. */
export const LEAST = { endpoint: 'db.example.com', database: 'app', user: 'monitor', auth: { type: 'iam' } } as const;

/** 2026-01-02T12:00:00.000Z, the timestamp of the contract's example. */
export const NOON = Date.UTC(2026, 0, 2, 12);

export function accepted(validation: Validation): ValidatedPoolConfig {
  if (!validation.ok) {
    throw new Error(`refused: ${JSON.stringify(validation.violations)}`);
  }
  return validation.config;
}

export function refused(validation: Validation): readonly Violation[] {
  if (validation.ok) {
    throw new Error('accepted, although it should be refused');
  }
  return validation.violations;
}

export function configWith(parts: Readonly<Record<string, unknown>> = {}, pool = 'orders'): ValidatedPoolConfig {
  return accepted(validateDefinition(pool, { ...LEAST, ...parts }));
}

/** A config whose pool may have `max` connections in all. */
export function configOf(max: number, instances = 1): ValidatedPoolConfig {
  return configWith({ pool: { min: 1, max }, instances });
}

/** Counts of a server on which nobody else is, unless the parts say so. */
export function counts(parts: Partial<ConnectionCounts> = {}): ConnectionCounts {
  const { total = 10, active = 3 } = parts;
  return {
    total,
    active,
    idleInTransaction: 0,
    longestTransactionMs: null,
    server: total,
    serverActive: active,
    database: total,
    ofCheckUser: null,
    idleTooLong: null,
    ...parts,
  };
}

/** Facts in which everything is in order. */
export function facts(parts: Partial<ServerFacts> = {}): ServerFacts {
  return { takenAt: NOON, roles: [], missingUsers: 0, unseenApplications: 0, pendingLogins: 0, ...parts };
}

export function slots(parts: Partial<ServerSlots> = {}): ServerSlots {
  return { maxConnections: 10_000, superuserReserved: 0, reserved: 0, rdsReserved: 0, databaseLimit: null, ...parts };
}

/** A PgBouncer that is queried live, and reports only what is given here. */
export function managed(figures: Partial<PoolerStats>, mode: PoolMode = 'session'): PoolerView {
  const nothing = {
    limit: null,
    open: null,
    inUse: null,
    pinned: null,
    waiting: null,
    longestWaitMs: null,
    borrowWaitMs: null,
    clients: null,
    availabilityPercent: null,
  };
  return {
    kind: 'pgbouncer',
    source: 'definition',
    mode,
    stats: { takenAt: NOON, isLive: true, ...nothing, ...figures },
  };
}

interface SampleParts {
  /** Null: sessions are hidden. Absent: the least interesting ones. */
  readonly connections?: ConnectionCounts | null;
  readonly slots?: ServerSlots;
  readonly role?: ServerRole;
  readonly facts?: ServerFacts | null;
  readonly managed?: PoolerView | null;
  readonly app?: AppView | null;
  readonly problems?: PoolSample['problems'];
}

/** What a probe that reached the database saw. */
export function seen(parts: SampleParts = {}): PoolSample {
  const { connections = counts(), managed = null, app = null, problems = [] } = parts;
  const role = parts.role ?? 'primary';
  const facts = parts.facts ?? null;
  const database = { connections, slots: parts.slots ?? slots(), serverVersion: 180_004, orphans: [], role, facts };
  return { takenAt: NOON, durationMs: 12, database, pooler: managed, app, problems };
}

/** What is left when the probe did not reach the database. */
export function unseen(parts: Pick<SampleParts, 'managed' | 'app' | 'problems'> = {}): PoolSample {
  return { ...seen(parts), database: null };
}
