import { describe, expect, it } from 'vitest';
import { type RoleConfig, roleProblem } from '../../functions/core/expected-role.js';
import type { PoolerDefinition } from '../../functions/core/poolers.js';
import type { ServerRole } from '../../functions/core/sample.js';

const INSTANCE = 'orders.c0ffee123.eu-central-1.rds.amazonaws.com';
const WRITER = 'orders.cluster-c0ffee123.eu-central-1.rds.amazonaws.com';
const READERS = 'Orders.cluster-ro-c0ffee123.eu-central-1.rds.amazonaws.com';
const CUSTOM = 'orders.cluster-custom-c0ffee123.eu-central-1.rds.amazonaws.com';
const PROXY = 'orders.proxy-c0ffee123.eu-central-1.rds.amazonaws.com';
const PROXY_ENDPOINT = 'read.endpoint.proxy-c0ffee123.eu-central-1.rds.amazonaws.com';
const PGBOUNCER: PoolerDefinition = { kind: 'pgbouncer', user: 'stats', auth: { type: 'secret', arn: 'arn' } };

interface Case extends Partial<RoleConfig> {
  readonly seen: ServerRole;
  readonly firstSeen?: ServerRole;
  readonly isDirect?: boolean;
}

function problemOf({ seen, firstSeen = seen, isDirect = true, ...config }: Case) {
  return roleProblem({ role: null, endpoint: 'db.internal', managed: null, ...config }, seen, firstSeen, isDirect);
}

describe('DATABASE.ROLE', () => {
  it.each<[string, Case, ServerRole, string]>([
    ['the definition expects a primary', { role: 'primary', seen: 'standby' }, 'primary', 'definition'],
    ['the definition expects a standby', { role: 'standby', seen: 'primary' }, 'standby', 'definition'],
    [
      'the definition counts more than the host',
      { role: 'standby', endpoint: WRITER, seen: 'primary' },
      'standby',
      'definition',
    ],
    ['the endpoint is the writer of a cluster', { endpoint: WRITER, seen: 'standby' }, 'primary', 'host name'],
    ['the endpoint is the readers of a cluster', { endpoint: READERS, seen: 'primary' }, 'standby', 'host name'],
    [
      'the endpoint is the default one of a proxy',
      { endpoint: PROXY, seen: 'standby', isDirect: false },
      'primary',
      'host name',
    ],
    ['a primary became a standby', { seen: 'standby', firstSeen: 'primary' }, 'primary', 'first seen'],
    [
      'an instance was promoted',
      { endpoint: INSTANCE, seen: 'primary', firstSeen: 'standby' },
      'standby',
      'first seen',
    ],
    [
      'another endpoint of a proxy changed',
      { endpoint: PROXY_ENDPOINT, seen: 'primary', firstSeen: 'standby', isDirect: false },
      'standby',
      'first seen',
    ],
    [
      'the server behind a pooler of the definition changed',
      { managed: PGBOUNCER, seen: 'standby', firstSeen: 'primary', isDirect: false },
      'primary',
      'first seen',
    ],
  ])('is reported when %s', (_, given, expected, basis) => {
    expect(problemOf(given)).toEqual({
      code: 'DATABASE.ROLE',
      severity: 'error',
      values: { expected, seen: given.seen, basis },
    });
  });

  it.each<[string, Case]>([
    ['the definition accepts any role', { role: 'any', endpoint: WRITER, seen: 'standby', firstSeen: 'primary' }],
    ['the definition expects the role', { role: 'standby', seen: 'standby' }],
    ['a reader stays a reader', { endpoint: INSTANCE, seen: 'standby' }],
    ['the readers of a cluster are readers', { endpoint: READERS, seen: 'standby' }],
    ['the writer of a cluster is a primary', { endpoint: WRITER, seen: 'primary' }],
    ['the proxy leads to a primary', { endpoint: PROXY, seen: 'primary', isDirect: false }],
    [
      'a custom endpoint of a cluster has servers of both roles',
      { endpoint: CUSTOM, seen: 'standby', firstSeen: 'primary' },
    ],
    [
      'a pooler that nothing is known of may use both roles',
      { seen: 'standby', firstSeen: 'primary', isDirect: false },
    ],
  ])('stays silent when %s', (_, given) => {
    expect(problemOf(given)).toBeNull();
  });
});
