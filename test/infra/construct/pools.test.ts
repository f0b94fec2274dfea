import { describe, expect, it } from 'vitest';
import { proxyAddress } from '../../../functions/poolers/rds-proxy/reader.js';
import { type IamLogin, isBehindRdsProxy } from '../../../infra/construct/permissions.js';
import { checkedPools, checkRoles, proxiesOf } from '../../../infra/construct/pools.js';
import { ATTACH } from '../../support/synth.js';

const HOST = 'Shop.proxy-abc.eu-central-1.rds.amazonaws.com';
const ARN = 'arn:aws:rds:eu-central-1:111122223333:db-proxy:prx-0123456789abcdef0';

/** A login with IAM; no test here grants it. */
function login(dbProxyArn?: string): IamLogin {
  return {
    grantConnect: () => expect.fail('nothing is granted in these tests'),
    ...(dbProxyArn !== undefined && { dbProxyArn }),
  };
}

function pools(endpoint: string, proxyArn?: string) {
  const definition = { endpoint, database: 'orders', user: 'watcher', auth: { type: 'iam' as const } };
  return checkedPools([{ name: 'orders', definition, login: login(proxyArn) }]);
}

describe('the roles that a deployment needs', () => {
  const [orders, carts, reports] = ATTACH.pools;
  const rolesOf = (...attached: readonly (typeof ATTACH.pools)[number][]) =>
    checkRoles(checkedPools(attached.map((pool) => ({ ...pool, login: login() }))));

  it('are one for each user, with sessions for all pools of that user', () => {
    expect(rolesOf(orders, carts, reports)).toEqual([
      { user: 'pool_health', connectionLimit: 20, withRdsIam: true, pools: ['orders', 'carts'] },
      { user: 'watcher', connectionLimit: 10, withRdsIam: false, pools: ['reports'] },
    ]);
  });

  it('have rds_iam only if IAM reaches the database', () => {
    const withIam = (changes: object) =>
      checkRoles(checkedPools([{ ...orders, login: login(), ...changes }])).map(({ withRdsIam }) => withRdsIam);
    expect(withIam({ endToEndIam: true })).toEqual([true]);
    expect(withIam({ endToEndIam: false })).toEqual([false]);
    expect(withIam({ endToEndIam: false, definition: { ...orders.definition, managed: { kind: 'none' } } })).toEqual([
      true,
    ]);
    expect(rolesOf(reports).map(({ withRdsIam }) => withRdsIam)).toEqual([false]);
  });
});

describe('an RDS Proxy that the definition does not name', () => {
  it.each([
    ['is detected by the host name', pools(HOST), false],
    ['is detected by the login', pools('db.example.com', ARN), false],
    ['is absent if neither shows one: the login at the database uses IAM', pools('db.example.com'), true],
  ])('%s', (_, monitored, withRdsIam) => {
    expect(checkRoles(monitored)).toMatchObject([{ user: 'watcher', withRdsIam }]);
  });

  it('has alarms if the host name contains the name of the proxy', () => {
    expect(proxiesOf(pools(HOST))).toEqual([{ name: 'shop', label: 'shop', pool: 'orders' }]);
    expect(proxiesOf(pools('readers.endpoint.proxy-abc.eu-central-1.rds.amazonaws.com'))).toEqual([]);
    expect(proxiesOf(pools('db.example.com'))).toEqual([]);
  });
});

describe('the stack and the check agree whether a host is an RDS Proxy, and which', () => {
  it.each([
    ['the default endpoint of a proxy', HOST, 'shop'],
    ['another endpoint of a proxy', 'readers.endpoint.proxy-abc.eu-central-1.rds.amazonaws.com', null],
    ['a proxy in China', 'shop.proxy-abc.rds.cn-north-1.amazonaws.com.cn', 'shop'],
    ['a form of a proxy host that is not documented', 'a.b.proxy-abc.eu-central-1.rds.amazonaws.com', null],
  ])('%s is one', (_, endpoint, name) => {
    const [pool] = pools(endpoint);
    expect(pool && isBehindRdsProxy(pool)).toBe(true);
    expect(proxyAddress({ managed: null, endpoint })).toMatchObject({ proxy: name });
    expect(proxiesOf(pools(endpoint)).map((proxy) => proxy.name)).toEqual(name === null ? [] : [name]);
  });

  it.each([
    ['a load balancer', 'x.proxy-abc.eu-central-1.elb.amazonaws.com'],
    ['an endpoint of another service', 'x.proxy-abc.amazonaws.com'],
    ['an identifier that RDS never gives', 'x.proxy-a_b.eu-central-1.rds.amazonaws.com'],
    ['a host of a private domain', 'x.proxy-abc.example.com'],
    ['a database', 'shop.abc123.eu-central-1.rds.amazonaws.com'],
  ])('%s is none', (_, endpoint) => {
    const [pool] = pools(endpoint);
    expect(pool && isBehindRdsProxy(pool)).toBe(false);
    expect(proxyAddress({ managed: null, endpoint })).toBeNull();
    expect(proxiesOf(pools(endpoint))).toEqual([]);
  });
});
