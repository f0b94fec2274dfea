import { describe, expect, it } from 'vitest';
import { clusterEndpoint, isRdsHost, isRdsProxyHost, parseRdsProxyHost } from '../../functions/core/rds-hosts.js';

describe('isRdsProxyHost', () => {
  it.each([
    ['a proxy', 'orders.proxy-c0ffee123.eu-central-1.rds.amazonaws.com', true],
    ["a proxy's further endpoint", 'read.endpoint.proxy-c0ffee123.eu-central-1.rds.amazonaws.com', true],
    ['a proxy in China', 'orders.proxy-c0ffee123.rds.cn-north-1.amazonaws.com.cn', true],
    ['a proxy in China with the usual order of names', 'orders.proxy-c0ffee123.cn-north-1.rds.amazonaws.com.cn', true],
    ['in capitals', 'ORDERS.PROXY-C0FFEE123.EU-CENTRAL-1.RDS.AMAZONAWS.COM', true],
    ['an instance', 'orders.c0ffee123.eu-central-1.rds.amazonaws.com', false],
    ['a cluster', 'orders.cluster-c0ffee123.eu-central-1.rds.amazonaws.com', false],
    ['an instance that is called a proxy', 'proxy-orders.c0ffee123.eu-central-1.rds.amazonaws.com', false],
    ['a domain of somebody else', 'orders.proxy-c0ffee123.eu-central-1.rds.amazonaws.com.example', false],
    ['an address', '127.0.0.1', false],
    ['nothing', '', false],
  ])('%s (host name)', (_, host, isProxy) => {
    expect(isRdsProxyHost(host)).toBe(isProxy);
  });
});

describe('parseRdsProxyHost', () => {
  it.each([
    ['the default endpoint names the proxy', 'Orders.proxy-c0ffee123.eu-central-1.rds.amazonaws.com', 'orders', null],
    ['another endpoint names itself', 'Read.endpoint.proxy-c0ffee123.eu-central-1.rds.amazonaws.com', null, 'read'],
    ['any other form names neither', 'a.b.proxy-c0ffee123.eu-central-1.rds.amazonaws.com', null, null],
  ])('%s', (_, host, proxy, endpoint) => {
    expect(parseRdsProxyHost(host)).toEqual({ proxy, endpoint });
  });

  it('returns null for a host that is not an RDS Proxy', () => {
    expect(parseRdsProxyHost('orders.c0ffee123.eu-central-1.rds.amazonaws.com')).toBeNull();
  });
});

it('isRdsHost accepts databases and proxies of RDS, and no other host', () => {
  const hosts = [
    'orders.c0ffee123.eu-central-1.rds.amazonaws.com',
    'orders.proxy-c0ffee123.eu-central-1.rds.amazonaws.com',
    'x.proxy-abc.eu-central-1.elb.amazonaws.com',
    'rds.amazonaws.com.example.com',
  ];
  expect(hosts.map(isRdsHost)).toEqual([true, true, false, false]);
});

describe('clusterEndpoint', () => {
  it.each([
    ['the writer', 'orders.cluster-c0ffee123.eu-central-1.rds.amazonaws.com', 'writer'],
    ['the readers', 'orders.cluster-ro-c0ffee123.eu-central-1.rds.amazonaws.com', 'readers'],
    ['the readers in capitals', 'ORDERS.CLUSTER-RO-C0FFEE123.EU-CENTRAL-1.RDS.AMAZONAWS.COM', 'readers'],
    ['a custom endpoint', 'reports.cluster-custom-c0ffee123.eu-central-1.rds.amazonaws.com', 'custom'],
    ['the writer in China', 'orders.cluster-c0ffee123.rds.cn-north-1.amazonaws.com.cn', 'writer'],
    ['an instance', 'orders.c0ffee123.eu-central-1.rds.amazonaws.com', null],
    ['a proxy', 'orders.proxy-c0ffee123.eu-central-1.rds.amazonaws.com', null],
    ['another domain', 'orders.cluster-c0ffee123.example.com', null],
    ['an address', '127.0.0.1', null],
  ])('%s', (_, host, endpoint) => {
    expect(clusterEndpoint(host)).toBe(endpoint);
  });
});
