import { describe, expect, it } from 'vitest';
import { checkRoles } from '../../../infra/construct/check-roles.js';
import { checkedPools } from '../../../infra/construct/pools.js';
import { ATTACH } from '../../support/synth.js';

describe('which roles a deployment needs', () => {
  const [orders, carts, reports] = ATTACH.pools;
  const login = { grantConnect: () => expect.fail('nothing is granted here') };
  const rolesOf = (...pools: readonly (typeof ATTACH.pools)[number][]) =>
    checkRoles(checkedPools(pools.map((pool) => ({ ...pool, login }))));

  it('one for each user, with sessions for all its pools', () => {
    expect(rolesOf(orders, carts, reports)).toEqual([
      { user: 'pool_health', connectionLimit: 20, withRdsIam: true, pools: ['orders', 'carts'] },
      { user: 'watcher', connectionLimit: 10, withRdsIam: false, pools: ['reports'] },
    ]);
  });

  it('rds_iam only where IAM goes through to the database', () => {
    const withIam = (changes: object) =>
      checkRoles(checkedPools([{ ...orders, login, ...changes }])).map(({ withRdsIam }) => withRdsIam);
    expect(withIam({ endToEndIam: true })).toEqual([true]);
    expect(withIam({ endToEndIam: false })).toEqual([false]);
    expect(withIam({ endToEndIam: false, definition: { ...orders.definition, managed: { kind: 'none' } } })).toEqual([
      true,
    ]);
    expect(rolesOf(reports).map(({ withRdsIam }) => withRdsIam)).toEqual([false]);
  });
});
