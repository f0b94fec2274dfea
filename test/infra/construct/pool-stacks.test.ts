import { Stack } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { Alarm, CfnAlarm, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, it } from 'vitest';
import { PoolHealth } from '../../../infra/construct/pool-health.js';
import { MAIN_STACK } from '../../../infra/construct/pool-stacks.js';
import type { WatchedPoolProps } from '../../../infra/construct/pools.js';
import { POOL_ALARMS } from '../../../infra/monitoring/pool-alarms.js';
import { PROXY_ALARMS } from '../../../infra/monitoring/proxy-alarms.js';
import { templatesOf } from '../../support/many-pools.js';
import { emptyApp } from '../../support/synth.js';
import { alarmsOf, compositesOf } from '../../support/templates.js';

/** A synth of 100 pools takes ten seconds of the processor, which a busy machine shares. */
const SYNTH_TIMEOUT_MS = 240_000;
/** What CloudFormation takes. */
const MAX_RESOURCES = 500;
const MAX_BYTES = 1_000_000;
const MAX_OUTPUTS = 200;

const DEFINITION = {
  database: 'app',
  user: 'watcher',
  auth: { type: 'secret', arn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:watcher-AbCdEf' },
} as const;

/**
 * A deployment in a stack of its own.
 *
 * @param stackOf the `alarmStack` of each pool; undefined leaves it out
 * @param own resources of the user in the stack
 * @param proxies RDS Proxies in front of the pools, which take turns
 */
function deployment(pools: number, stackOf: (index: number) => number | undefined, own = 0, proxies = 10) {
  const stack = new Stack(emptyApp(), 'Shop', { suppressTemplateIndentation: true });
  for (let index = 0; index < own; index++) {
    new CfnAlarm(stack, `Own${index}`, { comparisonOperator: 'GreaterThanThreshold', evaluationPeriods: 1 });
  }
  const health = new PoolHealth(stack, 'Health', {
    pools: Array.from({ length: pools }, (_, index): WatchedPoolProps => {
      const alarmStack = stackOf(index);
      return {
        name: `pool-${index}`,
        definition: { ...DEFINITION, endpoint: `proxy-${index % proxies}.proxy-abc.eu-central-1.rds.amazonaws.com` },
        ...(alarmStack !== undefined && { alarmStack }),
      };
    }),
  });
  return { stack, health, templates: () => templatesOf(stack) };
}

/** The mistakes of a synth, without the templates. */
const mistakesOf = ({ health }: ReturnType<typeof deployment>) => health.node.validate().join('\n');
/** The stacks that a mistake names, each as often as pools are to be moved to it. */
const placesIn = (mistake: string) =>
  [...mistake.matchAll(/"alarmStack": (\d+) for (\d+) of them/g)].flatMap(([, number, size]) =>
    Array.from({ length: Number(size) }, () => Number(number)),
  );

const namesIn = (template: Template | undefined) =>
  template ? [...alarmsOf(template).keys(), ...compositesOf(template).keys()] : [];

describe('a deployment of 100 pools in one stack and two nested stacks', { timeout: SYNTH_TIMEOUT_MS }, () => {
  const { health, templates } = deployment(100, (index) => (index < 31 ? 0 : index < 72 ? 1 : 2));
  const all = templates();
  const main = all.get('Shop');

  it('fits into what CloudFormation takes', () => {
    expect([...all.keys()]).toEqual(['Shop', 'Shop/Health/Pools1', 'Shop/Health/Pools2', 'Shop/Health/Dashboard2']);
    for (const [path, template] of all) {
      const { Resources, Outputs = {}, Parameters = {} } = template.toJSON();
      expect(Object.keys(Resources).length, path).toBeLessThanOrEqual(MAX_RESOURCES);
      expect(JSON.stringify(template.toJSON()).length, path).toBeLessThan(MAX_BYTES);
      expect(Object.keys(Outputs).length, path).toBeLessThan(MAX_OUTPUTS);
      expect(Object.keys(Parameters).length, path).toBeLessThan(MAX_OUTPUTS);
    }
  });

  it('has every alarm once: those of each pool, of each proxy and of the monitor', () => {
    const names = [...all.values()].flatMap(namesIn);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(100 * (POOL_ALARMS.length + 1) + 10 * PROXY_ALARMS.length + 2);
    expect([...health.alarms.keys()].map((key) => `Shop-${key}`).sort()).toEqual(names.sort());
  });

  it('has alarms and definition of a pool in the stack that the pool names, and a proxy with its first pool', () => {
    const nested = all.get('Shop/Health/Pools1');
    expect(namesIn(nested)).toEqual(expect.arrayContaining(['Shop-pool-31-heartbeat', 'Shop-pool-31-act-now']));
    nested?.hasResourceProperties('AWS::SSM::Parameter', { Name: '/pool-health/pool-31' });
    expect(namesIn(main)).toEqual(expect.arrayContaining(['Shop-pool-30-heartbeat', 'Shop-proxy-9-proxy-pinned']));
    expect(namesIn(nested).filter((name) => name.includes('-proxy-pinned'))).toEqual([]);
  });

  it('leaves the alarms of a proxy where they are when a pool of a higher stack comes first', () => {
    const reversed = deployment(20, (index) => (index < 10 ? 1 : 0)).templates();
    expect(namesIn(reversed.get('Shop'))).toEqual(expect.arrayContaining(['Shop-proxy-0-proxy-pinned']));
  });

  it('creates the alarms of nested stacks after the schedule, as those of the main stack', () => {
    const { Resources } = main?.toJSON() ?? {};
    const [schedule] = Object.keys(main?.findResources('AWS::Scheduler::Schedule') ?? {});
    const later = Object.values<{ Type: string; DependsOn?: string[] }>(Resources).filter(
      ({ DependsOn = [] }) => schedule !== undefined && DependsOn.includes(schedule),
    );
    expect(later.filter(({ Type }) => Type === 'AWS::CloudFormation::Stack')).toHaveLength(2);
  });
});

describe('a full stack', { timeout: SYNTH_TIMEOUT_MS }, () => {
  it('is refused with the next numbers, and how many pools each takes', () => {
    expect(() => deployment(100, () => undefined).templates()).toThrowError(
      /the main stack contains the alarms of 100 pools and needs \d{4} resources, and a stack may have 500: set "alarmStack": 1 for 40 of them and "alarmStack": 2 for \d+ of them, best for those that are not deployed yet\. Moving the alarms of a deployed pool takes two deployments/,
    );
  });

  it('is refused with the number of a nested stack that has space', () => {
    const stacks = [0, 1, 2];
    expect(() => deployment(80, (index) => (index < 60 ? 1 : stacks[index % 3])).templates()).toThrowError(
      /the stack of "alarmStack": 1 contains the alarms of \d+ pools and needs \d+ resources, and a stack may have 500: set "alarmStack": 2 for \d+ of them/,
    );
  });

  it.each([
    ['an RDS Proxy each', 60, 60, 31, 'last'],
    ['an RDS Proxy for two', 70, 35, 35, 'last'],
    ['an RDS Proxy for ten, whose pools move together', 100, 10, 40, 'whole proxies'],
    ['one RDS Proxy', 100, 1, 41, 'last'],
  ])('fits after the pools were moved as the message says: %s', (_, pools, proxies, first, which) => {
    const places = placesIn(mistakesOf(deployment(pools, () => MAIN_STACK, 0, proxies)));
    expect(places.filter((place) => place === 1)).toHaveLength(first);
    const order = Array.from({ length: pools }, (_, index) => index);
    if (which === 'whole proxies') {
      order.sort((one, other) => (one % proxies) - (other % proxies));
    }
    const moved = new Map(order.slice(-places.length).map((pool, index) => [pool, places[index]]));
    expect(mistakesOf(deployment(pools, (index) => moved.get(index), 0, proxies))).toBe('');
  });

  it('is refused with another way out if the pools are not what fills it', () => {
    expect(() => deployment(2, () => undefined, 480).templates()).toThrowError(
      /the main stack contains the alarms of 2 pools and needs \d+ resources, and a stack may have 500: deploy some of the pools as a second deployment, with its own name and parameterPrefix/,
    );
  });
});

it("a user's stack may refer to an alarm in a nested stack", () => {
  const { stack, health } = deployment(2, (index) => index);
  const alarm = health.alarms.get('pool-1-unhealthy');
  expect(alarm).toBeInstanceOf(Alarm);
  health.dashboard.addWidgets(new TextWidget({ markdown: alarm?.alarmArn ?? '' }));
  const nested = templatesOf(stack).get('Shop/Health/Pools1');
  expect(Object.keys(nested?.toJSON().Outputs)).toHaveLength(1);
});
