import type { PoolConfig } from './pool-config.js';
import { type Problem, problem } from './problems.js';
import { clusterEndpoint, isRdsProxyHost, parseRdsProxyHost } from './rds-hosts.js';
import type { ServerRole } from './sample.js';

/** The part of a definition that decides which role is expected. */
export type RoleConfig = Pick<PoolConfig, 'role' | 'endpoint' | 'managed'>;

/** A role, or any; and what says so. */
interface Expectation {
  readonly role: ServerRole | 'any';
  readonly basis: 'definition' | 'host name' | 'first seen';
}

const ANY: Expectation = { role: 'any', basis: 'host name' };

/**
 * Compares the role of the server with the one that the definition expects: `role` if it is written, otherwise what the host
 * name says, otherwise the first one that this process saw. Pure; never throws.
 *
 * @param firstSeen the first role that this process saw
 * @param isDirect whether the connection goes straight to the server, without a pooler
 * @returns `DATABASE.ROLE` with both roles and what the expectation is based on; null if the role is as expected
 */
export function roleProblem(
  config: RoleConfig,
  seen: ServerRole,
  firstSeen: ServerRole,
  isDirect: boolean,
): Problem | null {
  const { role: expected, basis } = expectation(config, firstSeen, isDirect);
  return expected === 'any' || expected === seen ? null : problem('DATABASE.ROLE', { expected, seen, basis });
}

function expectation(config: RoleConfig, firstSeen: ServerRole, isDirect: boolean): Expectation {
  if (config.role) {
    return { role: config.role, basis: 'definition' };
  }
  const ofHost = byHost(config.endpoint);
  if (ofHost) {
    return ofHost;
  }
  // Some poolers send statements to the primary and to standbys in turn. A definition names none of those.
  const isOneServer = isDirect || config.managed !== null || isRdsProxyHost(config.endpoint);
  return isOneServer ? { role: firstSeen, basis: 'first seen' } : ANY;
}

/** Null if the host name does not say. A custom endpoint of a cluster may lead to servers of both roles. */
function byHost(host: string): Expectation | null {
  const endpoint = parseRdsProxyHost(host)?.proxy ? 'writer' : clusterEndpoint(host);
  switch (endpoint) {
    case 'writer':
      return { role: 'primary', basis: 'host name' };
    case 'readers':
      return { role: 'standby', basis: 'host name' };
    case 'custom':
      return ANY;
    case null:
      return null;
  }
}
