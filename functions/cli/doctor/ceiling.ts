import { type Finding, failed, ok, setting, unknown } from '../../core/finding.js';
import { ordinarySlots } from '../../core/sample.js';
import type { Facts } from './gather.js';

interface Ceiling {
  readonly connections: number;
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
  const limit = pooler?.stats?.limit ?? null;
  const ceilings: Ceiling[] = [
    ...(database
      ? [{ connections: ordinarySlots(database.slots), name: slots(database.slots), by: 'max_connections' }]
      : []),
    ...(database && database.slots.databaseLimit !== null
      ? [{ connections: database.slots.databaseLimit, name: 'the CONNECTION LIMIT of the database', by: 'that limit' }]
      : []),
    ...(limit === null ? [] : [{ connections: limit, name: 'the limit of the pooler', by: 'that limit' }]),
  ];
  return ceilings.reduce<Ceiling | null>(
    (lowest, next) => (lowest === null || next.connections < lowest.connections ? next : lowest),
    null,
  );
}

/** Compares the configured maximum with the lowest limit. Pure. */
export function ceilingFindings(facts: Facts): Finding[] {
  const configured = configuredMaxOf(facts);
  const ceiling = lowestCeiling(facts);
  if (configured === null || facts.settings.inForce === null) {
    return [];
  }
  if (ceiling === null) {
    return [unknown('ceiling', 'The connection limit of the server is unknown.')];
  }
  const { settings } = facts;
  const total = `${configured} connections (max ${settings.inForce?.max} x ${settings.instances})`;
  const limit = `the lowest limit is ${ceiling.connections}: ${ceiling.name}`;
  return configured <= ceiling.connections
    ? [ok('ceiling', `The settings allow ${total}; ${limit}.`)]
    : [failed('ceiling', `The settings allow ${total}, but ${limit}.`, lower(facts.settings, ceiling))];
}

function lower({ instances, variables, definition }: Facts['settings'], { connections, by }: Ceiling) {
  const each = Math.floor(connections / instances);
  const max =
    variables.max === undefined && definition
      ? `"pool": {"max": ${each}} or less in the definition`
      : `DATABASE_POOL_MAX=${each} or less`;
  return setting(each >= 1 ? `${max}, or raise ${by}` : `at most ${connections} instances, or raise ${by}`);
}

function slots({
  maxConnections,
  superuserReserved,
  reserved,
  rdsReserved,
}: Parameters<typeof ordinarySlots>[0]): string {
  return `the server's slots for clients (max_connections ${maxConnections} less ${superuserReserved + reserved + rdsReserved} reserved)`;
}
