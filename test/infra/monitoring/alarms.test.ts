import { readFileSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { ATTACH, templateOf } from '../../support/synth.js';
import { type AlarmProperties, alarmsOf, compositesOf, plain } from '../../support/templates.js';

/** The contract's table, written out by hand: condition, minutes (M of N), missing data. */
const AT_LEAST = 'GreaterThanOrEqualToThreshold';
const ABOVE = 'GreaterThanThreshold';
const BELOW = 'LessThanThreshold';
const POOL_ALARMS = [
  ['utilization-warning', 'Utilization', 'Maximum', AT_LEAST, 70, 5, 5, 'ignore'],
  ['utilization-high', 'Utilization', 'Maximum', ABOVE, 80, 3, 5, 'ignore'],
  ['utilization-critical', 'Utilization', 'Maximum', ABOVE, 90, 2, 3, 'ignore'],
  ['saturated', 'Saturated', 'Maximum', AT_LEAST, 1, 1, 1, 'ignore'],
  ['unhealthy', 'Healthy', 'Minimum', BELOW, 1, 2, 3, 'ignore'],
  ['waiting-requests', 'WaitingRequests', 'Maximum', AT_LEAST, 1, 3, 5, 'notBreaching'],
  ['no-idle-connections', 'IF(total > 0 AND idle < 1, 1, 0)', '', AT_LEAST, 1, 10, 10, 'notBreaching'],
  ['active-high', '100 * activeConnections / poolSize', '', ABOVE, 80, 10, 10, 'ignore'],
  ['heartbeat', 'Healthy', 'SampleCount', BELOW, 1, 3, 3, 'breaching'],
  ['config-invalid', 'ConfigInvalid', 'Sum', AT_LEAST, 1, 1, 1, 'notBreaching'],
] as const;
const MONITOR_ALARMS = [
  ['monitor-errors', 'SUM(FILL(METRICS(), 0))', '', AT_LEAST, 1, 2, 3, 'notBreaching'],
  ['monitor-throttles', 'SUM(FILL(METRICS(), 0))', '', AT_LEAST, 1, 2, 3, 'notBreaching'],
] as const;
const PROXY_ALARMS = [
  ['proxy-borrow-latency', 'DatabaseConnectionsBorrowLatency', 'Average', AT_LEAST, 100_000, 3, 5, 'notBreaching'],
  [
    'proxy-pinned',
    '100 * databaseConnectionsCurrentlySessionPinned / databaseConnections',
    '',
    AT_LEAST,
    20,
    5,
    5,
    'notBreaching',
  ],
  [
    'proxy-availability',
    `SELECT AVG(AvailabilityPercentage) FROM SCHEMA("AWS/RDS", ProxyName, TargetGroup, TargetRole) WHERE ProxyName = 'shop' AND TargetRole != 'READ_ONLY'`,
    '',
    BELOW,
    90,
    3,
    5,
    'breaching',
  ],
  [
    'proxy-near-limit',
    '100 * databaseConnections / maxDatabaseConnectionsAllowed',
    '',
    ABOVE,
    80,
    3,
    5,
    'notBreaching',
  ],
] as const;
const ROWS = [...POOL_ALARMS, ...MONITOR_ALARMS, ...PROXY_ALARMS];
const POOLS = ['orders', 'carts', 'reports'];

let template: Template;
let alarms: ReadonlyMap<string, AlarmProperties>;
beforeAll(() => {
  template = templateOf(ATTACH);
  alarms = alarmsOf(template);
});

function alarm(name: string): AlarmProperties {
  const found = alarms.get(`pool-health-${name}`);
  if (!found) {
    throw new Error(`no alarm ${name}; there are ${[...alarms.keys()].join(', ')}`);
  }
  return found;
}

/** What the names of a row's alarms begin with. */
function subjectsOf(name: string): readonly string[] {
  return name.startsWith('proxy-') ? ['shop-'] : name.startsWith('monitor-') ? [''] : POOLS.map((pool) => `${pool}-`);
}

describe('every alarm agrees with the contract', () => {
  const cases = ROWS.flatMap((row) => subjectsOf(row[0]).map((subject) => [subject, ...row] as const));

  it.each(cases)('%s%s', (subject, name, metric, statistic, operator, threshold, m, n, missing) => {
    const found = alarm(`${subject}${name}`);
    const returned = found.Metrics?.find(({ ReturnData }) => ReturnData !== false);
    expect({
      metric: found.MetricName ?? returned?.Expression,
      statistic: found.Statistic ?? '',
      operator: found.ComparisonOperator,
      threshold: found.Threshold,
      m: found.DatapointsToAlarm,
      n: found.EvaluationPeriods,
      missing: found.TreatMissingData,
    }).toEqual({ metric, statistic, operator, threshold, m, n, missing });
  });

  it('there is no other alarm', () => {
    const expected = cases.map(([subject, name]) => `pool-health-${subject}${name}`);
    expect([...alarms.keys()].sort()).toEqual(expected.sort());
    expect([...compositesOf(template).keys()]).toEqual(POOLS.map((pool) => `pool-health-${pool}-act-now`));
  });
});

describe('alarms evaluate the right metrics', () => {
  it.each(POOLS)('alarms of pool %s evaluate metrics of that pool only', (pool) => {
    for (const [name, metric] of POOL_ALARMS) {
      const { Namespace, Dimensions, Metrics } = alarm(`${pool}-${name}`);
      const sources = Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) ?? [{ Namespace, Dimensions }];
      expect(sources.length, metric).toBeGreaterThan(0);
      for (const source of sources) {
        expect(source, name).toMatchObject({
          Namespace: 'PoolHealth',
          Dimensions: [{ Name: 'Pool', Value: pool }],
        });
      }
    }
  });

  it.each([
    ['orders-no-idle-connections', { total: ['TotalConnections', 'Average'], idle: ['IdleConnections', 'Average'] }],
    ['orders-active-high', { activeConnections: ['ActiveConnections', 'Average'], poolSize: ['PoolSize', 'Average'] }],
    [
      'monitor-errors',
      Object.fromEntries(['check', 'api', 'details', 'page'].map((label) => [label, ['Errors', 'Sum']])),
    ],
    [
      'monitor-throttles',
      Object.fromEntries(['check', 'api', 'details', 'page'].map((label) => [label, ['Throttles', 'Sum']])),
    ],
    [
      'shop-proxy-pinned',
      {
        databaseConnectionsCurrentlySessionPinned: ['DatabaseConnectionsCurrentlySessionPinned', 'Sum'],
        databaseConnections: ['DatabaseConnections', 'Sum'],
      },
    ],
    [
      'shop-proxy-near-limit',
      {
        databaseConnections: ['DatabaseConnections', 'Sum'],
        maxDatabaseConnectionsAllowed: ['MaxDatabaseConnectionsAllowed', 'Sum'],
      },
    ],
  ])('the expression of %s has the right terms', (name, terms) => {
    const stats = alarm(name).Metrics?.flatMap(({ Id, MetricStat }) =>
      MetricStat ? [[Id, [MetricStat.Metric.MetricName, MetricStat.Stat]]] : [],
    );
    expect(Object.fromEntries(stats ?? [])).toEqual(terms);
  });

  it('alarms of the monitor evaluate each of its functions', () => {
    const functions = Object.keys(template.findResources('AWS::Lambda::Function'));
    for (const name of ['monitor-errors', 'monitor-throttles']) {
      const dimensions = alarm(name).Metrics?.flatMap(({ MetricStat }) => MetricStat?.Metric.Dimensions ?? []);
      expect(dimensions?.map(({ Name, Value }) => [Name, plain(Value)]).sort(), name).toEqual(
        functions.map((id) => ['FunctionName', id]).sort(),
      );
    }
  });

  it('alarms of a proxy evaluate metrics of that proxy', () => {
    expect(alarm('shop-proxy-borrow-latency')).toMatchObject({
      Namespace: 'AWS/RDS',
      Dimensions: [{ Name: 'ProxyName', Value: 'shop' }],
    });
  });

  it('no alarm sums over more than one minute, which would count a gauge several times', () => {
    for (const [name, { Period, Metrics }] of alarms) {
      const periods = [Period, ...(Metrics ?? []).flatMap((query) => [query.Period, query.MetricStat?.Period])];
      expect(new Set(periods.filter((period) => period !== undefined)), name).toEqual(new Set([60]));
    }
  });
});

describe('alarms notify their topic', () => {
  const topicOf = (output: string) => template.findOutputs(output)[output]?.Value;

  it('act-now notifies one topic and every other alarm the other, going on and going off', () => {
    const actNow = [topicOf('ActNowTopic')];
    const notice = [topicOf('NoticeTopic')];
    expect(actNow).not.toEqual(notice);
    for (const { AlarmActions, OKActions } of compositesOf(template).values()) {
      expect([AlarmActions, OKActions]).toEqual([actNow, actNow]);
    }
    for (const { AlarmActions, OKActions, InsufficientDataActions } of alarms.values()) {
      expect([AlarmActions, OKActions, InsufficientDataActions]).toEqual([notice, notice, undefined]);
    }
  });

  it('act-now is on while one of the four alarms it combines is on', () => {
    for (const pool of POOLS) {
      const urgent = ['utilization-critical', 'saturated', 'unhealthy', 'heartbeat'];
      const rule = urgent.map((name) => `ALARM("pool-health-${pool}-${name}")`).join(' OR ');
      expect(compositesOf(template).get(`pool-health-${pool}-act-now`)?.AlarmRule).toBe(`(${rule})`);
    }
  });

  it('the topics admit CloudWatch alarms of this account, refuse requests without TLS, and mail the configured addresses', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::SNS::TopicPolicy'))) {
      const statements = Properties.PolicyDocument.Statement;
      expect(statements).toContainEqual(
        expect.objectContaining({
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }),
      );
      expect(statements).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
    const mails = Object.values(template.findResources('AWS::SNS::Subscription')).map(({ Properties }) => [
      Properties.Endpoint,
      Properties.TopicArn,
    ]);
    expect(mails).toEqual([
      ['oncall@example.com', topicOf('ActNowTopic')],
      ['team@example.com', topicOf('NoticeTopic')],
    ]);
  });
});

describe('every alarm has its entry in the runbook', () => {
  const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
  const [, entries = ''] = runbook.split('\n## Alarms\n');
  const headings = [...entries.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);

  it('there is no entry without an alarm', () => {
    expect([...headings].sort()).toEqual([...ROWS.map(([name]) => name), 'act-now'].sort());
  });

  it('an entry has a meaning, an investigation and a resolution', () => {
    for (const entry of entries.split(/^### /m).slice(1)) {
      expect(entry).toMatch(
        /^[\w-]+\n\n\*\*Meaning\.\*\* [\s\S]+\n\n\*\*Investigate\.\*\*\s[\s\S]+\n\n\*\*Resolve\.\*\* /,
      );
    }
  });

  it('every link inside the runbook has a target', () => {
    const links = [...runbook.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((anchor) => !headings.includes(anchor as string))).toEqual([]);
  });
});

describe('the description of an alarm, which is in every message', () => {
  const URL = String.raw`https://\w+\.execute-api\.eu-central-1\.amazonaws\.com/health`;
  const described = (of: Template) => [...alarmsOf(of).values(), ...compositesOf(of).values()];
  const descriptionOf = (name: string, of = template) =>
    plain(described(of).find(({ AlarmName }) => AlarmName === `pool-health-${name}`)?.AlarmDescription);
  const alarmIn = (name: string) =>
    [...ROWS.map(([row]) => row), 'act-now'].find((row) => name.endsWith(`-${row}`)) ?? '';

  it('has the meaning, the first step, the page of the pool, and the runbook entry, each on its own line', () => {
    for (const { AlarmName, AlarmDescription } of described(template)) {
      const alarmName = alarmIn(AlarmName);
      const subject = AlarmName.slice('pool-health-'.length).replace(new RegExp(`-?${alarmName}$`), '');
      const pool = { shop: '#orders', '': '' }[subject] ?? `#${subject}`;
      expect(plain(AlarmDescription), AlarmName).toMatch(
        new RegExp(
          `^\\S.+\\.\nFirst: \\S.+[.:]\n(?:- .+\n)*Page: ${URL}${pool}\nRunbook: ${URL}/runbook#${alarmName}$`,
        ),
      );
    }
  });

  it('names the pool, or the proxy that several pools share', () => {
    for (const pool of POOLS) {
      for (const [name] of POOL_ALARMS) {
        expect(descriptionOf(`${pool}-${name}`).split('\n')[0]).toMatch(new RegExp(`\\bpool ${pool}\\b`, 'i'));
      }
      expect(descriptionOf(`${pool}-act-now`)).toContain(`Pool ${pool} `);
    }
    for (const [name] of PROXY_ALARMS) {
      expect(descriptionOf(`shop-${name}`).split('\n')[0]).toContain('RDS Proxy shop');
    }
  });

  it('of act-now says that the reason names the alarm, and has the first step of each of its alarms', () => {
    const lines = descriptionOf('orders-act-now').split('\n');
    expect(lines[1]).toBe('First: The reason in this message names the alarm that is on:');
    const steps = ['utilization-critical', 'saturated', 'unhealthy', 'heartbeat'].map((name) => {
      const [, step = ''] = descriptionOf(`orders-${name}`).split('\n');
      return step.replace('First: ', `- ${name}: `);
    });
    expect(lines.slice(2, -2)).toEqual(steps);
  });

  it('is no longer than CloudWatch accepts, with the longest names', () => {
    const [first] = ATTACH.pools;
    const pools = [{ ...first, name: 'p'.repeat(64) }];
    const runbook = `https://${'w'.repeat(192)}`;
    const longest = templateOf({ ...ATTACH, name: 'n'.repeat(64), parameterPrefix: '/pools', pools, runbook });
    const lengths = described(longest).map(({ AlarmDescription }) => plain(AlarmDescription).length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1_000);
    expect(() => templateOf({ ...ATTACH, runbook: `${runbook}w` })).toThrowError(/runbook must be .*200 characters/);
  });

  it('leads to the runbook of the context instead, and still to the page', () => {
    const own = templateOf({ ...ATTACH, runbook: 'https://wiki.example.com/pool' });
    for (const { AlarmName, AlarmDescription } of described(own)) {
      expect(plain(AlarmDescription)).toMatch(
        new RegExp(`\nPage: ${URL}.*\nRunbook: https://wiki\\.example\\.com/pool#${alarmIn(AlarmName)}$`),
      );
    }
  });

  it('has no link that a browser cannot open: with apiAuth iam requests to the page must be signed', () => {
    const signed = templateOf({ ...ATTACH, apiAuth: 'iam' });
    expect(descriptionOf('orders-heartbeat', signed)).toMatch(/\nRunbook: docs\/runbook\.md#heartbeat$/);
    for (const { AlarmDescription } of described(signed)) {
      expect(plain(AlarmDescription)).not.toMatch(/Page: |https:/);
    }
    const own = templateOf({ ...ATTACH, apiAuth: 'iam', runbook: 'https://wiki.example.com/pool' });
    expect(descriptionOf('orders-heartbeat', own)).toMatch(/\nRunbook: https:\/\/wiki\.example\.com\/pool#heartbeat$/);
  });
});

it('thresholds in the context set the thresholds of their alarms', () => {
  const thresholds = {
    utilizationWarning: 50,
    utilizationHigh: 60,
    utilizationCritical: 75,
    activeHigh: 55,
    borrowLatencyMs: 20,
    proxyPinned: 5,
    proxyNearLimit: 65,
  };
  const moved = alarmsOf(templateOf({ ...ATTACH, thresholds }));
  const thresholdOf = (name: string) => moved.get(`pool-health-${name}`)?.Threshold;
  expect(
    [
      'orders-utilization-warning',
      'orders-utilization-high',
      'orders-utilization-critical',
      'orders-active-high',
      'shop-proxy-borrow-latency',
      'shop-proxy-pinned',
      'shop-proxy-near-limit',
    ].map(thresholdOf),
  ).toEqual([50, 60, 75, 55, 20_000, 5, 65]);
});

it('the metric of config-invalid counts the log entries of the check about a pool', () => {
  template.hasResourceProperties('AWS::Logs::MetricFilter', {
    FilterPattern: '{ $.code = "CONFIG.INVALID" }',
    MetricTransformations: [
      {
        MetricNamespace: 'PoolHealth',
        MetricName: 'ConfigInvalid',
        MetricValue: '1',
        Dimensions: [{ Key: 'Pool', Value: '$.pool' }],
      },
    ],
  });
  const [filter] = Object.values(template.findResources('AWS::Logs::MetricFilter'));
  const check = Object.values(template.findResources('AWS::Lambda::Function')).find(
    ({ Properties }) => plain(Properties.LoggingConfig.LogGroup) === plain(filter?.Properties.LogGroupName),
  );
  expect(check?.Properties.Timeout).toBe(30);
});
