import type { PoolDefinition } from '../../../functions/core/pool-config.js';
import type { ProblemCode } from '../../../functions/core/problems.js';
import type { Scene } from './scene.js';

/** Where faults come from, in the order of the document. */
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
  /** What codes and status do not tell, or one would not expect. */
  readonly note?: string;
}

/** Ends a fault. */
export type Lift = () => Promise<unknown>;

/** A fault that comes over a running deployment, lasts for a check, and goes. */
export interface Fault extends Row {
  readonly promise: Promised;
  /** What has to be there from the beginning; gives what takes it away. */
  readonly before?: (scene: Scene) => Promise<Lift>;
  /** Makes it really happen. */
  readonly make: (scene: Scene) => Promise<Lift>;
  /** What the pool's definition says beside its defaults. */
  readonly definition?: Partial<PoolDefinition>;
  /** True when the functions start in the middle of it; otherwise they have already answered once. @default false */
  readonly isCold?: boolean;
  /** True when only a start of the functions ends it, as for what they read at their start. @default false */
  readonly endsWithStart?: boolean;
  /** Where the scene does not serve: what this machine lacks. */
  readonly needs?: (scene: Scene) => Promise<string | null>;
  /** What the check itself is promised beyond the list. */
  readonly also?: (scene: Scene) => Promise<void> | void;
  /** Milliseconds that AWS may take beside the deadline of the check. @default 0 */
  readonly awsMs?: number;
  /** A fault that nobody can answer to but with an error: the function throws, as the monitor itself is broken. @default false */
  readonly breaksCheck?: boolean;
}

/** What is not a fault that comes and goes between two checks, but something to be tried in a way of its own. */
export interface Trial extends Row {
  readonly promise: string;
  /** Tries it and asserts the promise. */
  readonly run: (scene: Scene) => Promise<void>;
}
