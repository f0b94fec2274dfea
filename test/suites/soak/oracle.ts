import { Client, type ClientConfig } from 'pg';

/** How the database is, as a client sees it that knows nothing of pool-health. */
export type Sight = 'well' | 'full' | 'out of reach';

const PATIENCE_MS = 3_000;
const SLOTS = `
  SELECT count(*) FILTER (WHERE backend_type = 'client backend')::int AS used,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS slots
  FROM pg_stat_activity WHERE pid <> pg_backend_pid()`;

/** Logs in as superuser on the same way as the check and counts; superusers still get in when nobody else does. */
export async function look(config: ClientConfig): Promise<Sight> {
  const client = new Client({ ...config, connectionTimeoutMillis: PATIENCE_MS, query_timeout: PATIENCE_MS });
  client.on('error', () => undefined);
  const broken = new Promise<never>((_, reject) => {
    setTimeout(reject, 2 * PATIENCE_MS, new Error('late')).unref();
  });
  try {
    await Promise.race([client.connect(), broken]);
    const { rows } = await Promise.race([client.query<{ used: number; slots: number }>(SLOTS), broken]);
    const [row] = rows;
    return row && row.used < row.slots ? 'well' : 'full';
  } catch {
    return 'out of reach';
  } finally {
    broken.catch(() => undefined);
    await Promise.race([client.end(), broken]).catch(() => undefined);
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}
