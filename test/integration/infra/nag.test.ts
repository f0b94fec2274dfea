import { type Acknowledgment, type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ATTACH, emptyApp, stackOf } from '../../support/synth.js';
import { findingsOf } from '../../support/validation-report.js';

/** Findings of the AwsSolutions rules, and of the CDK's own checks of templates, as `rule at construct`. */
function findings(app: App): readonly string[] {
  return findingsOf(app).map(({ ruleName, constructPath }) => `${ruleName} at ${constructPath}`);
}

function checked(context: unknown): App {
  const app = emptyApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  stackOf(context, app);
  return app;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each([
  ['the demo', { mode: 'demo' }],
  ['attached, with endpoints', ATTACH],
  [
    'attached, with endpoints that the VPC has',
    { ...ATTACH, egress: 'existing', endpointsSecurityGroupId: 'sg-0eeeeeeeeeeeeeeee' },
  ],
  [
    'attached, with a nested stack',
    { ...ATTACH, pools: ATTACH.pools.map((pool, alarmStack) => ({ ...pool, alarmStack })) },
  ],
  ['attached, with NAT and a closed API', { ...ATTACH, egress: 'nat', apiAuth: 'iam' }],
])('%s', (_, context) => {
  it('has no finding without an explanation', () => {
    expect(findings(checked(context))).toEqual([]);
  });

  it('has no explanation without a finding', () => {
    const explained: Acknowledgment[] = [];
    vi.spyOn(Validations.prototype, 'acknowledge').mockImplementation((...rules) => {
      // Warnings of the CDK are explained by the CDK itself.
      explained.push(...rules.filter(({ id }) => !/^annotation::|^CloudFormation-Validate::W/.test(id)));
    });
    const found = new Set(findings(checked(context)).map((finding) => finding.replace(/ at .*/, '')));
    expect(new Set(explained.map(({ id }) => id.replace('CloudFormation-Validate::', '')))).toEqual(found);
    for (const { reason } of explained) {
      expect(reason.length).toBeGreaterThan(40);
    }
  });
});
