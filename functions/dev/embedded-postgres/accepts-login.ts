import { Client, type ClientConfig } from 'pg';

/** Whether a server accepts a login now. Never throws; answers within a second or so. */
export async function acceptsLogin(config: ClientConfig): Promise<boolean> {
  const client = new Client({ ...config, connectionTimeoutMillis: 1_000 });
  client.on('error', () => {
    // A connection that breaks while it is tried counts as not accepted.
  });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
