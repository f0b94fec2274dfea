import { within } from '../connection/timeout.js';
import { CHECK_DEADLINE_MS } from '../core/check-role.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { PoolerKind } from '../core/poolers.js';
import type { DatabaseProbeResult, PoolerProbeResult } from '../core/ports.js';
import { type Problem, ProblemError, problem } from '../core/problems.js';
import { isRdsProxyHost } from '../core/rds-hosts.js';
import type { AppView, PoolerStats, PoolerView, PoolMode } from '../core/sample.js';
import { ageMs, currentMoment, monotonicMs, NEVER } from '../time/moment.js';

/** Stats, and why they lack a part. */
export type PoolerReading = PoolerStats & {
  /** @default nothing failed */
  readonly failures?: readonly ProblemError[];
};

/** Reads the stats of one pooler. */
export interface PoolerReader {
  /**
   * @param database the result of the database probe that runs at the same time
   * @returns null when the pooler is not of this kind
   * @throws ProblemError when the pooler cannot be queried
   */
  read(database: Promise<DatabaseProbeResult>): Promise<PoolerReading | null>;
  close(): Promise<void>;
}

/**
 * The readers of one pool: one for each kind of pooler, and one for the application's gauges. A source without a reader
 * cannot be queried from this process. The reader of `pgbouncer` queries the admin console at the pool's own address.
 */
export type PoolerReaders = Readonly<Partial<Record<PoolerKind, PoolerReader>>> & {
  /** Reads the gauges that the application publishes; null when it publishes none. */
  readonly appGauges?: () => Promise<AppView | null>;
};

interface Outcome<T> {
  readonly value: T | null;
  readonly problems: readonly Problem[];
}

/** Milliseconds after which a console that refused the login is tried again: each try is a failed login in its log. */
const CONSOLE_RETRY_DELAY_MS = 600_000;

/**
 * Probes the pooler in front of a pool. The definition names its kind. Otherwise the kind is detected: by the host name of an
 * RDS Proxy, or because a statement reached another backend than the login did. If the admin console then answers, the pooler
 * is a PgBouncer.
 */
export class PoolerProbe {
  readonly #config: Pick<ValidatedPoolConfig, 'managed' | 'endpoint'>;
  readonly #readers: PoolerReaders;
  /** Whether a console answered. From then on each probe queries it without waiting for the database's result. */
  #hasConsole = false;
  #refusedAt = NEVER;
  /** From the last stats that had one: what a pool is used by must not change while its console cannot be queried. */
  #mode: PoolMode | undefined;
  /** Whether the server itself answered the last time. If so, a later silence does not point to a pooler. */
  #wasDirect = false;

  constructor(config: Pick<ValidatedPoolConfig, 'managed' | 'endpoint'>, readers: PoolerReaders) {
    this.#config = config;
    this.#readers = readers;
  }

  /** Never throws: a pooler that cannot be queried is `MANAGED.UNAVAILABLE`, and the view of the database remains valid. */
  async probe(database: Promise<DatabaseProbeResult>): Promise<PoolerProbeResult> {
    const [managed, app] = await Promise.all([this.#pooler(database), this.#app()]);
    return { managed: managed.value, app: app.value, problems: [...managed.problems, ...app.problems] };
  }

  async close(): Promise<void> {
    const { appGauges: _, ...readers } = this.#readers;
    await Promise.all(Object.values(readers).map((reader) => reader.close()));
  }

  async #app(): Promise<Outcome<AppView>> {
    const { appGauges } = this.#readers;
    return appGauges ? await attempt(appGauges) : { value: null, problems: [] };
  }

  async #pooler(database: Promise<DatabaseProbeResult>): Promise<Outcome<PoolerView>> {
    const { managed, endpoint } = this.#config;
    if (managed) {
      return await this.#known({ kind: managed.kind, source: 'definition' }, database);
    }
    if (isRdsProxyHost(endpoint)) {
      return await this.#known({ kind: 'rds-proxy', source: 'host name' }, database);
    }
    return await this.#detected(database);
  }

  async #known(
    pooler: Pick<PoolerView, 'kind' | 'source'>,
    database: Promise<DatabaseProbeResult>,
  ): Promise<Outcome<PoolerView>> {
    if (pooler.kind === 'none') {
      return { value: { ...pooler, stats: null }, problems: [] };
    }
    const reader = this.#readers[pooler.kind];
    if (!reader) {
      const noAccess = problem('MANAGED.UNAVAILABLE', { reason: 'this process has no access to its stats' });
      return { value: { ...pooler, stats: null }, problems: [noAccess] };
    }
    const { value: stats, problems } = await readStats(reader, database);
    return { value: this.#view(pooler, stats), problems };
  }

  #view(pooler: Pick<PoolerView, 'kind' | 'source'>, stats: PoolerStats | null): PoolerView {
    this.#mode = stats?.mode ?? this.#mode;
    return { ...pooler, mode: this.#mode, stats };
  }

  async #detected(database: Promise<DatabaseProbeResult>): Promise<Outcome<PoolerView>> {
    const endsAt = monotonicMs() + CHECK_DEADLINE_MS;
    const known = this.#hasConsole ? await this.#known({ kind: 'pgbouncer', source: 'console' }, database) : null;
    const result = await database;
    const { isDirect } = result;
    this.#wasDirect = isDirect ?? this.#wasDirect;
    if (known && isDirect !== true) {
      return known;
    }
    const isWorthTrying = mayHavePooler(result) && !(this.#wasDirect && isUnanswered(result));
    const stats = isWorthTrying ? await this.#tryConsole(database, endsAt) : null;
    this.#hasConsole = stats !== null;
    if (stats) {
      return { value: this.#view({ kind: 'pgbouncer', source: 'console' }, stats), problems: [] };
    }
    const kind = isDirect ? 'none' : 'unknown';
    return { value: isDirect === null ? null : { kind, source: 'backend', stats: null }, problems: [] };
  }

  /** Null if no console answers. */
  async #tryConsole(database: Promise<DatabaseProbeResult>, endsAt: number): Promise<PoolerStats | null> {
    const { pgbouncer } = this.#readers;
    if (!pgbouncer || ageMs(this.#refusedAt) < CONSOLE_RETRY_DELAY_MS) {
      return null;
    }
    const late = () => new Error('no time left');
    return await within(pgbouncer.read(database), endsAt - monotonicMs(), late).catch((error: unknown) => {
      this.#refusedAt = isRefusal(error) ? currentMoment() : this.#refusedAt;
      return null;
    });
  }
}

/** Whether the login succeeded but the statement got no answer: a pooler may hold the statement in its queue. */
export function isUnanswered({ isDirect, problems }: DatabaseProbeResult): boolean {
  return isDirect === null && problems.some(({ code, values }) => code === 'PROBE.TIMEOUT' && values.phase === 'query');
}

function isRefusal(error: unknown): boolean {
  return error instanceof ProblemError && !['PROBE.TIMEOUT', 'PROBE.UNREACHABLE'].includes(error.problem.code);
}

/** Whether there is a sign of a pooler. Without one, trying the console would be a failed login on a plain server. */
function mayHavePooler(result: DatabaseProbeResult): boolean {
  return (
    result.isDirect === false || isUnanswered(result) || result.problems.some(({ code }) => code === 'MANAGED.FULL')
  );
}

async function readStats(reader: PoolerReader, database: Promise<DatabaseProbeResult>): Promise<Outcome<PoolerStats>> {
  const { value, problems } = await attempt(() => reader.read(database));
  if (!value) {
    return { value, problems };
  }
  const { failures = [], ...stats } = value;
  return { value: stats, problems: failures.map(unavailable) };
}

async function attempt<T>(read: () => Promise<T | null>): Promise<Outcome<T>> {
  try {
    return { value: await read(), problems: [] };
  } catch (error) {
    return { value: null, problems: [unavailable(error)] };
  }
}

function unavailable(error: unknown): Problem {
  const reason =
    error instanceof ProblemError
      ? { ...error.problem.values, cause: error.problem.code }
      : { reason: 'unexpected answer' };
  return problem('MANAGED.UNAVAILABLE', reason);
}
