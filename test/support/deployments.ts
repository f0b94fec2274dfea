import type { App } from 'aws-cdk-lib';
import { manyPools } from './many-pools.js';
import { ATTACH, emptyApp, stackOf } from './synth.js';

/** Where the alarms of the first pools of a deployment are: in the main stack, then in nested stacks. */
const POOLS_PER_STACK = 31;

const SECOND = { ...ATTACH, name: 'second', parameterPrefix: '/second' };
const EXISTING = { egress: 'existing', endpointsSecurityGroupId: 'sg-0eeeeeeeeeeeeeeee' } as const;

/** How attached deployments reach AWS. */
export const WAYS_OUT = {
  NAT: { egress: 'nat' },
  'endpoints of its own': { egress: 'endpoints' },
  'endpoints that the VPC has': EXISTING,
} as const;

/** How many pools a deployment has: one, what one dashboard and one stack take, and what takes nested stacks. */
export const POOL_COUNTS = [1, 9, 35, 100] as const;

/** Deployments as users have them, by title: the contexts of the stacks of one account and region. */
export const DEPLOYMENTS: ReadonlyMap<string, readonly object[]> = new Map<string, readonly object[]>([
  ['the demo', [{ mode: 'demo' }]],
  ...Object.entries(WAYS_OUT).flatMap(([title, way]) =>
    POOL_COUNTS.map((count) => [`${count} pools with ${title}`, [withPools(count, way)]] as const),
  ),
  ['two deployments in one VPC, the second with the endpoints of the first', [ATTACH, { ...SECOND, ...EXISTING }]],
  ['two deployments in one VPC, both with NAT', [ATTACH, SECOND].map((each) => ({ ...each, egress: 'nat' }))],
]);

/** The context of an attached deployment of so many pools. */
export function withPools(count: number, way: object): object {
  const pools = manyPools(count);
  const alarmStack = (index: number) => (count > 35 ? Math.floor(index / POOLS_PER_STACK) : 0);
  return { ...ATTACH, ...way, pools: pools.map((pool, index) => ({ ...pool, alarmStack: alarmStack(index) })) };
}

/** An app with a stack for each context. */
export function appOf(contexts: readonly object[]): App {
  const app = emptyApp();
  for (const context of contexts) {
    stackOf(context, app);
  }
  return app;
}
