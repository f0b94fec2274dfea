import { CfnOutput, Stack } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { expect, it } from 'vitest';
import { Functions } from '../../../infra/construct/functions.js';
import { checkedPools } from '../../../infra/construct/pools.js';
import { ATTACH, emptyApp, stackOf } from '../../support/synth.js';

/** A deployment of 100 pools takes seconds of the processor, which a busy machine shares. */
const DEPLOYMENT_TIMEOUT_MS = 60_000;
/** What CloudFormation takes as the description of an output. */
const MAX_DESCRIPTION_BYTES = 1_024;

const [, , reports] = ATTACH.pools;
/** Pools with names of so many characters. */
const pools = (count: number, characters: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: `pool-${index}-`.padEnd(characters, 'x'),
    definition: reports.definition,
  }));
const descriptionsOf = (stack: Stack) =>
  new Map(
    stack.node.children.flatMap((child) =>
      child instanceof CfnOutput ? [[child.node.id, child.description ?? ''] as const] : [],
    ),
  );

it('the output with the SQL of the role names as many pools as a description can', {
  timeout: DEPLOYMENT_TIMEOUT_MS,
}, () => {
  const many = pools(100, 64);
  const descriptions = descriptionsOf(stackOf({ ...ATTACH, pools: many.map((pool) => ({ ...reports, ...pool })) }));
  for (const [id, description] of descriptions) {
    expect(Buffer.byteLength(description), id).toBeLessThanOrEqual(MAX_DESCRIPTION_BYTES);
  }
  const named = many.slice(0, 14).map(({ name }) => name);
  expect(descriptions.get('CheckRoleSql')).toBe(
    `Creates the role of the check: run it in the database of ${named.join(', ')} … and 86 more`,
  );
});

it('the output with the SQL of the role names all pools if a description has space for them', () => {
  expect(descriptionsOf(stackOf(ATTACH)).get('CheckRoleSql')).toBe(
    'Creates the role of the check: run it in the database of orders, carts',
  );
});

it.each([
  [64, ['the names of the 100 pools need 6560 bytes of environment variables, and Lambda takes 4096']],
  [40, ['the names of the 100 pools need 4160 bytes of environment variables, and Lambda takes 4096']],
  [39, []],
])(
  '100 names of %i characters are refused only if the page cannot have them in its environment',
  (characters, mistakes) => {
    const functions = new Functions(new Stack(emptyApp(), 'Long'), 'Functions', {
      pools: checkedPools(pools(100, characters)),
      parameterPrefix: '/pool-health',
      namespace: 'PoolHealth',
      logRetention: RetentionDays.TWO_WEEKS,
    });
    const wayOut =
      'give pools that are not deployed yet shorter names, or deploy some of the pools as a second deployment, with its own name and parameterPrefix';
    expect(functions.node.validate()).toEqual(mistakes.map((mistake) => `${mistake}: ${wayOut}`));
  },
);
