import { appendFile } from 'node:fs/promises';
import type { Log } from '../aws/log.js';
import { fixedPassword, type Login } from '../connection/credentials.js';
import { Session } from '../connection/session.js';
import type { Environment } from '../contract/environment.js';
import type { Datapoints, Publish } from '../health/datapoints.js';
import { emfLine } from '../health/emf.js';
import type { Problem } from '../health/problem.js';
import { ManagedProbe } from '../managed/managed-probe.js';
import { PgbouncerReader } from '../managed/pgbouncer.js';
import { Monitor } from '../monitor.js';
import { PostgresProbe } from '../postgres/probe.js';
import { urlSource } from './url-source.js';

/** Watches the database of `DATABASE_URL`. Its log is silent: `npm start` prints a line for each assessment itself. */
export function localRuntime(environment: Environment) {
  const source = urlSource(environment);
  const login: Login = { credentials: fixedPassword(source.url?.password), caFile: source.url?.caFile ?? null };
  const { credentials, caFile } = login;
  const monitor = new Monitor(source, (config) => {
    const session = new Session({ target: config, caFile, credentials, isPooled: false });
    const pgbouncer = new PgbouncerReader(config, { user: config.user, credentials, caFile });
    return { database: new PostgresProbe(config, session), managed: new ManagedProbe(config, { pgbouncer }) };
  });
  const file = environment.POOL_HEALTH_METRICS_FILE;
  const publish: Publish = (metrics) => (file ? append(file, metrics) : NOTHING);
  const log: Log = () => undefined;
  return { monitor, publish, log, loginFor: () => login };
}

const NOTHING = Promise.resolve<readonly Problem[]>([]);

async function append(file: string, metrics: readonly Datapoints[]): Promise<readonly Problem[]> {
  const lines = metrics.map((datapoints) => `${emfLine(datapoints)}\n`).join('');
  await appendFile(file, lines).catch((error: NodeJS.ErrnoException) => {
    process.stderr.write(`The metrics could not be written (${error.code}); they follow.\n${lines}`);
  });
  return NOTHING;
}
