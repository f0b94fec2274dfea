import * as v from 'valibot';
import type { PoolReport } from '../../core/pool-report.js';
import { Failure, UsageError } from '../errors.js';
import type { CheckResult } from './source.js';

const number = v.nullable(v.number());
/** Goes to a terminal, which control characters would command. */
const word = v.pipe(v.string(), v.regex(/^\P{Cc}*$/u));
const health = v.picklist(['healthy', 'unhealthy']);

/** What is shown of a report. Whatever else an API of another version says is left alone. */
const report = v.looseObject({
  status: health,
  metrics: v.looseObject({
    activeConnections: number,
    idleConnections: number,
    waitingRequests: number,
    totalConnections: number,
    poolSize: number,
  }),
  config: v.looseObject({ min: number, max: number, idleTimeout: number, connectionTimeout: number }),
  utilization: v.looseObject({ percent: number, status: word }),
  timestamp: v.pipe(v.string(), v.isoTimestamp()),
  pool: word,
  managedPool: v.nullable(
    v.looseObject({
      kind: word,
      source: word,
      size: number,
      inUse: number,
      waiting: number,
      ageSeconds: number,
    }),
  ),
  // An API of an earlier version does not tell.
  database: v.optional(v.nullable(v.looseObject({ slots: v.number(), usedSlots: number })), null),
  saturatedLayer: v.nullable(word),
  problems: v.array(v.looseObject({ code: word, severity: word, layer: word, text: word })),
  ageMs: v.number(),
  pools: v.optional(v.array(v.looseObject({ pool: word, status: health, percent: number }))),
});

/**
 * What the route answered.
 *
 * @throws UsageError when there is no such pool or route
 * @throws Failure with what to do when it is no report
 */
export function answered(status: number, text: string, isSigned: boolean): CheckResult {
  if (status === 404) {
    throw new UsageError('the API has no such pool, or no pool-health behind it (404): check --api and --pool');
  }
  if (status === 401 || status === 403) {
    throw new Failure(
      isSigned
        ? `the API refused the signed request (${status}): allow execute-api:Invoke on the route to these credentials`
        : `the API wants signed requests (${status}): add --sign, with AWS credentials that may execute-api:Invoke`,
    );
  }
  if (status === 429) {
    throw new Failure('the API is asked too often (429): try again in a second');
  }
  const parsed = v.safeParse(report, json(text));
  if ((status !== 200 && status !== 503) || !parsed.success) {
    throw new Failure(`the API answered ${status} with something that is no report of pool-health`);
  }
  const known = parsed.output as unknown as PoolReport;
  return { json: text, report: known, problems: known.problems.map((problem) => ({ ...problem, values: {} })) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
