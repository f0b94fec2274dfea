import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { vi } from 'vitest';
import type { Runtime } from '../../../functions/compose/runtime.js';
import type { Environment } from '../../../functions/core/environment.js';
import type { Publish } from '../../../functions/core/ports.js';
import type { ProblemCode } from '../../../functions/core/problems.js';
import { ROUTES } from '../../../functions/core/routes.js';
import type { Assessment } from '../../../functions/core/verdict.js';
import type { checkHandler } from '../../../functions/handlers/check.js';
import type { HttpHandler } from '../../../functions/handlers/http.js';
import { getEvent } from '../../support/events.js';
import type { Outputs } from './outputs.js';
import { type Report, readAnswer } from './shape.js';

/** The results of a check and a GET that ran at the same time. */
export interface Outcome {
  /** The check's result for the first pool; null when the check threw. */
  readonly check: {
    readonly status: string;
    readonly codes: readonly ProblemCode[];
    readonly durationMs: number;
  } | null;
  readonly get: { readonly statusCode: number; readonly report: Report };
  /** The longer of the two, in milliseconds of the clock of the faults. */
  readonly tookMs: number;
}

type Check = ReturnType<typeof checkHandler>;

/**
 * The functions as they are composed in production: each with freshly imported modules, so that it has clients and
 * connections of its own, as two Lambda functions have.
 */
export class Deployment {
  readonly #check: Check;
  /** Answers GETs. */
  readonly pool: HttpHandler;
  readonly #ends: readonly (() => Promise<void>)[];
  readonly #outputs: Outputs;

  private constructor(check: Check, pool: HttpHandler, ends: (() => Promise<void>)[], outputs: Outputs) {
    this.#check = check;
    this.pool = pool;
    this.#ends = ends;
    this.#outputs = outputs;
  }

  /**
   * @param environment of the functions; undefined takes a variable away. With `DATABASE_URL` they are composed as
   * `npm start` does, otherwise as deployed.
   */
  static async start(environment: Readonly<Record<string, string | undefined>>, outputs: Outputs): Promise<Deployment> {
    for (const [name, value] of Object.entries(environment)) {
      vi.stubEnv(name, value);
    }
    vi.resetModules();
    const { checkHandler } = await import('../../../functions/handlers/check.js');
    const ofCheck = await compose(environment);
    const check = checkHandler(ofCheck);
    vi.resetModules();
    const { poolHandler } = await import('../../../functions/handlers/pool.js');
    const ofPool = await compose(environment);
    const pool = poolHandler(ofPool);
    const ends = [ofCheck, ofPool].map(
      ({ monitor }) =>
        () =>
          monitor.close(),
    );
    return new Deployment(check, pool, ends, outputs);
  }

  /** The scheduled check and a GET at the same time. */
  async checkAndGet(): Promise<Outcome> {
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
      throw new Error(`expected a report, received status ${statusCode}`);
    }
    return { statusCode, report };
  }

  async close(): Promise<void> {
    await Promise.all(this.#ends.map((end) => end()));
  }
}

async function compose(environment: Environment): Promise<Runtime & { readonly publish: Publish }> {
  const { DATABASE_URL: url, POOL_HEALTH_SHARED_USER: sharedUser, POOL_HEALTH_METRICS_FILE: file = null } = environment;
  if (url !== undefined) {
    const { parseSettings, parseUrlPool } = await import('../../../functions/compose/url.js');
    const { urlMonitor } = await import('../../../functions/compose/url-monitor.js');
    const { metricsFilePublisher } = await import('../../../functions/dev/metrics-file.js');
    const pool = parseUrlPool({ url, sharedUser, settings: parseSettings(environment) });
    return { ...urlMonitor(pool), publish: metricsFilePublisher(file, 'PoolHealth') };
  }
  const { awsMonitor } = await import('../../../functions/compose/aws-monitor.js');
  const { awsPublisher } = await import('../../../functions/compose/aws-publisher.js');
  return { ...awsMonitor(environment), publish: awsPublisher(environment) };
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
