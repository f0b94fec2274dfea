import { type Finding, failed, ok, setting, unknown } from '../../core/finding.js';
import { ordinarySlots } from '../../core/sample.js';
import type { Facts } from './facts.js';

interface Ceiling {
  readonly connections: number;
  readonly name: string;
  /** What gives more when it is raised. */
  readonly by: string;
}

/** Connections that all instances may open together; null when there is a mistake in the settings. */
export function promisedBy({ settings: { inForce, instances } }: Facts): number | null {
  return inForce && inForce.max * instances;
}

/** The least of what server, database and managed pool can give; null when none was seen. */
export function lowestCeiling({ database, managed }: Facts): Ceiling | null {
  const limit = managed?.stats?.limit ?? null;
  const ceilings: Ceiling[] = [
    ...(database
      ? [{ connections: ordinarySlots(database.slots), name: slots(database.slots), by: 'max_connections' }]
      : []),
    ...(database && database.slots.databaseLimit !== null
      ? [{ connections: database.slots.databaseLimit, name: 'the CONNECTION LIMIT of the database', by: 'that limit' }]
      : []),
    ...(limit === null ? [] : [{ connections: limit, name: 'the limit of the managed pool', by: 'that limit' }]),
  ];
  return ceilings.reduce<Ceiling | null>(
    (lowest, next) => (lowest === null || next.connections < lowest.connections ? next : lowest),
    null,
  );
}

/** Whether the settings promise what can be given. Pure. */
export function ceilingFindings(facts: Facts): Finding[] {
  const promised = promisedBy(facts);
  const ceiling = lowestCeiling(facts);
  if (promised === null || facts.settings.inForce === null) {
    return [];
  }
  if (ceiling === null) {
    return [unknown('ceiling', 'How many connections the server can give was not seen.')];
  }
  const { settings } = facts;
  const sum = `${promised} connections (max ${settings.inForce?.max} x ${settings.instances})`;
  const given = `${ceiling.connections}, ${ceiling.name}`;
  return promised <= ceiling.connections
    ? [ok('ceiling', `The settings promise ${sum}; there are ${given}.`)]
    : [failed('ceiling', `The settings promise ${sum}, but there are ${given}.`, lower(facts.settings, ceiling))];
}

function lower({ instances, variables, definition }: Facts['settings'], { connections, by }: Ceiling) {
  const each = Math.floor(connections / instances);
  const max =
    variables.max === undefined && definition
      ? `"pool": {"max": ${each}} in the definition`
      : `DATABASE_POOL_MAX=${each}`;
  return setting(each >= 1 ? `${max} at most, or raise ${by}` : `${connections} instances at most, or raise ${by}`);
}

function slots({
  maxConnections,
  superuserReserved,
  reserved,
  rdsReserved,
}: Parameters<typeof ordinarySlots>[0]): string {
  return `the slots of the server for clients (max_connections ${maxConnections} less ${superuserReserved + reserved + rdsReserved} reserved)`;
}
