import { type Finding, failed, ok, setting, tip, unknown } from '../../core/finding.js';
import { ordinarySlots } from '../../core/sample.js';
import type { Facts } from './gather.js';

/** The session of the check itself. It takes a slot of the server and of the database like a session of the application. */
export const CHECK_SESSIONS = 1;

interface Ceiling {
  readonly connections: number;
  /** The part of them that the application can have beside the check. */
  readonly forApplication: number;
  readonly name: string;
  /** The limit to raise for more connections. */
  readonly by: string;
}

/** Connections that all instances together may open; null if the settings are invalid. */
export function configuredMaxOf({ settings: { inForce, instances } }: Facts): number | null {
  return inForce && inForce.max * instances;
}

/** The lowest limit of server, database and pooler; null if none is known. */
export function lowestCeiling({ database, pooler }: Facts): Ceiling | null {
  const ceilings: Ceiling[] = [];
  if (database) {
    ceilings.push(ceiling(ordinarySlots(database.slots), CHECK_SESSIONS, slots(database.slots), 'max_connections'));
  }
  if (database && database.slots.databaseLimit !== null) {
    const { databaseLimit } = database.slots;
    ceilings.push(ceiling(databaseLimit, CHECK_SESSIONS, 'the CONNECTION LIMIT of the database', 'that limit'));
  }
  // The application's pool inside the pooler: the check borrows from it for a moment only.
  const limit = pooler?.stats?.limit ?? null;
  if (limit !== null) {
    ceilings.push(ceiling(limit, 0, 'the limit of the pooler', 'that limit'));
  }
  return ceilings.reduce<Ceiling | null>(
    (lowest, next) => (lowest === null || next.connections < lowest.connections ? next : lowest),
    null,
  );
}

function ceiling(connections: number, forCheck: number, name: string, by: string): Ceiling {
  return { connections, forApplication: Math.max(0, connections - forCheck), name, by };
}

/** Compares the configured maximum with the lowest limit. Pure. */
export function ceilingFindings(facts: Facts): Finding[] {
  const configured = configuredMaxOf(facts);
  const lowest = lowestCeiling(facts);
  if (configured === null || facts.settings.inForce === null) {
    return [];
  }
  if (lowest === null) {
    return [unknown('ceiling', 'The connection limit of the server is unknown.')];
  }
  const { settings } = facts;
  const total = `${configured} connections (max ${settings.inForce?.max} x ${settings.instances})`;
  const limit = `the lowest limit is ${lowest.connections}: ${lowest.name}`;
  if (configured <= lowest.forApplication) {
    return [ok('ceiling', `The settings allow ${total}; ${limit}.`)];
  }
  const fix = lower(facts.settings, lowest);
  return configured <= lowest.connections
    ? [tip('ceiling', `The settings allow ${total}, which leaves nothing for the check; ${limit}.`, fix)]
    : [failed('ceiling', `The settings allow ${total}, but ${limit}.`, fix)];
}

function lower({ instances, variables, definition }: Facts['settings'], { forApplication, by }: Ceiling) {
  const each = Math.floor(forApplication / instances);
  const max =
    variables.max === undefined && definition
      ? `"pool": {"max": ${each}} or less in the definition`
      : `DATABASE_POOL_MAX=${each} or less`;
  return setting(each >= 1 ? `${max}, or raise ${by}` : `at most ${forApplication} instances, or raise ${by}`);
}

function slots({
  maxConnections,
  superuserReserved,
  reserved,
  rdsReserved,
}: Parameters<typeof ordinarySlots>[0]): string {
  return `the server's slots for clients (max_connections ${maxConnections} less ${superuserReserved + reserved + rdsReserved} reserved)`;
}
