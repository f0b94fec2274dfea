import * as v from 'valibot';
import type { Row } from '../../connection/connection.js';
import { ProblemError, problem } from '../../core/problems.js';

/** @see https://www.pgbouncer.org/usage.html#admin-console */
export const CONSOLE_COMMANDS = ['SHOW POOLS', 'SHOW DATABASES', 'SHOW CONFIG'] as const;

/** Settings that details and the doctor show: server connections per user and database, and the limit of clients. */
const SHOWN_SETTINGS = ['default_pool_size', 'max_client_conn'] as const;

/** A number: an integer in some versions, a text in others. */
const whole = v.union([
  v.pipe(v.number(), v.safeInteger()),
  v.pipe(v.string(), v.regex(/^-?\d{1,15}$/), v.transform(Number)),
]);
/** A column that may be absent; null if this version has no such column. */
const some = <T extends v.GenericSchema>(schema: T) => v.nullish(schema, null);
const count = some(v.pipe(whole, v.minValue(0)));
const limit = some(whole);
const name = some(v.string());

const pool = v.object({
  database: v.string(),
  user: v.string(),
  cl_active: count,
  cl_waiting: count,
  sv_active: count,
  sv_idle: count,
  sv_used: count,
  sv_tested: count,
  sv_login: count,
  /** How long the first waiting client has waited: whole seconds, and from 1.8 on the remaining microseconds. */
  maxwait: count,
  maxwait_us: count,
  pool_mode: some(v.picklist(['session', 'transaction', 'statement'])),
});

const database = v.object({
  /** The name that clients use. */
  name: v.string(),
  host: name,
  port: limit,
  /** The name on the server. */
  database: name,
  /** The user with which PgBouncer logs in to the server, for every client. */
  force_user: name,
  pool_size: limit,
  /** `max_db_connections`: connections of all users together. */
  max_connections: limit,
});

const setting = v.object({ key: v.string(), value: name });

/** The results of `CONSOLE_COMMANDS`, by column name. */
const tables = v.tuple([v.array(pool), v.array(database), v.array(setting)]);

export type PoolRow = v.InferOutput<typeof pool>;
export type DatabaseRow = v.InferOutput<typeof database>;

export interface ConsoleTables {
  readonly pools: readonly PoolRow[];
  readonly databases: readonly DatabaseRow[];
  /** Connections to the server that one user may have. */
  readonly maxUserConnections: number | null;
  /** Settings under PgBouncer's own names; null if this version does not report the setting. */
  readonly settings: Readonly<Record<(typeof SHOWN_SETTINGS)[number], number | null>>;
}

/**
 * Parses the results of `CONSOLE_COMMANDS`, of PgBouncer 1.12 and newer. Strict: an absent column is null, but a value that
 * should be a number and is not one is an error.
 *
 * @throws ProblemError `PROBE.QUERY`
 */
export function readTables(results: readonly (readonly Row[])[]): ConsoleTables {
  const parsed = v.safeParse(tables, results);
  const maxUserConnections = parsed.success
    ? v.safeParse(limit, settingOf(parsed.output[2], 'max_user_connections'))
    : parsed;
  if (!parsed.success || !maxUserConnections.success) {
    throw new ProblemError(problem('PROBE.QUERY', { reason: 'unexpected row shape' }));
  }
  const [pools, databases, settings] = parsed.output;
  const shown = SHOWN_SETTINGS.map((key) => [key, v.parse(v.fallback(limit, null), settingOf(settings, key))]);
  return { pools, databases, maxUserConnections: maxUserConnections.output, settings: Object.fromEntries(shown) };
}

function settingOf(settings: readonly v.InferOutput<typeof setting>[], name: string): string | null {
  return settings.find(({ key }) => key === name)?.value ?? null;
}
