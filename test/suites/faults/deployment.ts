import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { vi } from 'vitest';
import type { Assessment } from '../../../functions/core/pool-report.js';
import type { ProblemCode } from '../../../functions/core/problems.js';
import { ROUTES } from '../../../functions/core/routes.js';
import { getEvent } from '../../support/events.js';
import type { Outputs } from './outputs.js';
import { type Report, readAnswer } from './shape.js';

/** What one look at the pool gave, by the check and by a GET at the same time. */
export interface Look {
  /** Of the pool in question; null when the check threw. */
  readonly check: {
    readonly status: string;
    readonly codes: readonly ProblemCode[];
    readonly durationMs: number;
  } | null;
  readonly get: { readonly statusCode: number; readonly report: Report };
  /** The longer of the two, in milliseconds of the clock of the faults. */
  readonly tookMs: number;
}

type CheckModule = typeof import('../../../functions/handlers/check.js');
type PoolModule = typeof import('../../../functions/handlers/pool.js');

/**
 * The functions as they are wired in production: each imported anew, so that it reads the environment and has connections
 * of its own, as two Lambda functions have.
 */
export class Deployment {
  readonly #check: CheckModule['handler'];
  /** Answers GETs. */
  readonly pool: PoolModule['handler'];
  readonly #ends: readonly (() => Promise<void>)[];
  readonly #outputs: Outputs;

  private constructor(check: CheckModule, pool: PoolModule, ends: (() => Promise<void>)[], outputs: Outputs) {
    this.#check = check.handler;
    this.pool = pool.handler;
    this.#ends = ends;
    this.#outputs = outputs;
  }

  /** @param environment of the functions; undefined takes a variable away */
  static async start(environment: Readonly<Record<string, string | undefined>>, outputs: Outputs): Promise<Deployment> {
    for (const [name, value] of Object.entries(environment)) {
      vi.stubEnv(name, value);
    }
    vi.resetModules();
    const check = await import('../../../functions/handlers/check.js');
    const { close: endCheck } = await import('../../../functions/compose/runtime.js');
    vi.resetModules();
    const pool = await import('../../../functions/handlers/pool.js');
    const { close: endPool } = await import('../../../functions/compose/runtime.js');
    return new Deployment(check, pool, [endCheck, endPool], outputs);
  }

  /** The scheduled check and a GET at the same time. */
  async look(): Promise<Look> {
    const startedAt = Date.now();
    const [check, get] = await Promise.all([this.check(), this.get()]);
    return { check: check && summary(check), get, tookMs: Date.now() - startedAt };
  }

  /** The scheduled check; null when it throws, which the `Errors` metric counts. */
  async check(): Promise<readonly Assessment[] | null> {
    try {
      return await this.#check();
    } catch (error) {
      this.#outputs.add(error);
      return null;
    }
  }

  /** Any request, answered as the contract says. */
  async answer(event: APIGatewayProxyEventV2): Promise<ReturnType<typeof readAnswer>> {
    const answer = await this.pool(event);
    this.#outputs.add(answer);
    return readAnswer(answer);
  }

  async get(): Promise<{ readonly statusCode: number; readonly report: Report }> {
    const { statusCode, report } = await this.answer(getEvent(ROUTES.worstPool));
    if (!report) {
      throw new Error(`${statusCode} where a report was to come`);
    }
    return { statusCode, report };
  }

  async close(): Promise<void> {
    await Promise.all(this.#ends.map((end) => end()));
  }
}

function summary(assessments: readonly Assessment[]) {
  const [first] = assessments;
  const { verdict, sample } = first ?? {};
  return {
    status: verdict?.status ?? 'no pool',
    codes: verdict?.problems.map(({ code }) => code) ?? [],
    durationMs: sample?.durationMs ?? Number.NaN,
  };
}
