import { NestedStack, Stack } from 'aws-cdk-lib';
import { CfnAlarm, CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, test } from 'vitest';
import { appOf, DEPLOYMENTS } from '../../support/deployments.js';
import { emptyApp } from '../../support/synth.js';
import type { Finding } from '../../support/validation-report.js';
import { examine } from './preflight.js';

/** Findings on the demo that are wrong, because the rules evaluate no conditions. */
const WRONG = [
  {
    rule: 'F3020',
    at: /\/Demo\/Vpc\/isolatedSubnet\d\/Subnet$/,
    why: 'In each region a condition makes one of the two properties, zone or zone id, AWS::NoValue.',
  },
  {
    rule: 'pf-ec2-vpce-subnet-az-unique',
    at: /\/Functions\/Network\/\w+\/Resource$/,
    why: 'The subnets are in different zones. The rule reads a zone behind a condition as null, so both look the same.',
  },
];

/** An alarm has at most a day of periods, which no schema says: 86,400 s for periods below an hour. */
const TOO_LONG = { comparisonOperator: 'GreaterThanThreshold', evaluationPeriods: 1500, period: 60, threshold: 1 };
const ALARM = { ...TOO_LONG, namespace: 'PoolHealth', metricName: 'Healthy', statistic: 'Minimum' };

const isWrong = ({ ruleName, constructPath }: Finding) =>
  WRONG.some(({ rule, at }) => rule === ruleName && at.test(constructPath));

describe('cdk-preflight, strict', () => {
  test.each([...DEPLOYMENTS])('finds nothing that AWS would refuse in %s', (title, contexts) => {
    const findings = examine(appOf(contexts));
    const isDemo = title === 'the demo';
    expect(findings.filter((finding) => !(isDemo && isWrong(finding)))).toEqual([]);
    if (isDemo) {
      expect(new Set(findings.map(({ ruleName }) => ruleName))).toEqual(new Set(WRONG.map(({ rule }) => rule)));
    }
  });

  test('finds what AWS refuses, in nested stacks too', () => {
    const app = emptyApp();
    const stack = new Stack(app, 'Bad');
    new CfnAlarm(stack, 'TooLong', ALARM);
    new CfnAlarm(new NestedStack(stack, 'Nested'), 'TooLongToo', ALARM);
    new CfnDashboard(stack, 'Dashboard', { dashboardBody: '{"widgets": 1}' });
    const found = examine(app).map(({ constructPath }) => constructPath.split('/').at(-1));
    expect(new Set(found)).toEqual(new Set(['TooLong', 'TooLongToo', 'Dashboard']));
  });
});
