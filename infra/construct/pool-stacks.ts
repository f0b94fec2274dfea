import { CfnResource, NestedStack, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { POOL_ALARMS } from '../monitoring/pool-alarms.js';
import { PROXY_ALARMS } from '../monitoring/proxy-alarms.js';

/** The stack of the deployment itself. */
export const MAIN_STACK = 0;
/** Resources that one stack may have. @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_RESOURCES = 500;
/** The alarms of a pool, its composite alarm and its definition. */
const RESOURCES_PER_POOL = POOL_ALARMS.length + 2;

/** A pool, and the stack that contains its alarms and its definition. */
export interface PlacedPool {
  readonly name: string;
  /** 0 is the main stack, n the nested stack n. */
  readonly alarmStack: number;
  /** The RDS Proxy in front of it; its alarms are in the lowest stack of its pools. */
  readonly proxy: string | null;
}

/**
 * The stacks that contain the alarms and definitions of the pools. Each pool names its stack, and nothing moves automatically:
 * CloudFormation creates before it deletes, so an alarm that moved would clash with itself.
 */
export class PoolStacks {
  readonly #owner: Construct;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #nested = new Map<number, NestedStack>();
  readonly #scopes = new Map<string, Construct>();

  /** @param owner the construct in the main stack that the nested stacks are created in */
  constructor(owner: Construct, pools: readonly PlacedPool[]) {
    this.#owner = owner;
    this.#numbers = new Map(pools.map(({ name, alarmStack }) => [name, alarmStack]));
    owner.node.addValidation({ validate: () => [...this.#mistakes(pools)] });
  }

  /**
   * The scope for resources of a pool.
   *
   * @param main their scope in the main stack; in a nested stack a construct with the same id takes its place
   */
  scopeOf(pool: string, main: Construct): Construct {
    const number = this.#numbers.get(pool) ?? MAIN_STACK;
    if (number === MAIN_STACK) {
      return main;
    }
    const key = `${number}/${main.node.id}`;
    const scope = this.#scopes.get(key) ?? new Construct(this.#stack(number), main.node.id);
    this.#scopes.set(key, scope);
    return scope;
  }

  #stack(number: number): NestedStack {
    const id = `Pools${number}`;
    const stack =
      this.#nested.get(number) ??
      new NestedStack(this.#owner, id, {
        description: `pool-health, the pools with alarmStack ${number}`,
        // A template may have 1 MB, and indentation is a quarter of it.
        suppressTemplateIndentation: true,
      });
    this.#nested.set(number, stack);
    return stack;
  }

  #mistakes(pools: readonly PlacedPool[]): readonly string[] {
    const stacks: readonly (readonly [number, Stack])[] = [[MAIN_STACK, Stack.of(this.#owner)], ...this.#nested];
    const counts = new Map(stacks.map(([number, stack]) => [number, resourcesOf(stack)]));
    return [...counts].flatMap(([number, count]) => (count <= MAX_RESOURCES ? [] : [mistake(number, counts, pools)]));
  }
}

function mistake(full: number, counts: ReadonlyMap<number, number>, all: readonly PlacedPool[]): string {
  const count = counts.get(full) ?? 0;
  const pools = all.filter(({ alarmStack }) => alarmStack === full);
  const stack = full === MAIN_STACK ? 'the main stack' : `the stack of "alarmStack": ${full}`;
  const problem = `${stack} contains the alarms of ${pools.length} pools and needs ${count} resources, and a stack may have ${MAX_RESOURCES}`;
  const bounds = pools.map((pool) => resourcesOfPool(pool, all));
  const freed = bounds.map(({ least }) => least).sort((one, other) => one - other);
  const taken = bounds.map(({ most }) => most).sort((one, other) => other - one);
  for (let moved = 1; moved <= pools.length; moved++) {
    const places = nextPlaces(moved, full, counts, taken);
    // A nested stack is a resource of the main stack.
    const created = full === MAIN_STACK ? places.filter(({ number }) => !counts.has(number)).length : 0;
    if (count + created - sum(freed.slice(0, moved)) <= MAX_RESOURCES) {
      const texts = places.map(({ number, size }) => `"alarmStack": ${number} for ${size} of them`);
      return `${problem}: set ${texts.join(' and ')}, best for those that are not deployed yet. Moving the alarms of a deployed pool takes two deployments`;
    }
  }
  return `${problem}: deploy some of the pools as a second deployment, with its own name and parameterPrefix`;
}

/**
 * Resources that a pool takes along to a higher stack. The alarms of a shared proxy go when all its pools of the stack go, so
 * whichever pools the user moves, they take at least and at most the sum of theirs.
 */
function resourcesOfPool({ proxy, alarmStack }: PlacedPool, all: readonly PlacedPool[]) {
  const stacks = all.filter((other) => proxy !== null && other.proxy === proxy).map((other) => other.alarmStack);
  const sharing = Math.min(...stacks) === alarmStack ? stacks.filter((stack) => stack === alarmStack).length : 0;
  return {
    least: RESOURCES_PER_POOL + (sharing === 1 ? PROXY_ALARMS.length : 0),
    most: RESOURCES_PER_POOL + (sharing > 0 ? PROXY_ALARMS.length / sharing : 0),
  };
}

/**
 * The next stacks that have space for so many pools, and how many each takes.
 *
 * @param taken resources of each pool that may move, the largest first
 */
function nextPlaces(pools: number, full: number, counts: ReadonlyMap<number, number>, taken: readonly number[]) {
  const places: { readonly number: number; readonly size: number }[] = [];
  for (let number = full + 1, left = pools; left > 0; number++) {
    const space = MAX_RESOURCES - (counts.get(number) ?? 0);
    let size = 0;
    while (size < left && sum(taken.slice(0, size + 1)) <= space) {
      size++;
    }
    if (size > 0) {
      places.push({ number, size });
      left -= size;
    }
  }
  return places;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function resourcesOf(stack: Stack): number {
  return stack.node.findAll().filter((each) => CfnResource.isCfnResource(each) && each.stack === stack).length;
}
