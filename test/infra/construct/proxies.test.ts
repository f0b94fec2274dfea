import { describe, expect, it } from 'vitest';
import { checkRoles } from '../../../infra/construct/check-roles.js';
import type { IamLogin } from '../../../infra/construct/permissions.js';
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
