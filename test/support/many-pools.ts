import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { AttachedPool } from '../../infra/context.js';
import { ATTACH } from './synth.js';

/** Pools of a deployment with many, `pool-01` and so on: of three, two are behind the RDS Proxy and one is reached directly. */
export function manyPools(count: number): readonly AttachedPool[] {
  const [proxied, , direct] = ATTACH.pools;
  return Array.from({ length: count }, (_, index) => ({
    ...(index % 3 === 2 ? direct : proxied),
    name: `pool-${String(index + 1).padStart(2, '0')}`,
  })) as unknown as readonly AttachedPool[];
}

/** The templates of a stack and its nested stacks, by their path. */
export function templatesOf(stack: Stack): ReadonlyMap<string, Template> {
  const stacks = stack.node.findAll().filter((node) => Stack.isStack(node));
  return new Map(stacks.map((each) => [each.node.path, Template.fromStack(each)]));
}
