import { SESSIONS_PER_POOL, sqlName } from '../../core/check-role.js';
import { type Finding, type Fix, failed, ok, setting, sql, tip, unknown } from '../../core/finding.js';
import type { RoleFacts, RoleOnServer } from '../../postgres/role.js';
import { CHECK_SESSIONS, configuredMaxOf, lowestCeiling } from './ceiling.js';
import type { Facts } from './gather.js';

/**
 * Instances that run beside the others during a rolling deployment. A role of the application needs `max` connections for
 * each of them beyond `max` x `instances`, and `SESSIONS_PER_POOL` for the check if the check uses the role too.
 */
const ROLLING_INSTANCES = 1;

const ABOUT = 'role limit';

/** Sessions that a role of the application may need; capped at the lowest limit, above which no login succeeds. */
interface Need {
  /** For all instances at their full size, and this check. */
  readonly now: number;
  /** The same during a rolling deployment, and with the deployed check. */
  readonly withHeadroom: number;
  /** How `now` is computed. */
  readonly terms: string;
}

/** Compares the CONNECTION LIMIT of each counted role, and of the check's role, with what the role needs. Pure. */
export function roleLimitFindings(role: RoleFacts, facts: Facts): Finding[] {
  const isShared = isSharedRole(role, facts);
  const names = facts.count.users ?? (isShared ? [role.user] : []);
  const counted = role.roles.filter(({ name }) => names.includes(name));
  return [
    ...(isShared || role.isSuperuser ? [] : [ofCheck(role)]),
    ...counted.map((one) => ofApplication(one, { isShared: isShared && one.name === role.user, facts, counted })),
    ...(facts.count.users ? [] : others(role, names)),
  ];
}

/** Whether other programs log in as the role of the check, by what the user wrote or by its sessions. */
export function isSharedRole({ user, roles }: RoleFacts, { sharedUser }: Pick<Facts, 'sharedUser'>): boolean {
  return sharedUser || roles.some(({ name, sessions, ofCheck }) => name === user && sessions > ofCheck);
}

/** A role that only the check uses. */
function ofCheck({ user, connectionLimit }: RoleFacts): Finding {
  const name = sqlName(user);
  const raise = sql(`ALTER ROLE ${name} CONNECTION LIMIT ${SESSIONS_PER_POOL}`);
  if (connectionLimit === null) {
    const text = `${name} has no CONNECTION LIMIT. ${SESSIONS_PER_POOL} sessions for each monitored pool are enough; the limit keeps the other slots free whatever the monitor does.`;
    return tip(ABOUT, text, raise);
  }
  return connectionLimit > 0
    ? ok(ABOUT, `${name} may open ${connectionLimit} sessions.`)
    : failed(ABOUT, `${name} may not open a session.`, raise);
}

interface OfApplication {
  /** Whether the check uses the role too. */
  readonly isShared: boolean;
  readonly facts: Facts;
  readonly counted: readonly RoleOnServer[];
}

/** A role of the application. A role without a limit needs none: it is the application's to decide. */
function ofApplication({ name: user, limit, sessions }: RoleOnServer, context: OfApplication): Finding {
  const { isShared, facts, counted } = context;
  const name = sqlName(user);
  if (limit === null) {
    return ok(ABOUT, `${name} has no CONNECTION LIMIT.`);
  }
  const need = needOf(facts, isShared);
  if (need === null) {
    return unknown(ABOUT, `The limit that ${name} needs is unknown while the settings are invalid.`);
  }
  const isReached = sessions >= limit;
  const now = isReached ? ` All ${limit} are in use: the next login of ${name} is refused.` : '';
  if (limit >= need.withHeadroom) {
    const text = `${name} may open ${limit} sessions.`;
    return isReached ? tip(ABOUT, text + now) : ok(ABOUT, text);
  }
  const fix = raiseLimit(name, need.withHeadroom, isShared);
  const others = counted.length - 1;
  // Of several roles each may be meant for a part of the connections, until one has no session left.
  if (limit < need.now && (others === 0 || isReached)) {
    return failed(ABOUT, `${name} may open ${limit} sessions, but needs ${need.now} (${need.terms}).${now}`, fix);
  }
  const enough =
    limit < need.now
      ? `less than ${need.now} (${need.terms}), which the ${counted.length} counted roles have to share.`
      : `enough for ${need.terms}, but a rolling deployment${isShared ? ' and the deployed check need' : ' needs'} ${need.withHeadroom}.`;
  return tip(ABOUT, `${name} may open ${limit} sessions: ${enough}${now}`, fix);
}

/** Null if the settings are invalid. */
function needOf(facts: Facts, isShared: boolean): Need | null {
  const { inForce, instances } = facts.settings;
  const configured = configuredMaxOf(facts);
  if (inForce === null || configured === null) {
    return null;
  }
  const ceiling = lowestCeiling(facts)?.connections ?? Number.POSITIVE_INFINITY;
  const headroom = inForce.max * ROLLING_INSTANCES + (isShared ? SESSIONS_PER_POOL : 0);
  return {
    now: Math.min(configured + (isShared ? CHECK_SESSIONS : 0), ceiling),
    withHeadroom: Math.min(configured + headroom, ceiling),
    terms: `max ${inForce.max} x ${instances}${isShared ? ' and one for the check' : ''}`,
  };
}

/** No statement limits a role that the check shares: the monitor would take connections from the application. */
function raiseLimit(name: string, sessions: number, isShared: boolean): Fix {
  return isShared
    ? setting(
        `raise the CONNECTION LIMIT of ${name} to ${sessions} or more, or lower max x instances, and give the check a role of its own (pool-health setup)`,
      )
    : sql(`ALTER ROLE ${name} CONNECTION LIMIT ${sessions}`);
}

/** Other roles with a limit that is reached, if the pool is all sessions of the database. */
function others({ roles }: RoleFacts, names: readonly string[]): Finding[] {
  return roles
    .filter(
      ({ name, limit, sessions, here }) => limit !== null && sessions >= limit && here > 0 && !names.includes(name),
    )
    .map(({ name, limit }) =>
      tip(ABOUT, `${sqlName(name)} has reached its CONNECTION LIMIT of ${limit}: its next login is refused.`),
    );
}
