import { App } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../functions/core/pool-definition.js';
import { readContext } from '../../infra/context.js';
import { PoolHealthStack } from '../../infra/stack.js';
import { read } from '../support/markdown.js';
import { OLD_DEPLOYMENTS } from '../support/upgrade.js';

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

it('the changelog says what an upgrade changes', () => {
  const [, section = ''] = read('CHANGELOG.md').split('### What an upgrade changes\n');
  const [entries = ''] = section.split('\n##');
  for (const key of ['`utilization`', '`role`', '`count`', '`sharedUser`']) {
    expect(entries).toContain(key);
  }
});
