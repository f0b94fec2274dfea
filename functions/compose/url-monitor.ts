import { appendFile } from 'node:fs/promises';
import type { Logger } from '../aws/logger.js';
import { fixedPassword, type Login } from '../connection/credentials.js';
import { SharedConnection } from '../connection/shared-connection.js';
import type { Datapoints, Publish } from '../core/datapoints.js';
import { emfLine } from '../core/emf.js';
import type { Environment } from '../core/environment.js';
import type { Problem } from '../core/problems.js';
import { Monitor } from '../monitor/monitor.js';
import { PoolerProbe } from '../poolers/probe.js';
import { createReaders } from '../poolers/readers.js';
import { PostgresProbe } from '../postgres/probe.js';
import { urlSource } from './url.js';

/** Watches the database of `DATABASE_URL`. Its log is silent: `npm start` prints a line for each assessment itself. */
export function localRuntime(environment: Environment) {
  const source = urlSource(environment);
  const login: Login = { credentials: fixedPassword(source.url?.password), caFile: source.url?.caFile ?? null };
  const { credentials, caFile } = login;
  const monitor = new Monitor(source, (config) => {
    const session = new SharedConnection({ target: config, caFile, credentials, isPooled: false });
    const pooler = new PoolerProbe(config, createReaders(config, { login }));
    return { database: new PostgresProbe(config, session), pooler };
  });
  const file = environment.POOL_HEALTH_METRICS_FILE;
  const publish: Publish = (metrics) => (file ? append(file, metrics) : NOTHING);
  const log: Logger = () => undefined;
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
