import { type CheckRole, SESSIONS_PER_POOL } from '../../functions/core/check-role.js';
import { isBehindRdsProxy } from './permissions.js';
import type { CheckedPool } from './pools.js';

/** A role of the check, and the pools that log in as it. */
export interface CheckRoleOfPools extends CheckRole {
  readonly pools: readonly string[];
}

/** The roles that the pools of a deployment need, one for each user and kind of login. */
export function checkRoles(pools: readonly CheckedPool[]): readonly CheckRoleOfPools[] {
  const roles = new Map<string, CheckRoleOfPools>();
  for (const pool of pools) {
    const { name, config, endToEndIam } = pool;
    const withRdsIam = config.auth.type === 'iam' && (!isBehindRdsProxy(pool) || endToEndIam === true);
    const key = JSON.stringify([config.user, withRdsIam]);
    const together = [...(roles.get(key)?.pools ?? []), name];
    const connectionLimit = SESSIONS_PER_POOL * together.length;
    roles.set(key, { user: config.user, connectionLimit, withRdsIam, pools: together });
  }
  return [...roles.values()];
}
