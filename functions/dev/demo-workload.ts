import { setTimeout as pause } from 'node:timers/promises';
import { type ClientConfig, Pool, type PoolClient } from 'pg';
import { IsolatedClient } from '../connection/isolated-client.js';
import { within } from '../connection/timeout.js';
import type { PoolSettings } from '../core/pool-settings.js';
import { monotonicMs } from '../time/moment.js';

/** Limit for a large `max`: more customers than the embedded server has slots. */
const MAX_CUSTOMERS = 150;
const STOP_TIMEOUT_MS = 2_000;
/** Needed connections at the bottom and at the top of the wave, as parts of `max`. Above 1 the pool stays full for a while. */
const WAVE_BOTTOM = 0.1;
const WAVE_TOP = 1.1;
const WAVE_BASE_PERIOD_MS = 50_000;
const WAVE_MAX_IDLE_TIMEOUT_MS = 40_000;

export interface Workload {
  /** Lets running statements end and closes all connections. Never throws; takes two seconds at most. */
  stop(): Promise<void>;
}

/**
 * Starts a small demo application with a real pool of the given settings. Each of its customers takes a connection, uses it in
 * its own way and returns it. A wave sets how many customers are active at the same time. Failures of a customer are not
 * reported here: the check has to detect them. Resolves when the first connection is open, so that the first check counts it.
 * Never throws.
 *
 * @param login where the application connects, as its own user
 */
export async function startWorkload(login: ClientConfig, settings: PoolSettings): Promise<Workload> {
  const pool = new Pool({
    ...login,
    Client: IsolatedClient,
    application_name: 'demo',
    min: settings.min,
    max: settings.max,
    idleTimeoutMillis: settings.idleTimeout,
    connectionTimeoutMillis: settings.connectionTimeout,
  });
  pool.on('error', () => {
    // An idle connection was closed by the server; the pool opens another one when it needs it.
  });
  await pool.query('SELECT 1').catch(ignore);
  const stopping = new AbortController();
  const startedAt = monotonicMs();
  const periodMs = wavePeriod(settings.idleTimeout);
  const isNeeded = (index: number): boolean =>
    index < neededConnections(monotonicMs() - startedAt, periodMs, settings.max);
  const customers = Array.from({ length: Math.min(settings.max, MAX_CUSTOMERS) }, (_, index) =>
    runCustomer(pool, index, () => isNeeded(index), stopping.signal),
  );
  return {
    stop: async () => {
      stopping.abort();
      const ended = Promise.all(customers).then(() => pool.end());
      await within(ended, STOP_TIMEOUT_MS, () => new Error('still running')).catch(() => undefined);
    },
  };
}

/**
 * Connections that the demo application needs at a moment. The number rises slowly to `max`, stays there for a quarter of the
 * period and falls again, in the same way at every run.
 *
 * @param elapsedMs since the start
 * @param periodMs from one bottom to the next
 * @returns a whole number from 1 to `max`
 */
export function neededConnections(elapsedMs: number, periodMs: number, max: number): number {
  const height = (1 - Math.cos((2 * Math.PI * elapsedMs) / periodMs)) / 2;
  const needed = Math.round(max * (WAVE_BOTTOM + (WAVE_TOP - WAVE_BOTTOM) * height));
  return Math.min(max, Math.max(1, needed));
}

/**
 * Milliseconds from one bottom to the next. A connection stays open for `idleTimeout` after its last use, so the wave leaves
 * up to 40 s for that before it rises again.
 */
export function wavePeriod(idleTimeoutMs: number): number {
  return WAVE_BASE_PERIOD_MS + Math.min(idleTimeoutMs, WAVE_MAX_IDLE_TIMEOUT_MS);
}

/** Visits again and again until the workload stops. Never throws. */
async function runCustomer(pool: Pool, index: number, isNeeded: () => boolean, stopping: AbortSignal): Promise<void> {
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

/** After a failure the connection is closed instead of returned, because it may be inside a transaction. */
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

/** A failed connection fails its running query too, which is handled. */
function ignore(): void {}

/** Long statements: the connection is active. */
const compute: Visit = async (client) => {
  await client.query('SELECT pg_sleep(0.8)');
  await client.query('SELECT pg_sleep(0.4)');
};

/** A transaction with a pause in it: the connection is idle in transaction for part of the time. */
const order: Visit = async (client, stopping) => {
  await client.query('BEGIN');
  await client.query('SELECT pg_sleep(0.7)');
  await pause(500, undefined, { signal: stopping });
  await client.query('COMMIT');
};

/** Short statements with pauses: the application holds the connection, but for the server it is idle. */
const browse: Visit = async (client, stopping) => {
  for (let page = 0; page < 3; page += 1) {
    await client.query('SELECT pg_sleep(0.05)');
    await pause(350, undefined, { signal: stopping });
  }
};

const VISITS: readonly Visit[] = [compute, order, browse];
