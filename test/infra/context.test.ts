import { describe, expect, it } from 'vitest';
import { readContext } from '../../infra/context.js';
import { type Target, targetOf } from '../../infra/target.js';
import { ATTACH } from '../support/synth.js';

const [ORDERS, CARTS, REPORTS] = ATTACH.pools;
const { vpcId: _vpc, ...WITHOUT_VPC } = ATTACH;
const { subnetIds: _subnets, ...WITHOUT_SUBNETS } = ATTACH;
const { egress: _egress, ...WITHOUT_EGRESS } = ATTACH;
const { securityGroupId: _group, ...UNREACHABLE } = ORDERS;
const { proxyArn: _arn, endToEndIam: _end, ...WITHOUT_LOGIN } = ORDERS;
const { definition: _definition, ...UNDEFINED } = ORDERS;

function mistakesIn(context: unknown, target: Target | null = null): readonly string[] {
  try {
    readContext(context, undefined, target);
    return [];
  } catch (error) {
    const [first, ...lines] = String((error as Error).message).split('\n');
    expect(first).toMatch(/^The context "pool-health" in cdk\.json cannot be deployed\. Correct (this|these \d+):$/);
    return lines.map((line) => line.replace(/^- /, ''));
  }
}

/** The context with one pool changed. */
const withPool = (pool: object, ...others: readonly object[]) => ({ ...ATTACH, pools: [pool, ...others] });
const withDefinition = (definition: object) =>
  withPool({ ...ORDERS, definition: { ...ORDERS.definition, ...definition } });

describe('a valid context is accepted', () => {
  it.each([
    ['the demo', { mode: 'demo' }],
    [
      'the demo with all keys of both modes',
      {
        mode: 'demo',
        name: 'demo-2',
        parameterPrefix: '/team/pool-health',
        thresholds: { utilizationWarning: 60 },
        emails: { actNow: ['a@example.com'] },
        apiAuth: 'iam',
        reservedConcurrency: 3,
        logRetentionDays: 90,
        runbook: 'https://wiki.example.com/pools',
      },
    ],
    ['existing pools', ATTACH],
    [
      'a reserved word in the name, with a path of its own',
      { ...ATTACH, name: 'aws-pools', parameterPrefix: '/pools' },
    ],
    ["a name that is no part of a proxy's name", { ...ATTACH, name: 'a--b-' }],
    [
      'keys of the customer, one of them for several regions',
      {
        ...ATTACH,
        secretKeyArns: [
          'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-1111-2222-333344445555',
          'arn:aws:kms:eu-central-1:111122223333:key/mrk-0a1b2c3d',
        ],
      },
    ],
    ['endpoints in subnets of their own', { ...ATTACH, endpointSubnetIds: ['subnet-0cccccccccccccccc'] }],
    ['endpoints that the VPC has', { ...ATTACH, egress: 'existing', endpointsSecurityGroupId: 'sg-0eeeeeeeeeeeeeeee' }],
    [
      'NAT and endpoints that the VPC has',
      { ...ATTACH, egress: 'nat', endpointsSecurityGroupId: 'sg-0eeeeeeeeeeeeeeee' },
    ],
    ['one pool with a login at the database', withPool({ ...WITHOUT_LOGIN, dbResourceId: 'cluster-ABC123' })],
    ['a context from the command line, as text', JSON.stringify(ATTACH)],
  ])('%s', (_, context) => {
    expect(mistakesIn(context)).toEqual([]);
  });

  it('a context without a name gets the default name', () => {
    expect(readContext({ mode: 'demo' })).toEqual({ mode: 'demo', name: 'pool-health' });
  });
});

describe('the mode of the command line', () => {
  it('is the mode of a context without one', () => {
    expect(readContext(undefined, 'demo')).toEqual({ mode: 'demo', name: 'pool-health' });
    expect(readContext({ name: 'trial' }, 'demo')).toEqual({ mode: 'demo', name: 'trial' });
    expect(readContext(ATTACH, 'attach').mode).toBe('attach');
  });

  it('never replaces another mode: pools that are monitored do not become a demo', () => {
    expect(() => readContext(ATTACH, 'demo')).toThrow(
      '- mode is "attach", and "-c mode" is "demo": leave out one of them',
    );
  });

  it('is validated as the mode of the context is', () => {
    expect(() => readContext(undefined, 'prod')).toThrow(/^- mode must be "demo" .* received "prod"$/m);
  });
});

describe('an invalid context is reported as one clear line', () => {
  it.each([
    [
      'no context at all',
      undefined,
      'mode is missing: it must be "demo" (a disposable demo environment, also with "-c mode=demo") or "attach" (monitors existing pools)',
    ],
    ['text that is no JSON', '{mode: demo}', 'the context must be JSON, such as {"mode": "demo"}'],
    [
      'no mode',
      {},
      'mode is missing: it must be "demo" (a disposable demo environment, also with "-c mode=demo") or "attach" (monitors existing pools)',
    ],
    [
      'an unknown mode',
      { mode: 'test' },
      'mode must be "demo" (a disposable demo environment, also with "-c mode=demo") or "attach" (monitors existing pools), received "test"',
    ],
    [
      'an unknown key',
      { mode: 'demo', emial: ['a@example.com'] },
      'emial: unknown key; known here are mode, name, namespace, parameterPrefix, thresholds, emails, apiAuth, detailsAuth, reservedConcurrency, logRetentionDays, runbook',
    ],
    [
      'an unknown threshold',
      { mode: 'demo', thresholds: { utilisation: 50 } },
      'thresholds.utilisation: unknown key; known here are utilizationWarning, utilizationHigh, utilizationCritical, activeHigh, borrowLatencyMs, proxyPinned, proxyNearLimit',
    ],
    [
      'a threshold that is no percentage',
      { mode: 'demo', thresholds: { activeHigh: 101 } },
      'thresholds.activeHigh must be a number from 0 to 100, received 101',
    ],
    [
      'a threshold that is text',
      { mode: 'demo', thresholds: { utilizationHigh: '80' } },
      'thresholds.utilizationHigh must be a number above 0, received "80"',
    ],
    [
      'a bad e-mail address',
      { mode: 'demo', emails: { actNow: ['oncall@example'] } },
      'emails.actNow.0 must be an e-mail address, received "oncall@example"',
    ],
    [
      'an address that is no list',
      { mode: 'demo', emails: { notice: 'team@example.com' } },
      'emails.notice must be a list of e-mail addresses, received "team@example.com"',
    ],
    ['a wrong kind of API', { mode: 'demo', apiAuth: 'jwt' }, 'apiAuth must be "none" or "iam", received "jwt"'],
    [
      'half an environment',
      { mode: 'demo', reservedConcurrency: 1.5 },
      'reservedConcurrency must be a whole number >= 1, received 1.5',
    ],
    [
      'a retention that CloudWatch does not know',
      { mode: 'demo', logRetentionDays: 10 },
      'logRetentionDays must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, received 10',
    ],
    [
      'a prefix that SSM reserves',
      { mode: 'demo', parameterPrefix: '/aws/pools' },
      'parameterPrefix must be a path such as "/pool-health", not beginning with "/aws" or "/ssm", received "/aws/pools"',
    ],
    [
      'a name that CloudFormation refuses',
      { mode: 'demo', name: '1st' },
      'name must be up to 64 letters, digits or "-", beginning with a letter, received "1st"',
    ],
    [
      'a prefix that begins with a reserved word',
      { mode: 'demo', parameterPrefix: '/SSM-pools' },
      'parameterPrefix must be a path such as "/pool-health", not beginning with "/aws" or "/ssm", received "/SSM-pools"',
    ],
    [
      'a name whose path SSM reserves',
      { mode: 'demo', name: 'AWS-pools' },
      'name begins with "aws" or "ssm", which SSM reserves: set parameterPrefix, such as "/pool-health"',
    ],
    [
      'a namespace of AWS',
      { mode: 'demo', namespace: 'AWS/RDS' },
      'namespace must be up to 255 letters, digits, ".", "_", "-", "/" or "#", not beginning with "AWS/", received "AWS/RDS"',
    ],
    [
      'a key by its alias, which no policy can name',
      { ...ATTACH, secretKeyArns: ['arn:aws:kms:eu-central-1:111122223333:alias/shop'] },
      'secretKeyArns.0 must be the ARN of a KMS key, "arn:…:key/…", received "arn:aws:kms:eu-central-1:111122223333:alias/shop"',
    ],
    [
      'a secret whose ARN lacks its last six characters',
      withPool({
        ...REPORTS,
        definition: {
          ...REPORTS.definition,
          auth: { type: 'secret', arn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:reports/watcher' },
        },
      }),
      'pool "reports": auth.arn must be the full ARN of a secret in Secrets Manager, which ends with "-" and six characters, received a text (not shown)',
    ],
    ['a missing VPC', WITHOUT_VPC, 'vpcId is missing: it must be the id of a VPC, "vpc-…"'],
    ['missing subnets', WITHOUT_SUBNETS, 'subnetIds is missing: it must be a list of subnet ids'],
    [
      'no subnet',
      { ...ATTACH, subnetIds: [] },
      'subnetIds must be at least one subnet of the VPC; with two in different zones, checks continue when one zone fails, received a list',
    ],
    [
      'a subnet that is none',
      { ...ATTACH, subnetIds: ['eu-central-1a'] },
      'subnetIds.0 must be the id of a subnet, "subnet-…", received "eu-central-1a"',
    ],
    [
      'a missing way out',
      WITHOUT_EGRESS,
      'egress is missing: it must be "nat" (the subnets already reach AWS), "endpoints" (creates interface endpoints) or "existing" (the VPC has them)',
    ],
    [
      'existing endpoints without their security group',
      { ...ATTACH, egress: 'existing' },
      'egress is "existing": endpointsSecurityGroupId is missing, the security group of the VPC\'s interface endpoints; it gets a rule that admits the functions',
    ],
    [
      'a security group of endpoints that are created',
      { ...ATTACH, endpointsSecurityGroupId: 'sg-0123456789abcdef0' },
      'egress is "endpoints", which creates endpoints with their own security group: remove endpointsSecurityGroupId, or set egress to "existing"',
    ],
    [
      'subnets of endpoints that are not created',
      { ...ATTACH, egress: 'nat', endpointSubnetIds: ATTACH.subnetIds },
      'endpointSubnetIds is for egress "endpoints" only: remove it',
    ],
    [
      'no subnet for endpoints',
      { ...ATTACH, endpointSubnetIds: [] },
      'endpointSubnetIds must be at least one subnet of the VPC, received a list',
    ],
    ['no pool', { ...ATTACH, pools: [] }, 'pools is empty: define at least one pool'],
    [
      'two pools of one name',
      withPool(ORDERS, { ...CARTS, name: 'orders' }, REPORTS),
      'pool "orders" is defined twice: give each pool a name of its own',
    ],
    [
      'a pool without definition',
      withPool(UNDEFINED),
      'pools.0.definition is missing: it must be the definition of the pool, an object',
    ],
    [
      'a name that is no name',
      withPool({ ...ORDERS, name: 'a/b' }),
      `pool "a/b": a pool's name must be 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, received "a/b"`,
    ],
    [
      'min above max',
      withDefinition({ pool: { min: 30, max: 20 }, instances: 1 }),
      'pool "orders": pool.min (30) cannot be greater than pool.max (20)',
    ],
    [
      'more promised than the ceiling',
      withDefinition({ pool: { max: 20 }, instances: 5 }),
      'pool "orders": 5 instances x max 20 allow 100 connections, more than the ceiling of 90: lower pool.max or instances, or raise the limit',
    ],
    [
      'a pool that cannot be reached',
      withPool(UNREACHABLE),
      'pool "orders": name either securityGroupId (of the proxy or database) or cidr, so that the functions can reach it',
    ],
    [
      'two ways to reach a pool',
      withPool({ ...ORDERS, cidr: '10.0.0.0/16' }),
      'pool "orders": name either securityGroupId (of the proxy or database) or cidr, so that the functions can reach it',
    ],
    [
      'a login that nothing is named for',
      withPool(WITHOUT_LOGIN),
      'pool "orders": auth is iam: name either proxyArn (to log in at an RDS Proxy) or dbResourceId (at the database)',
    ],
    [
      'end-to-end IAM without a proxy',
      withPool({ ...WITHOUT_LOGIN, dbResourceId: 'cluster-ABC123', endToEndIam: true }),
      'pool "orders": endToEndIam is for RDS Proxy only: add the proxyArn of the proxy, or remove endToEndIam',
    ],
    [
      'an ARN of something else',
      withPool({ ...ORDERS, proxyArn: 'arn:aws:rds:eu-central-1:111122223333:db:shop' }),
      'pools.0.proxyArn must be the ARN of an RDS Proxy, "arn:…:db-proxy:prx-…", received "arn:aws:rds:eu-central-1:111122223333:db:shop"',
    ],
    [
      'an ARN with the name of the proxy, in another region than the endpoint',
      withPool({ ...ORDERS, proxyArn: 'arn:aws:rds:eu-west-1:111122223333:db-proxy:shop' }),
      'pools.0.proxyArn must be the ARN of an RDS Proxy, "arn:…:db-proxy:prx-…", received "arn:aws:rds:eu-west-1:111122223333:db-proxy:shop"',
    ],
  ])('%s', (_, context, line) => {
    expect(mistakesIn(context)).toEqual([line]);
  });

  it('mistakes in a definition have the texts of the code that validates definitions from SSM', () => {
    const [line, ...others] = mistakesIn(withDefinition({ endpont: 'x', port: 0 }));
    expect([line, ...others]).toHaveLength(2);
    expect(line).toMatch(/^pool "orders": .*port/);
    expect(others[0]).toMatch(/^pool "orders": .*endpont/);
  });
});

it('all mistakes are reported at once: of the schema, in definitions and between keys', () => {
  const lines = mistakesIn({
    ...WITHOUT_VPC,
    egres: 'nat',
    apiauth: 'iam',
    emails: { actNow: ['nobody'] },
    pools: [UNREACHABLE, { ...REPORTS, definition: { ...REPORTS.definition, pool: { max: 0 } } }],
  });
  expect(lines.map((line) => line.replace(/ (must|is) .*|: .*/, ''))).toEqual([
    'emails.actNow.0',
    'vpcId',
    'egres',
    'apiauth',
    'pool "reports"',
    'pool "orders"',
  ]);
});

it.each(['a--b', 'shop-', 'a'.repeat(59)])(
  'the name %s is refused in the demo, whose RDS Proxy has it in its name',
  (name) => {
    const mistake =
      'name must have up to 58 characters, no "--" and no "-" at its end in mode "demo", whose RDS Proxy has it in its name';
    expect(mistakesIn({ mode: 'demo', name })).toEqual([mistake]);
    expect(mistakesIn({ ...ATTACH, name })).toEqual([]);
  },
);

describe('an RDS Proxy', () => {
  const arnIn = (region: string, account = '111122223333') =>
    `arn:aws:rds:${region}:${account}:db-proxy:prx-0123456789abcdef0`;
  const endpointIn = (region: string) => `shop.proxy-abc.${region}.rds.amazonaws.com`;
  const pool = (name: string, region: string, account?: string, endpoint = endpointIn(region)) => ({
    ...ORDERS,
    name,
    definition: { ...ORDERS.definition, endpoint },
    proxyArn: arnIn(region, account),
  });
  const fix = 'deploy once for each account and region';
  const HERE = { account: '111122223333', region: 'eu-central-1' };

  it.each([
    [
      'of another region than the deployment',
      [pool('orders', 'eu-west-1')],
      HERE,
      [
        `pool "orders": proxyArn is in eu-west-1 of account 111122223333, the deployment in eu-central-1 of account 111122223333: ${fix}`,
      ],
    ],
    [
      'of another account than the deployment',
      [pool('orders', 'eu-central-1', '999988887777')],
      HERE,
      [
        `pool "orders": proxyArn is in eu-central-1 of account 999988887777, the deployment in eu-central-1 of account 111122223333: ${fix}`,
      ],
    ],
    [
      'of another region than another proxy, wherever the deployment is',
      [pool('orders', 'eu-central-1'), pool('carts', 'eu-west-1')],
      null,
      [
        `pool "carts": proxyArn is in eu-west-1 of account 111122223333, that of pool "orders" in eu-central-1 of account 111122223333: ${fix}`,
      ],
    ],
    [
      'of another region than its endpoint',
      [pool('orders', 'eu-central-1', '111122223333', endpointIn('us-east-1'))],
      HERE,
      [`pool "orders": proxyArn is in eu-central-1, the endpoint in us-east-1: ${fix}`],
    ],
    ['of the account and region of the deployment', [pool('orders', 'eu-central-1')], HERE, []],
    ['behind a host name of your own', [pool('orders', 'eu-central-1', '111122223333', 'db.example.com')], HERE, []],
  ] as const)('%s', (_, pools, target, mistakes) => {
    expect(mistakesIn({ ...ATTACH, pools }, target)).toEqual(mistakes);
  });

  it('is compared with where the CDK deploys to, if it has credentials: without them its region is a guess', () => {
    expect(targetOf({ CDK_DEFAULT_ACCOUNT: '111122223333', CDK_DEFAULT_REGION: 'eu-central-1' })).toEqual(HERE);
    expect(targetOf({ CDK_DEFAULT_REGION: 'us-east-1' })).toBeNull();
    expect(targetOf({})).toBeNull();
  });
});
