import { configuredMaxOf } from '../cli/doctor/ceiling.js';
import type { Facts } from '../cli/doctor/facts.js';
import { type Finding, failed, ok, setting, unknown } from '../core/finding.js';
import { ordinarySlots } from '../core/sample.js';

/** What stands between, and whether its limits fit. Pure. */
export function managedFindings(facts: Facts): Finding[] {
  const about = 'managed pool';
  switch (facts.managed?.kind) {
    case undefined:
      return [unknown(about, 'Whether a pooler stands between was not seen.')];
    case 'none':
      return [ok(about, 'None stands between: connections reach the server itself.')];
    case 'rds-proxy':
      return [unknown(about, 'An RDS Proxy, whose figures are in CloudWatch: the deployed check reads them.')];
    case 'unknown':
      return [
        unknown(
          about,
          'A pooler stands between, whose console does not answer. If it is a PgBouncer: add the user to stats_users.',
        ),
      ];
    case 'pgbouncer':
      return pgbouncer(about, facts);
  }
}

function pgbouncer(about: string, facts: Facts): Finding[] {
  const { managed, database } = facts;
  const figures = managed?.stats ?? null;
  if (figures === null) {
    return [unknown(about, 'A PgBouncer, whose console could not be asked.')];
  }
  const { limit } = figures;
  const clients = figures.settings?.max_client_conn ?? null;
  const promised = configuredMaxOf(facts);
  const slots = database && ordinarySlots(database.slots);
  const found: Finding[] = [];
  if (clients !== null && promised !== null && promised > clients) {
    const text = `The settings allow ${promised} connections, but PgBouncer takes ${clients} clients.`;
    found.push(failed(about, text, setting(`max_client_conn = ${promised} in pgbouncer.ini`)));
  }
  if (limit !== null && slots !== null && limit > slots) {
    const text = `PgBouncer may open ${limit} connections for this pool, but the server has ${slots} slots for clients.`;
    found.push(failed(about, text, setting(`default_pool_size = ${slots} in pgbouncer.ini at most`)));
  }
  const size = limit === null ? 'without a limit' : `of ${limit} connections`;
  return found.length > 0
    ? found
    : [
        ok(
          about,
          `A PgBouncer ${size} for this pool, ${clients === null ? 'an unknown number of' : clients} clients at most.`,
        ),
      ];
}
