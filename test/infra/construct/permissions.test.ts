import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ATTACH, templateOf } from '../../support/synth.js';
import { plain } from '../../support/templates.js';

const ACCOUNT = '111122223333';
const arn = (rest: string) => `arn:aws:${rest}`;
const here = (service: string, rest: string) => arn(`${service}:eu-central-1:${ACCOUNT}:${rest}`);

const DEFINITIONS = here('ssm', 'parameter/pool-health');
const PROXY = here('rds', 'db-proxy:prx-0123456789abcdef0');
const ENDPOINT = here('rds', 'db-proxy-endpoint:prx-endpoint-0123456789abcdef0');
const LOGIN = here('rds-db', 'dbuser:prx-0123456789abcdef0/pool_health');
const SECRET = here('secretsmanager', 'secret:reports/watcher-AbCdEf');
const CHECK_LOG = here('logs', 'log-group:check:log-stream:x');
const POOL_LOG = here('logs', 'log-group:pool:log-stream:x');
const PAGE_LOG = here('logs', 'log-group:page:log-stream:x');
const DETAILS_LOG = here('logs', 'log-group:details:log-stream:x');
const INTERFACE = here('ec2', 'network-interface/eni-0123456789abcdef0');

type Call = readonly [action: string, resource: string, context?: Readonly<Record<string, string>>];

const ALL_MAKE: readonly Call[] = [
  ['ssm:GetParametersByPath', DEFINITIONS],
  ['rds-db:connect', LOGIN],
  ['secretsmanager:GetSecretValue', SECRET],
  ['cloudwatch:GetMetricData', '*'],
  ['cloudwatch:ListMetrics', '*'],
  ['rds:DescribeDBProxies', PROXY],
  ['rds:DescribeDBProxyTargetGroups', PROXY],
  ['xray:PutTraceSegments', '*'],
  ['xray:PutTelemetryRecords', '*'],
  ['ec2:DescribeNetworkInterfaces', '*'],
  ['ec2:DescribeSubnets', '*'],
  ['ec2:CreateNetworkInterface', INTERFACE],
  ['ec2:CreateNetworkInterface', here('ec2', 'subnet/subnet-0aaaaaaaaaaaaaaaa')],
  ['ec2:CreateNetworkInterface', here('ec2', 'security-group/sg-0123456789abcdef0')],
  ['ec2:DeleteNetworkInterface', INTERFACE],
  ['ec2:AssignPrivateIpAddresses', INTERFACE],
  ['ec2:UnassignPrivateIpAddresses', INTERFACE],
];
/** The page connects to no pool: it reads CloudWatch only. */
const PAGE_MAKES = ALL_MAKE.filter(([action]) => /^(cloudwatch:GetMetricData|xray:.*)$/.test(action));
const NOBODY_MAKES: readonly Call[] = [
  ['ssm:GetParameter', here('ssm', 'parameter/pool-health/orders')],
  ['ssm:GetParameter', DEFINITIONS],
  ['ssm:GetParametersByPath', here('ssm', 'parameter/other')],
  ['ssm:GetParametersByPath', here('ssm', 'parameter/pool')],
  ['ssm:PutParameter', here('ssm', 'parameter/pool-health/orders')],
  ['secretsmanager:GetSecretValue', here('secretsmanager', 'secret:reports/owner-AbCdEf')],
  ['secretsmanager:PutSecretValue', SECRET],
  ['rds-db:connect', here('rds-db', 'dbuser:prx-0123456789abcdef0/postgres')],
  ['rds-db:connect', here('rds-db', 'dbuser:prx-0fedcba9876543210/pool_health')],
  ['rds-db:connect', here('rds-db', 'dbuser:cluster-ABC/watcher')],
  ['cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'AWS/RDS' }],
  ['cloudwatch:PutMetricData', '*'],
  ['cloudwatch:GetMetricStatistics', '*'],
  ['cloudwatch:DeleteAlarms', here('cloudwatch', 'alarm:pool-health-orders-act-now')],
  ['rds:DescribeDBProxies', here('rds', 'db-proxy:prx-0fedcba9876543210')],
  ['rds:DescribeDBProxyTargetGroups', here('rds', 'db-proxy:prx-0fedcba9876543210')],
  ['rds:DescribeDBProxyTargets', PROXY],
  ['rds:DescribeDBProxyEndpoints', PROXY],
  ['rds:DescribeDBProxyEndpoints', ENDPOINT],
  ['rds:DescribeDBInstances', here('rds', 'db:shop')],
  ['rds:ModifyDBProxy', PROXY],
  ['logs:CreateLogGroup', here('logs', 'log-group:check')],
  ['logs:PutLogEvents', here('logs', 'log-group:other:log-stream:x')],
  ['ec2:TerminateInstances', here('ec2', 'instance/i-0123456789abcdef0')],
  ['lambda:InvokeFunction', here('lambda', 'function:other')],
  ['sts:AssumeRole', arn(`iam::${ACCOUNT}:role/admin`)],
  ['kms:Decrypt', here('kms', 'key/0123')],
];
const METRICS: Call = ['cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'PoolHealth' }];

interface Role {
  readonly who: string;
  readonly id: string;
  readonly makes: readonly Call[];
  readonly doesNotMake: readonly Call[];
}

const ROLES: readonly Role[] = [
  {
    who: 'the check',
    id: 'PoolHealthFunctionsCheckRole',
    makes: [...ALL_MAKE, METRICS, logged(CHECK_LOG)],
    doesNotMake: [...NOBODY_MAKES, logged(POOL_LOG)],
  },
  {
    who: 'the API',
    id: 'PoolHealthFunctionsPoolRole',
    makes: [...ALL_MAKE, logged(POOL_LOG)],
    doesNotMake: [...NOBODY_MAKES, METRICS, logged(CHECK_LOG)],
  },
  {
    who: 'details',
    id: 'PoolHealthFunctionsDetailsRole',
    makes: [...ALL_MAKE, logged(DETAILS_LOG)],
    doesNotMake: [...NOBODY_MAKES, METRICS, logged(CHECK_LOG), logged(POOL_LOG)],
  },
  {
    who: 'the page',
    id: 'PoolHealthFunctionsPageRole',
    makes: [...PAGE_MAKES, logged(PAGE_LOG)],
    doesNotMake: [
      ...NOBODY_MAKES,
      ...ALL_MAKE.filter((call) => !PAGE_MAKES.includes(call)),
      METRICS,
      logged(CHECK_LOG),
      logged(POOL_LOG),
    ],
  },
];

describe.each(ROLES)('$who', ({ id, makes, doesNotMake }) => {
  const policies = policiesOf(templateOf(ATTACH), id);

  for (const call of makes) {
    it(`may ${call[0]} on ${call[1]}`, async () => {
      expect(await decide(policies, ...call)).toBe('Allowed');
    });
  }

  for (const call of doesNotMake) {
    it(`may not ${call[0]} on ${call[1]}${call[2] ? ` ${JSON.stringify(call[2])}` : ''}`, async () => {
      expect(await decide(policies, ...call)).toBe('ImplicitlyDenied');
    });
  }
});

describe('network interfaces', () => {
  const calls = ALL_MAKE.filter(([action]) => action.startsWith('ec2:'));
  const CODE = { 'lambda:SourceFunctionArn': here('lambda', 'function:check') };

  it.each(ROLES.filter(({ makes }) => makes.includes(ALL_MAKE.at(-1) as Call)))(
    'are denied to the code of $who',
    async ({ id }) => {
      const policies = policiesOf(templateOf(ATTACH), id);
      const decisions = await Promise.all(calls.map(([action, resource]) => decide(policies, action, resource, CODE)));
      expect(decisions).toEqual(calls.map(() => 'ExplicitlyDenied'));
      // The code makes every other call with the same key.
      expect(await decide(policies, ...(['ssm:GetParametersByPath', DEFINITIONS, CODE] as const))).toBe('Allowed');
    },
  );
});

describe('the schedule', () => {
  const policies = policiesOf(templateOf(ATTACH), 'PoolHealthScheduleRole');

  it('may invoke the check and nothing else', async () => {
    const run = (name: string) => decide(policies, 'lambda:InvokeFunction', here('lambda', `function:${name}`));
    expect(await run('check')).toBe('Allowed');
    expect(await run('check:1')).toBe('ImplicitlyDenied');
    expect(await run('pool')).toBe('ImplicitlyDenied');
  });
});

it('a pool without IAM login grants no rds-db:connect, and a pool without a secret grants no secret', async () => {
  const [orders, , reports] = ATTACH.pools;
  const withSecret = policiesOf(templateOf({ ...ATTACH, pools: [reports] }), 'PoolHealthFunctionsCheckRole');
  expect(JSON.stringify(withSecret)).not.toContain('rds-db:');
  const withIam = policiesOf(templateOf({ ...ATTACH, pools: [orders] }), 'PoolHealthFunctionsCheckRole');
  expect(JSON.stringify(withIam)).not.toContain('secretsmanager:');
});

it('a PgBouncer in the definition grants the secret of its console, and no other', async () => {
  const [orders] = ATTACH.pools;
  const auth = { type: 'secret', arn: here('secretsmanager', 'secret:bouncer/stats-AbCdEf') };
  const definition = { ...orders.definition, managed: { kind: 'pgbouncer', user: 'stats', auth } };
  const policies = policiesOf(
    templateOf({ ...ATTACH, pools: [{ ...orders, definition }] }),
    'PoolHealthFunctionsPoolRole',
  );
  expect(await decide(policies, 'secretsmanager:GetSecretValue', auth.arn)).toBe('Allowed');
  expect(await decide(policies, 'secretsmanager:GetSecretValue', SECRET)).toBe('ImplicitlyDenied');
});

describe("a customer's key", () => {
  const key = here('kms', 'key/0123');
  const other = here('kms', 'key/4567');
  const via = (service: string) => ({ 'kms:ViaService': `${service}.eu-central-1.amazonaws.com` });
  const rolesWith = (context: object) =>
    ROLES.map(({ id }) => policiesOf(templateOf({ ...ATTACH, secretKeyArns: [key], ...context }), id));
  const decisions = (roles: readonly (readonly Policy[])[], ...call: Call) =>
    Promise.all(roles.map((policies) => decide(policies, ...call)));

  it('decrypts the secrets of the pools, through Secrets Manager only, and not for the page', async () => {
    const roles = rolesWith({});
    const toAllButThePage = ROLES.map(({ who }) => (who === 'the page' ? 'ImplicitlyDenied' : 'Allowed'));
    expect(await decisions(roles, 'kms:Decrypt', key, via('secretsmanager'))).toEqual(toAllButThePage);
    const refused: readonly Call[] = [
      ['kms:Decrypt', key],
      ['kms:Decrypt', key, via('s3')],
      ['kms:Decrypt', other, via('secretsmanager')],
      ['kms:Encrypt', key, via('secretsmanager')],
    ];
    for (const call of refused) {
      expect(await decisions(roles, ...call)).toEqual(ROLES.map(() => 'ImplicitlyDenied'));
    }
  });

  it('is granted to nothing if no pool has a secret', async () => {
    const [orders] = ATTACH.pools;
    expect(JSON.stringify(rolesWith({ pools: [orders] }))).not.toContain('kms:');
  });
});

describe('an RDS Proxy', () => {
  const [orders, , reports] = ATTACH.pools;
  const check = (pool: object) => policiesOf(templateOf({ ...ATTACH, pools: [pool] }), 'PoolHealthFunctionsCheckRole');
  const other = here('rds', 'db-proxy:prx-0fedcba9876543210');
  const calls = [
    ['rds:DescribeDBProxies', PROXY],
    ['rds:DescribeDBProxies', other],
    ['rds:DescribeDBProxyTargetGroups', PROXY],
    ['rds:DescribeDBProxyTargetGroups', other],
    ['rds:DescribeDBProxyEndpoints', ENDPOINT],
    ['cloudwatch:ListMetrics', '*'],
    ['cloudwatch:GetMetricData', '*'],
    ['rds:ModifyDBProxy', PROXY],
  ] as const;
  const PROXY_HOST = 'shop.proxy-abc.eu-central-1.rds.amazonaws.com';
  const ENDPOINT_HOST = 'readers.endpoint.proxy-abc.eu-central-1.rds.amazonaws.com';
  const { managed: _, ...unnamed } = reports.definition;
  const yes = 'Allowed';
  const no = 'ImplicitlyDenied';

  it.each([
    ['whose ARN is known is the only one that is described', orders, [yes, no, yes, no, no, yes, yes, no]],
    [
      'that is named without its ARN is one of all',
      { ...reports, definition: { ...unnamed, managed: { kind: 'rds-proxy', name: 'shop' } } },
      [yes, yes, yes, yes, no, yes, yes, no],
    ],
    [
      'that only the host name shows is one of all',
      { ...reports, definition: { ...unnamed, endpoint: PROXY_HOST } },
      [yes, yes, yes, yes, no, yes, yes, no],
    ],
    [
      'in China too',
      { ...reports, definition: { ...unnamed, endpoint: 'shop.proxy-abc.rds.cn-north-1.amazonaws.com.cn' } },
      [yes, yes, yes, yes, no, yes, yes, no],
    ],
    [
      'that is reached by another endpoint has to be found by it',
      { ...orders, definition: { ...orders.definition, endpoint: ENDPOINT_HOST } },
      [yes, no, yes, no, yes, yes, yes, no],
    ],
    [
      'that is not there is not asked for: a host that only looks like one',
      { ...reports, definition: { ...unnamed, endpoint: 'db.proxy-abc.example.com' } },
      [no, no, no, no, no, no, yes, no],
    ],
    [
      'is not queried for a host of another AWS service',
      { ...reports, definition: { ...unnamed, endpoint: 'x.proxy-abc.eu-central-1.elb.amazonaws.com' } },
      [no, no, no, no, no, no, yes, no],
    ],
    ['that is not there, as the definition says, is not asked for', reports, [no, no, no, no, no, no, yes, no]],
    [
      'that the definition rules out is not asked for',
      { ...reports, definition: { ...reports.definition, endpoint: PROXY_HOST } },
      [no, no, no, no, no, no, yes, no],
    ],
  ])('%s', async (_, pool, expected) => {
    const policies = check(pool);
    expect(await Promise.all(calls.map(([action, resource]) => decide(policies, action, resource)))).toEqual(expected);
  });

  it('of the CDK provides its ARN as a login', async () => {
    const policies = policiesOf(templateOf({ mode: 'demo' }), 'PoolHealthFunctionsCheckRole');
    const statements = policies.flatMap(({ policy }) => (policy as { Statement: Statement[] }).Statement);
    const described = statements.filter(({ Action }) => Action.includes('rds:DescribeDBProxies'));
    expect(described.map(({ Resource }) => Resource)).toEqual([expect.stringMatching(/^DemoProxy/)]);
  });
});

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

function logged(resource: string): Call {
  return ['logs:PutLogEvents', resource];
}

/** The default policy of a key: it leaves the decision to IAM. Without it no identity policy counts for a key. */
const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: arn(`iam::${ACCOUNT}:root`) }, Action: 'kms:*', Resource: '*' }],
};

async function decide(
  identityPolicies: readonly Policy[],
  action: string,
  resource: string,
  contextVariables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const result = await runSimulation(
    {
      request: {
        principal: arn(`iam::${ACCOUNT}:role/tested`),
        action,
        resource: { resource, accountId: resource.split(':')[4] || ACCOUNT },
        contextVariables,
      },
      identityPolicies: [...identityPolicies],
      ...(action.startsWith('kms:') && { resourcePolicy: KEY_POLICY }),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType === 'error') {
    throw new Error(JSON.stringify(result.errors));
  }
  return result.overallResult;
}

interface Policy {
  readonly name: string;
  readonly policy: unknown;
}

/** The policies of the role whose logical id begins with the prefix, as IAM gets them. */
function policiesOf(template: Template, role: string): readonly Policy[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([, { Properties }]) =>
    Properties.Roles.some((of: unknown) => plain(of).startsWith(role)),
  );
  const managed = Object.entries(template.findResources('AWS::IAM::Role')).filter(
    ([id, { Properties }]) => id.startsWith(role) && (Properties.ManagedPolicyArns || Properties.Policies),
  );
  if (policies.length === 0 || managed.length > 0) {
    throw new Error(`the policies of ${role} are not where this test looks for them`);
  }
  return policies.map(([name, { Properties }]) => ({ name, policy: resolved(Properties.PolicyDocument) }));
}

/** A policy without intrinsic functions; its resources have names that the tests above know. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(resolved);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'))) {
    return plain(value, (id) => NAMES.find(([pattern]) => pattern.test(id))?.[1] ?? id);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
}

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/FunctionsCheckLog/, here('logs', 'log-group:check:*')],
  [/FunctionsPoolLog/, here('logs', 'log-group:pool:*')],
  [/FunctionsPageLog/, here('logs', 'log-group:page:*')],
  [/FunctionsDetailsLog/, here('logs', 'log-group:details:*')],
  [/FunctionsCheckFunction/, here('lambda', 'function:check')],
];
