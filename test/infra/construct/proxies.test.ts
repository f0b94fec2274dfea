import { describe, expect, it } from 'vitest';
import { proxyAddress } from '../../../functions/poolers/rds-proxy/reader.js';
import { checkRoles } from '../../../infra/construct/check-roles.js';
import { type IamLogin, isBehindRdsProxy } from '../../../infra/construct/permissions.js';
import { checkedPools } from '../../../infra/construct/pools.js';
import { proxiesOf } from '../../../infra/construct/proxies.js';

const HOST = 'Shop.proxy-abc.eu-central-1.rds.amazonaws.com';
const ARN = 'arn:aws:rds:eu-central-1:111122223333:db-proxy:prx-0123456789abcdef0';

/** A login with IAM, which nobody is granted here. */
function login(dbProxyArn?: string): IamLogin {
  const grantConnect = () => {
    throw new Error('not granted in these tests');
  };
  return { grantConnect, ...(dbProxyArn !== undefined && { dbProxyArn }) };
}

function pools(endpoint: string, proxyArn?: string) {
  const definition = { endpoint, database: 'orders', user: 'watcher', auth: { type: 'iam' as const } };
  return checkedPools([{ name: 'orders', definition, login: login(proxyArn) }]);
}

describe('an RDS Proxy that the definition does not name', () => {
  it.each([
    ['shows by its host name', pools(HOST), false],
    ['shows by the login', pools('db.example.com', ARN), false],
    ['is not there: the login at the database is with IAM itself', pools('db.example.com'), true],
  ])('%s', (_, watched, withRdsIam) => {
    expect(checkRoles(watched)).toMatchObject([{ user: 'watcher', withRdsIam }]);
  });

  it('has its alarms where its host name tells its own', () => {
    expect(proxiesOf(pools(HOST))).toEqual([{ name: 'shop', label: 'shop' }]);
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
