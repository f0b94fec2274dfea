import { App } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../functions/core/pool-definition.js';
import { readContext } from '../../infra/context.js';
import { PoolHealthStack } from '../../infra/stack.js';
import { manyPools } from '../support/many-pools.js';
import { read } from '../support/markdown.js';
import { ATTACH, templateOf } from '../support/synth.js';
import { OLD_ALARMS, OLD_DEPLOYMENTS } from '../support/upgrade.js';

/** A synth of 35 pools takes seconds of the processor, which a busy machine shares. */
const SYNTH_TIMEOUT_MS = 240_000;

describe.each(OLD_DEPLOYMENTS)('the cdk.json of 0.1.0: $file', ({ context, pools }) => {
  it('is deployed without a change, under the names that it had', () => {
    const stack = new PoolHealthStack(
      new App({ context, analyticsReporting: false }),
      readContext(context['pool-health']),
    );
    const template = Template.fromStack(stack);
    expect(stack.stackName).toBe('pool-health');
    const parameters = Object.values(template.findResources('AWS::SSM::Parameter')).map(({ Properties }) => Properties);
    const names = pools.length > 0 ? pools.map(({ name }) => name) : ['demo'];
    expect(parameters.map(({ Name }) => Name).sort()).toEqual(names.map((name) => `/pool-health/${name}`).sort());
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'PoolHealth', MetricName: 'Healthy' });
    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
  });

  it.each(pools)('its definition of $name is accepted, and says nothing about what is new', ({ name, definition }) => {
    const validation = parseDefinition(name, JSON.stringify(definition));
    const { pool, environment, ...written } = definition;
    expect(validation).toMatchObject({ ok: true, warnings: [] });
    expect(validation.ok && validation.config).toMatchObject({
      ...written,
      settings: pool,
      utilization: null,
      role: null,
    });
  });
});

describe.each([
  [1, 90],
  [9, 187],
  [35, 499],
])(
  'the alarms of %i pools, as 0.1.0 deployed them in %i resources',
  { timeout: SYNTH_TIMEOUT_MS },
  (count, resources) => {
    it('keep their stack, logical ids and names, but for those of the functions, which are two now', () => {
      const pools = manyPools(count);
      const { Resources } = templateOf({ ...ATTACH, pools }).toJSON();
      const isDeployed = (name: string) =>
        pools.some((pool) => name.startsWith(`pool-health-${pool.name}-`)) || name.startsWith('pool-health-shop-');
      const before = Object.entries(OLD_ALARMS).filter(([, name]) => isDeployed(name));
      expect(before).toHaveLength(count * 11 + 4);
      const now = Object.entries<{ Type: string; Properties: { AlarmName: string } }>(Resources).flatMap(
        ([id, { Type, Properties }]) => (Type.endsWith('Alarm') ? [[id, Properties.AlarmName] as const] : []),
      );
      expect(Object.fromEntries(now)).toMatchObject(Object.fromEntries(before));
      const added = now.flatMap(([id, name]) => (OLD_ALARMS[id] === name ? [] : [name]));
      expect(added.sort()).toEqual(['pool-health-monitor-errors', 'pool-health-monitor-throttles']);
      // A deployment that just fits into its stack fits after the upgrade too.
      expect(Object.keys(Resources).length).toBeLessThanOrEqual(resources);
    });
  },
);

it('the changelog says what an upgrade changes', () => {
  const [, section = ''] = read('CHANGELOG.md').split('### What an upgrade changes\n');
  const [entries = ''] = section.split('\n##');
  for (const key of [
    '`utilization`',
    '`role`',
    '`count`',
    '`sharedUser`',
    '`auth.arn`',
    '"namespace": "PoolHealth"',
    '-c mode=demo',
  ]) {
    expect(entries).toContain(key);
  }
});
