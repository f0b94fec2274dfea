import * as v from 'valibot';
import type { Row } from '../../connection/connection.js';
import { ProblemError, problem } from '../../core/problems.js';

/** Numbers are integers in one version and texts in another. */
const whole = v.union([
  v.pipe(v.number(), v.safeInteger()),
  v.pipe(v.string(), v.regex(/^-?\d{1,15}$/), v.transform(Number)),
]);
/** A column that this version may not have; null where it has not. */
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
  /** Age of the first client that waits: seconds, and microseconds beside them from 1.8 on. */
  maxwait: count,
  maxwait_us: count,
});

const database = v.object({
  /** What clients call it. */
  name: v.string(),
  host: name,
  port: limit,
  /** What the server calls it. */
  database: name,
  /** As whom PgBouncer logs in whoever the client is. */
  force_user: name,
  pool_size: limit,
  /** `max_db_connections`, for all users together. */
  max_connections: limit,
});

const setting = v.object({ key: v.string(), value: name });

/** What the three commands of `CONSOLE_COMMANDS` answer, by the names of their columns. */
const tables = v.tuple([v.array(pool), v.array(database), v.array(setting)]);

export type PoolRow = v.InferOutput<typeof pool>;
export type DatabaseRow = v.InferOutput<typeof database>;

export interface ConsoleTables {
  readonly pools: readonly PoolRow[];
  readonly databases: readonly DatabaseRow[];
  /** `max_user_connections`: connections to the server that one user may have. */
  readonly perUser: number | null;
  /** How it is set up, in its own words; null where this version does not tell. */
  readonly settings: Readonly<Record<(typeof SHOWN_SETTINGS)[number], number | null>>;
}

/** What details and the doctor show of its configuration: connections to the server for each user and database, and clients. */
const SHOWN_SETTINGS = ['default_pool_size', 'max_client_conn'] as const;

/** @see https://www.pgbouncer.org/usage.html#admin-console */
export const CONSOLE_COMMANDS = ['SHOW POOLS', 'SHOW DATABASES', 'SHOW CONFIG'] as const;

/**
 * Reads the answers to `CONSOLE_COMMANDS` of any PgBouncer from 1.12 on, strictly: columns that are not there are null, what
 * is no number is refused.
 *
 * @throws ProblemError `PROBE.QUERY`
 */
export function readTables(results: readonly (readonly Row[])[]): ConsoleTables {
  const parsed = v.safeParse(tables, results);
  const perUser = parsed.success ? v.safeParse(limit, settingOf(parsed.output[2], 'max_user_connections')) : parsed;
  if (!parsed.success || !perUser.success) {
    throw new ProblemError(problem('PROBE.QUERY', { reason: 'rows of another shape' }));
  }
  const [pools, databases, settings] = parsed.output;
  const shown = SHOWN_SETTINGS.map((key) => [key, v.parse(v.fallback(limit, null), settingOf(settings, key))]);
  return { pools, databases, perUser: perUser.output, settings: Object.fromEntries(shown) };
}

function settingOf(settings: readonly v.InferOutput<typeof setting>[], name: string): string | null {
  return settings.find(({ key }) => key === name)?.value ?? null;
}
