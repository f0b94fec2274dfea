import { ssmClient } from './aws/clients/ssm.js';
import { awsCredentials } from './aws/credentials.js';
import { jsonLog } from './aws/log.js';
import { SsmSource } from './aws/ssm-source.js';
import { type Credentials, fixedPassword } from './connection/credentials.js';
import { Session } from './connection/session.js';
import { DEPLOYED_ENVIRONMENT, type Environment } from './contract/environment.js';
import type { ValidatedPoolConfig } from './health/config.js';
import { ManagedProbe } from './managed/managed-probe.js';
import { Monitor } from './monitor.js';
import { PostgresProbe } from './postgres/probe.js';

/** Watches the pools that SSM defines. Metrics are the check's own to deliver, so that GETs load no client for them. */
export function deployedRuntime(environment: Environment) {
  const { POOL_HEALTH_PARAMETER_PREFIX: prefix = DEPLOYED_ENVIRONMENT.POOL_HEALTH_PARAMETER_PREFIX.default } =
    environment;
  const log = jsonLog();
  const monitor = new Monitor(new SsmSource({ client: ssmClient(), prefix, log }), (config) => {
    const isPooled = config.managed !== null && config.managed.kind !== 'none';
    const session = new Session({ target: config, caFile: null, credentials: credentialsFor(config), isPooled });
    return { database: new PostgresProbe(config, session), managed: new ManagedProbe(config, {}) };
  });
  return { monitor, publish: null, log };
}

function credentialsFor({ auth, endpoint, port, user }: ValidatedPoolConfig): Credentials {
  return auth.type === 'url' ? fixedPassword(undefined) : awsCredentials({ auth, endpoint, port, user });
}
