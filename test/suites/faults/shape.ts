import * as v from 'valibot';
import { PROBLEMS, type ProblemCode } from '../../../functions/core/problems.js';

/** The JSON of the public route as the contract has it: these keys with these types; others may stand beside them. */

const count = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0)));
const percent = v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0)));
const status = v.picklist(['healthy', 'unhealthy']);
const utilization = v.picklist(['normal', 'warning', 'critical', 'unknown']);
const codes = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];
const problem = v.pipe(
  v.strictObject({
    code: v.picklist(codes),
    severity: v.picklist(['error', 'warning']),
    layer: v.picklist(['app', 'managed', 'database', 'config', 'aws']),
    text: v.string(),
  }),
  v.check(({ code, text }) => PROBLEMS[code].text === text, 'the fixed text of the code'),
);

const report = v.looseObject({
  status,
  metrics: v.strictObject({
    activeConnections: count,
    idleConnections: count,
    waitingRequests: count,
    totalConnections: count,
    poolSize: count,
  }),
  config: v.strictObject({ min: count, max: count, idleTimeout: count, connectionTimeout: count }),
  utilization: v.strictObject({ percent, status: utilization, of: v.nullable(v.picklist(['open', 'active'])) }),
  timestamp: v.pipe(v.string(), v.isoTimestamp()),
  pool: v.string(),
  managedPool: v.nullable(
    v.looseObject({
      kind: v.picklist(['rds-proxy', 'pgbouncer', 'none', 'unknown']),
      source: v.picklist(['definition', 'host name', 'console', 'backend']),
      size: count,
      inUse: count,
      waiting: count,
      ageSeconds: count,
    }),
  ),
  limitedBy: v.nullable(v.picklist(['app', 'managed', 'database'])),
  saturatedLayer: v.nullable(v.picklist(['database', 'managed', 'app'])),
  problems: v.array(problem),
  ageMs: v.pipe(v.number(), v.minValue(0)),
  pools: v.optional(v.array(v.strictObject({ pool: v.string(), status, percent, utilization }))),
});

const message = v.strictObject({ message: v.string() });

const answer = v.strictObject({
  statusCode: v.picklist([200, 503, 404, 405]),
  headers: v.looseObject({
    'content-type': v.literal('application/json'),
    'cache-control': v.literal('no-store'),
  }),
  body: v.string(),
});

export type Report = v.InferOutput<typeof report>;

/**
 * The body of an answer of the public route: a report for 200 and 503, a message otherwise.
 *
 * @throws Error when the answer is not what the contract says
 */
export function readAnswer(from: unknown): { readonly statusCode: number; readonly report: Report | null } {
  const { statusCode, body } = v.parse(answer, from);
  const json: unknown = JSON.parse(body);
  if (statusCode === 404 || statusCode === 405) {
    v.parse(message, json);
    return { statusCode, report: null };
  }
  const seen = v.parse(report, json);
  if ((statusCode === 200) !== (seen.status === 'healthy')) {
    throw new Error(`${statusCode} for a pool that is ${seen.status}`);
  }
  return { statusCode, report: seen };
}
