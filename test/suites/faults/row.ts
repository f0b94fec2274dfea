import type { PoolDefinition } from '../../../functions/core/pool-config.js';
import type { ProblemCode } from '../../../functions/core/problems.js';
import type { Scene } from './scene.js';

/** The sources of faults, in the order of the document. */
export const SIDES = ['network', 'PostgreSQL', 'TLS', 'Lambda', 'AWS', 'input', 'load'] as const;
export type Side = (typeof SIDES)[number];

/** One fault, as the document lists it. */
export interface Row {
  readonly side: Side;
  /** What happens, in plain words. */
  readonly fault: string;
  /** What pool-health answers while it lasts; in words where it is no verdict. */
  readonly promise: Promised | string;
}

export interface Promised {
  readonly status: 'healthy' | 'unhealthy';
  /** Problems of the verdict. */
  readonly codes: readonly ProblemCode[];
  /** Whether the counts are known although the pool is unhealthy. @default false */
  readonly hasCounts?: boolean;
  /** What status and codes do not show, or what is surprising. */
  readonly note?: string;
}

/** Ends a fault. */
export type Lift = () => Promise<unknown>;

/** A fault that happens to a running deployment, lasts for one check, and ends. */
export interface Fault extends Row {
  readonly promise: Promised;
  /** Prepares what has to exist before the functions start; returns its removal. */
  readonly before?: (scene: Scene) => Promise<Lift>;
  /** Makes the fault happen. */
  readonly make: (scene: Scene) => Promise<Lift>;
  /** Minutes with a healthy check each before the fault happens. @default 1 */
  readonly minutes?: number;
  /** Keys of the pool's definition that differ from the usual ones. */
  readonly definition?: Partial<PoolDefinition>;
  /** True when the functions start during the fault; otherwise they have already answered once. @default false */
  readonly isCold?: boolean;
  /** True when only a restart of the functions ends it, as for what they read at their start. @default false */
  readonly endsWithStart?: boolean;
  /** Returns what this machine lacks for the fault, or null. */
  readonly needs?: (scene: Scene) => Promise<string | null>;
  /** Further expectations, beyond those that every fault shares. */
  readonly also?: (scene: Scene) => Promise<void> | void;
  /** Milliseconds that AWS may take in addition to the deadline of the check. @default 0 */
  readonly awsMs?: number;
  /** True when the monitor itself is broken: the check function throws. @default false */
  readonly breaksCheck?: boolean;
}

/** A fault that does not fit between two checks: it runs in its own way. */
export interface Scenario extends Row {
  readonly promise: string;
  /** Makes the fault happen and asserts the promise. */
  readonly run: (scene: Scene) => Promise<void>;
}
