import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { serverAccount } from '../../../functions/dev/embedded-postgres/binaries.js';
import { EmbeddedPostgres } from '../../../functions/dev/embedded-postgres/embedded-postgres.js';
import { freePort } from '../../../functions/dev/embedded-postgres/free-port.js';
import { giveTo } from '../../../functions/dev/embedded-postgres/init-database.js';
import { TestServer } from '../../support/postgres.js';
import { until } from '../../support/until.js';

/** A standby that streams from a primary, made of a copy of its files; the primary restarts for it. */
export async function startStandby(primary: EmbeddedPostgres): Promise<TestServer> {
  const binaries = process.env.POOL_HEALTH_TEST_BINARIES;
  const standby = new EmbeddedPostgres(await freePort());
  await standby.initialise({ ...(binaries && { binaries }) });
  const data = dataOf(standby);
  await rm(data, { recursive: true });
  await primary.stop();
  await cp(dataOf(primary), data, { recursive: true });
  await primary.start();
  const source = `host=127.0.0.1 port=${primary.port} user=postgres password=${primary.password}`;
  writeFileSync(join(data, 'standby.signal'), '');
  appendFileSync(join(data, 'postgresql.conf'), `port = '${standby.port}'\nprimary_conninfo = '${source}'\n`);
  await ownAll(data);
  // Its users are those of the primary.
  Object.assign(standby, { password: primary.password });
  await standby.start();
  const server = new TestServer(standby);
  await until('the standby streams', async () => {
    const rows = await server.sql(`SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'`);
    return rows.length === 1;
  });
  return server;
}

/** From its next start the server is a standby that nothing streams to; gives what ends that at the start after. */
export function standBy(postgres: EmbeddedPostgres): () => void {
  const signal = join(dataOf(postgres), 'standby.signal');
  writeFileSync(signal, '');
  giveTo(serverAccount(), signal);
  return () => rmSync(signal);
}

/** From its next start the server stays in recovery and refuses logins (57P03); gives what ends that at the start after. */
export function keepRecovering(postgres: EmbeddedPostgres): () => void {
  const promote = standBy(postgres);
  const settings = join(dataOf(postgres), 'postgresql.conf');
  const before = readFileSync(settings, 'utf8');
  appendFileSync(settings, 'hot_standby = off\n');
  return () => {
    promote();
    writeFileSync(settings, before);
  };
}

function dataOf({ directory }: EmbeddedPostgres): string {
  return join(directory, 'data');
}

async function ownAll(folder: string): Promise<void> {
  // Found once: each search starts a process.
  const account = serverAccount();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    giveTo(account, join(entry.parentPath, entry.name));
  }
  giveTo(account, folder);
  await chmod(folder, 0o700);
}
