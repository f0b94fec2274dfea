import { describe, expect, it, test } from 'vitest';
import type { PoolConfig } from '../../../functions/core/pool-config.js';
import { proxyAddress, proxyStats } from '../../../functions/poolers/rds-proxy/address.js';
import type { ProxyGauges } from '../../../functions/poolers/rds-proxy/gauges.js';

const GAUGES: ProxyGauges = {
  takenAt: Date.UTC(2026, 0, 2, 12),
  allowed: 90,
  open: 40,
  borrowed: 24,
  pinned: 6,
  clients: 80,
  borrowWaitMs: 2,
  availabilityPercent: 100,
};

describe('the figures of an RDS Proxy', () => {
  it('are those of its metrics, minutes old, and never tell how many wait', () => {
    expect(proxyStats(GAUGES, 75, 832)).toEqual({
      takenAt: GAUGES.takenAt,
      isLive: false,
      limit: 90,
      open: 40,
      inUse: 24,
      pinned: 6,
      waiting: null,
      longestWaitMs: null,
      borrowWaitMs: 2,
      clients: 80,
      availabilityPercent: 100,
    });
  });

  it.each([
    ['what the proxy says it may open', 90, 75, 832, 90],
    ['else its share of the live max_connections', null, 75, 832, 624],
    ['never rounded up', null, 90, 45, 40],
    ['but never none', null, 1, 45, 1],
    ['the share when it may open none, as without a target', 0, 50, 100, 50],
    ['unknown without max_connections', null, 75, null, null],
    ['unknown without a share', null, null, 832, null],
    ['unknown when it may open none and no share is known', 0, null, null, null],
  ])('have as limit %s', (_, allowed, percent, maxConnections, limit) => {
    expect(proxyStats({ ...GAUGES, allowed }, percent, maxConnections).limit).toBe(limit);
  });

  it('have nulls where there are no datapoints', () => {
    const nothing = Object.fromEntries(Object.keys(GAUGES).map((key) => [key, null]));
    const figures = proxyStats({ ...(nothing as unknown as ProxyGauges), takenAt: 1 }, null, null);
    expect(Object.values(figures).filter((value) => value !== null)).toEqual([1, false]);
  });
});

const DEFAULT = 'Shop.proxy-abc123.eu-central-1.rds.amazonaws.com';
const OTHER = 'Readers.endpoint.proxy-abc123.eu-central-1.rds.amazonaws.com';
const named = (name: string): PoolConfig['managed'] => ({ kind: 'rds-proxy', name });
const pgbouncer: PoolConfig['managed'] = {
  kind: 'pgbouncer',
  user: 'stats',
  auth: { type: 'secret', arn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:x' },
};

test.each<[string, PoolConfig['managed'], string, unknown]>([
  ['named', named('shop'), 'db.example.com', { proxy: 'shop', endpoint: null }],
  ['named, at its default endpoint', named('other'), DEFAULT, { proxy: 'other', endpoint: null }],
  ['named, at another endpoint', named('shop'), OTHER, { proxy: 'shop', endpoint: 'readers' }],
  ['at its default endpoint', null, DEFAULT, { proxy: 'shop', endpoint: null }],
  ['at another endpoint', null, OTHER, { proxy: null, endpoint: 'readers' }],
  ['in China', null, 'shop.proxy-abc.rds.cn-north-1.amazonaws.com.cn', { proxy: 'shop', endpoint: null }],
  [
    'at another endpoint in China',
    null,
    'ro.endpoint.proxy-abc.rds.cn-north-1.amazonaws.com.cn',
    { proxy: null, endpoint: 'ro' },
  ],
  [
    'at an address that names no proxy',
    null,
    'a.b.proxy-abc.eu-central-1.rds.amazonaws.com',
    { proxy: null, endpoint: null },
  ],
  ['not there: another host', null, 'db.example.com', null],
  ['not there: a host that only looks like one', null, 'x.endpoint.proxy-abc.example.com', null],
  ['not there: a database', null, 'shop.abc123.eu-central-1.rds.amazonaws.com', null],
  ['not there: the definition says none', { kind: 'none' }, DEFAULT, null],
  ['not there: the definition says PgBouncer', pgbouncer, DEFAULT, null],
])('an RDS Proxy %s', (_, managed, endpoint, address) => {
  expect(proxyAddress({ managed, endpoint })).toEqual(address);
});
