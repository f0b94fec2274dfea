import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as v from 'valibot';
import { attachedPool, attachedPoolMistakes } from './construct/attached-pool.js';
import { ContextError, closed, counting, matching, shapeMistakes } from './context-schema.js';

/**
 * The context "pool-health" of cdk.json: its schema, and what is made of it. Every key that both modes know is optional;
 * their defaults are those of `PoolHealthProps`.
 */

const percent = v.pipe(
  v.number('a number from 0 to 100'),
  v.minValue(0, 'a number from 0 to 100'),
  v.maxValue(100, 'a number from 0 to 100'),
);
const positive = v.pipe(v.number('a number above 0'), v.gtValue(0, 'a number above 0'));
const emails = v.array(
  v.pipe(v.string('an e-mail address'), v.email('an e-mail address')),
  'a list of e-mail addresses',
);
const retentionDays = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

const both = {
  /** Name of the stack, first part of the alarms' names, name of the dashboard. */
  name: v.optional(
    matching(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'up to 64 letters, digits or "-", beginning with a letter'),
    'pool-health',
  ),
  parameterPrefix: v.exactOptional(
    matching(/^(?!\/(?:aws|ssm)(?:\/|$))(?:\/[\w.-]+)+$/i, 'a path such as "/pool-health", not under /aws or /ssm'),
  ),
  thresholds: v.exactOptional(
    closed({
      utilizationWarning: v.exactOptional(positive),
      utilizationHigh: v.exactOptional(positive),
      utilizationCritical: v.exactOptional(positive),
      activeHigh: v.exactOptional(percent),
      borrowLatencyMs: v.exactOptional(positive),
      proxyPinned: v.exactOptional(percent),
      proxyNearLimit: v.exactOptional(percent),
    }),
  ),
  emails: v.exactOptional(closed({ actNow: v.exactOptional(emails), notice: v.exactOptional(emails) })),
  apiAuth: v.exactOptional(v.picklist(['none', 'iam'], '"none" or "iam"')),
  detailsAuth: v.exactOptional(v.picklist(['none', 'iam'], '"none" or "iam"')),
  reservedConcurrency: v.exactOptional(counting()),
  logRetentionDays: v.exactOptional(v.picklist(retentionDays, `one of ${retentionDays.join(', ')}`)),
  runbook: v.exactOptional(matching(/^\S+$/, 'a path or URL without spaces')),
};

/** The keys of the context; messages say what is accepted. */
export const CONTEXT = v.variant(
  'mode',
  [
    closed({ mode: v.literal('demo'), ...both }),
    closed({
      mode: v.literal('attach'),
      ...both,
      vpcId: matching(/^vpc-[0-9a-f]+$/, 'the id of a VPC, "vpc-…"'),
      subnetIds: v.pipe(
        v.array(matching(/^subnet-[0-9a-f]+$/, 'the id of a subnet, "subnet-…"'), 'a list of subnet ids'),
        v.minLength(1, 'at least one subnet of the VPC; two in different zones keep the check alive when one fails'),
      ),
      egress: v.picklist(
        ['nat', 'endpoints'],
        '"nat" (the subnets reach AWS already) or "endpoints" (interface endpoints are made)',
      ),
      pools: v.array(attachedPool, 'a list of pools'),
    }),
  ],
  '"demo" (a whole small environment) or "attach" (to what exists)',
);

export type Options = v.InferOutput<typeof CONTEXT>;
export type AttachOptions = Extract<Options, { mode: 'attach' }>;

/**
 * The options of a deployment.
 *
 * @param context the value of "pool-health": an object from cdk.json, or JSON text from `cdk -c pool-health='{…}'`
 * @throws ContextError that lists every mistake
 */
export function readContext(context: unknown): Options {
  const value = typeof context === 'string' ? parse(context) : (context ?? {});
  const parsed = v.safeParse(CONTEXT, value);
  const mistakes = [...shapeMistakes(parsed.issues ?? []), ...mistakesBetween(value)];
  if (!parsed.success || mistakes.length > 0) {
    throw new ContextError(mistakes);
  }
  return parsed.output;
}

/** The mistakes that the shape does not show, whatever the mistakes in the shape. */
function mistakesBetween(value: unknown): readonly string[] {
  const attach = v.safeParse(v.object({ mode: v.literal('attach'), pools: v.array(v.unknown()) }), value);
  return attach.success ? attachedPoolMistakes(attach.output.pools) : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ContextError(['the context must be JSON, such as {"mode": "demo"}']);
  }
}
