import { setTimeout as pause } from 'node:timers/promises';
import { type ClientConfig, Pool, type PoolClient } from 'pg';
import { within } from '../connection/timeout.js';
import type { PoolSettings } from '../core/pool-settings.js';
import { neededConnections, wavePeriod } from './wave.js';

/** Customers at the same time, however large `max` is: more than the embedded server has slots. */
const MOST_CUSTOMERS = 150;
const STOP_MS = 2_000;

export interface Workload {
  /** Lets statements end and closes all connections; never throws, and takes two seconds at most. */
  stop(): Promise<void>;
}

/**
 * A small demo application with a real pool of the given settings. Each of its customers takes a connection, works with
 * it in its own way and gives it back; how many are there at the same time follows `wave.ts`. What goes wrong for a
 * customer is not reported here: seeing it is what the check is for.
 *
 * @param login where the application connects, as its own user
 */
export function startWorkload(login: ClientConfig, settings: PoolSettings): Workload {
  const pool = new Pool({
    ...login,
    application_name: 'demo',
    min: settings.min,
    max: settings.max,
    idleTimeoutMillis: settings.idleTimeout,
    connectionTimeoutMillis: settings.connectionTimeout,
  });
  pool.on('error', () => {
    // An idle connection was cut; the pool opens another when it needs one.
  });
  const stopping = new AbortController();
  const startedAt = Date.now();
  const periodMs = wavePeriod(settings.idleTimeout);
  const isNeeded = (index: number): boolean =>
    index < neededConnections(Date.now() - startedAt, periodMs, settings.max);
  const customers = Array.from({ length: Math.min(settings.max, MOST_CUSTOMERS) }, (_, index) =>
    beCustomer(pool, index, () => isNeeded(index), stopping.signal),
  );
  return {
    stop: async () => {
      stopping.abort();
      const ended = Promise.all(customers).then(() => pool.end());
      await within(ended, STOP_MS, () => new Error('still running')).catch(() => undefined);
    },
  };
}

/** Comes back until stopping; never throws. */
async function beCustomer(pool: Pool, index: number, isNeeded: () => boolean, stopping: AbortSignal): Promise<void> {
  const visit = VISITS[index % VISITS.length] ?? compute;
  while (!stopping.aborted) {
    try {
      if (isNeeded()) {
        await withConnection(pool, (client) => visit(client, stopping));
      } else {
        await pause(200, undefined, { signal: stopping });
      }
    } catch {
      await pause(500, undefined, { signal: stopping }).catch(() => undefined);
    }
  }
}

type Visit = (client: PoolClient, stopping: AbortSignal) => Promise<void>;

/** A connection after a failure is not given back but closed: it may be inside a transaction. */
async function withConnection(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  client.on('error', ignore);
  try {
    await work(client);
    client.off('error', ignore);
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** A failure of a connection that is in use fails its query too. */
function ignore(): void {}

/** Statements that take long: the connection is active. */
const compute: Visit = async (client) => {
  await client.query('SELECT pg_sleep(0.8)');
  await client.query('SELECT pg_sleep(0.4)');
};

/** A transaction that waits for something else: idle in transaction for a part of the time. */
const order: Visit = async (client, stopping) => {
  await client.query('BEGIN');
  await client.query('SELECT pg_sleep(0.7)');
  await pause(500, undefined, { signal: stopping });
  await client.query('COMMIT');
};

/** Short statements with pauses: the application holds the connection, the server sees it idle. */
const browse: Visit = async (client, stopping) => {
  for (let page = 0; page < 3; page += 1) {
    await client.query('SELECT pg_sleep(0.05)');
    await pause(350, undefined, { signal: stopping });
  }
};

const VISITS: readonly Visit[] = [compute, order, browse];
