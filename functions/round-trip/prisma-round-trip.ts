import { type AppPool, poolOf } from '../app/pool.js';
import { createPrismaClient } from '../app/prisma.js';
import { resolvePool } from '../app/resolve.js';
import type { Login } from '../connection/credentials.js';
import { toProblem } from '../connection/errors.js';
import { ProbeTimeout, within } from '../connection/timeout.js';
import { CHECK_APPLICATION_NAME, CHECK_DEADLINE_MS } from '../core/check-role.js';
import type { RoundTrip } from '../core/details-report.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import { PrismaClient } from './generated/client.js';

/**
 * Measures a round trip to the database as an application makes it: through a Prisma client over a pool with the settings of
 * the watched pool. One trip runs at a time, so the pool never opens more than one connection, which stays for `idleTimeout`.
 */
export class PrismaRoundTrip {
  readonly #pool: AppPool;
  readonly #prisma: PrismaClient;
  #trip: Trip | null = null;

  constructor(config: ValidatedPoolConfig, { credentials, caFile }: Login) {
    const options = {
      name: config.pool,
      connectionString: urlOf(config, caFile),
      password: async () => (await credentials.password()) ?? '',
      settings: config.settings,
      environment: {},
      writeMetrics: null,
    };
    // A name that applications may not use: the check does not count sessions with it.
    this.#pool = poolOf({ ...resolvePool(options), applicationName: CHECK_APPLICATION_NAME }, options, true);
    this.#prisma = createPrismaClient({ PrismaClient, pool: this.#pool });
  }

  /** Never throws, and takes no longer than a check may. A trip that is still running is awaited, not repeated. */
  async measure(): Promise<RoundTrip> {
    this.#trip ??= this.#start();
    const trip = this.#trip;
    const timeoutError = () => new ProbeTimeout(trip.acquireMs === null ? 'connect' : 'query', CHECK_DEADLINE_MS);
    try {
      const queryMs = await within(trip.queryMs, CHECK_DEADLINE_MS, timeoutError);
      return { acquireMs: trip.acquireMs, queryMs, problems: [] };
    } catch (error) {
      return { acquireMs: trip.acquireMs, queryMs: null, problems: [toProblem(error)] };
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #start(): Trip {
    const startedAt = performance.now();
    const measureQuery = async () => {
      (await this.#pool.connect()).release();
      const acquiredAt = performance.now();
      trip.acquireMs = rounded(acquiredAt - startedAt);
      await this.#prisma.$queryRaw`select 1`;
      return rounded(performance.now() - acquiredAt);
    };
    const trip: Trip = { acquireMs: null, queryMs: Promise.resolve(0) };
    trip.queryMs = measureQuery().finally(() => {
      this.#trip = null;
    });
    trip.queryMs.catch(() => undefined);
    return trip;
  }
}

/** A running round trip. */
interface Trip {
  /** Null until the pool has returned a connection. */
  acquireMs: number | null;
  queryMs: Promise<number>;
}

function urlOf({ endpoint, port, database, user, tls }: ValidatedPoolConfig, caFile: string | null): string {
  const url = new URL('postgres://host/');
  const isSocket = endpoint.startsWith('/');
  url.hostname = isSocket ? 'localhost' : endpoint.includes(':') ? `[${endpoint}]` : endpoint;
  url.port = String(port);
  url.username = encodeURIComponent(user);
  url.pathname = `/${encodeURIComponent(database)}`;
  url.searchParams.set('sslmode', tls === 'off' ? 'disable' : tls);
  if (isSocket) {
    url.searchParams.set('host', endpoint);
  }
  if (caFile !== null) {
    url.searchParams.set('sslrootcert', caFile);
  }
  return url.href;
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
