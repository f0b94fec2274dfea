import { within } from '../connection/timeout.js';
import { CHECK_DEADLINE_MS } from '../core/check-identity.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import type { DatabaseProbeResult, PoolerProbeResult } from '../core/probe-results.js';
import { type Problem, ProblemError, problem } from '../core/problems.js';
import { isRdsProxyHost } from '../core/rds-hosts.js';
import type { AppView, PoolerStats, PoolerView } from '../core/sample.js';
import { isSilent } from './silence.js';

/** Asks one managed pool for its figures. */
export interface PoolerReader {
  /**
   * @param database what the database's side sees at the same time, for what only it knows
   * @returns null when this is not the managed pool of this kind after all
   * @throws ProblemError when it cannot be asked
   */
  read(database: Promise<DatabaseProbeResult>): Promise<PoolerStats | null>;
  close(): Promise<void>;
}

/** What can be asked from here; what is absent cannot. */
export interface PoolerReaders {
  readonly rdsProxy?: PoolerReader;
  /** The admin console of a PgBouncer at the pool's own address. */
  readonly pgbouncer?: PoolerReader;
  /** The gauges that the application publishes; null when it publishes none. */
  readonly appGauges?: () => Promise<AppView | null>;
}

/**
 * Looks at a pool from the side of what manages its connections. Which kind that is says the definition; otherwise the host
 * name of an RDS Proxy, or the backend that answered: where it is not the one the login reached, a pooler stands between,
 * and it is a PgBouncer if its console answers.
 */
export class PoolerProbe {
  readonly #config: Pick<ValidatedPoolConfig, 'managed' | 'endpoint'>;
  readonly #readers: PoolerReaders;
  /** Whether a console answered, so that from then on it is asked without waiting for a reason. */
  #hasConsole = false;
  #refusedAt = Number.NEGATIVE_INFINITY;
  /** Whether the server itself has answered: when it is silent after that, it is not because of a pooler. */
  #wasDirect = false;

  constructor(config: Pick<ValidatedPoolConfig, 'managed' | 'endpoint'>, readers: PoolerReaders) {
    this.#config = config;
    this.#readers = readers;
  }

  /** Never throws: what cannot be asked is `MANAGED.UNAVAILABLE`, and the view of the database still stands. */
  async probe(database: Promise<DatabaseProbeResult>): Promise<PoolerProbeResult> {
    const [managed, app] = await Promise.all([this.#managed(database), this.#app()]);
    return { managed: managed.value, app: app.value, problems: [...managed.problems, ...app.problems] };
  }

  async close(): Promise<void> {
    await Promise.all([this.#readers.rdsProxy?.close(), this.#readers.pgbouncer?.close()]);
  }

  async #app(): Promise<Outcome<AppView>> {
    const { appGauges } = this.#readers;
    return appGauges ? await attempt(appGauges) : { value: null, problems: [] };
  }

  async #managed(database: Promise<DatabaseProbeResult>): Promise<Outcome<PoolerView>> {
    const { managed, endpoint } = this.#config;
    if (managed) {
      return await this.#known({ kind: managed.kind, source: 'definition' }, database);
    }
    if (isRdsProxyHost(endpoint)) {
      return await this.#known({ kind: 'rds-proxy', source: 'host name' }, database);
    }
    return await this.#foundOut(database);
  }

  async #known(
    what: Pick<PoolerView, 'kind' | 'source'>,
    database: Promise<DatabaseProbeResult>,
  ): Promise<Outcome<PoolerView>> {
    const reader = what.kind === 'rds-proxy' ? this.#readers.rdsProxy : this.#readers.pgbouncer;
    if (what.kind === 'none') {
      return { value: { ...what, stats: null }, problems: [] };
    }
    if (!reader) {
      return {
        value: { ...what, stats: null },
        problems: [problem('MANAGED.UNAVAILABLE', { reason: 'cannot be asked from here' })],
      };
    }
    const { value: stats, problems } = await attempt(() => reader.read(database));
    return { value: { ...what, stats }, problems };
  }

  async #foundOut(database: Promise<DatabaseProbeResult>): Promise<Outcome<PoolerView>> {
    const endsAt = Date.now() + CHECK_DEADLINE_MS;
    const known = this.#hasConsole ? await this.#known({ kind: 'pgbouncer', source: 'console' }, database) : null;
    const reading = await database;
    const { isDirect } = reading;
    this.#wasDirect = isDirect ?? this.#wasDirect;
    if (known && isDirect !== true) {
      return known;
    }
    const mayBeAsked = mayHavePooler(reading) && !(this.#wasDirect && isSilent(reading));
    const stats = mayBeAsked ? await this.#askedConsole(database, endsAt) : null;
    this.#hasConsole = stats !== null;
    if (stats) {
      return { value: { kind: 'pgbouncer', source: 'console', stats }, problems: [] };
    }
    const kind = isDirect ? 'none' : 'unknown';
    return { value: isDirect === null ? null : { kind, source: 'backend', stats: null }, problems: [] };
  }

  /** Null where no console answers. A refusal is remembered, as it is a failed login in somebody's log. */
  async #askedConsole(database: Promise<DatabaseProbeResult>, endsAt: number): Promise<PoolerStats | null> {
    const { pgbouncer } = this.#readers;
    if (!pgbouncer || Date.now() - this.#refusedAt < ASK_AGAIN_MS) {
      return null;
    }
    const late = () => new Error('no time is left');
    return await within(pgbouncer.read(database), endsAt - Date.now(), late).catch((error: unknown) => {
      this.#refusedAt = isRefusal(error) ? Date.now() : this.#refusedAt;
      return null;
    });
  }
}

/** How long what refuses to be a console is left alone, in milliseconds. */
const ASK_AGAIN_MS = 600_000;

function isRefusal(error: unknown): boolean {
  return error instanceof ProblemError && !['PROBE.TIMEOUT', 'PROBE.UNREACHABLE'].includes(error.problem.code);
}

/** Whether something says that a pooler stands between: on a server the console would be a failed login. */
function mayHavePooler(reading: DatabaseProbeResult): boolean {
  return (
    reading.isDirect === false || isSilent(reading) || reading.problems.some(({ code }) => code === 'MANAGED.FULL')
  );
}

interface Outcome<T> {
  readonly value: T | null;
  readonly problems: readonly Problem[];
}

async function attempt<T>(work: () => Promise<T | null>): Promise<Outcome<T>> {
  try {
    return { value: await work(), problems: [] };
  } catch (error) {
    const reason =
      error instanceof ProblemError
        ? { ...error.problem.values, cause: error.problem.code }
        : { reason: 'unexpected answer' };
    return { value: null, problems: [problem('MANAGED.UNAVAILABLE', reason)] };
  }
}
