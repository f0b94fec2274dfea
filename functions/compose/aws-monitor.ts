import { AppMetrics } from '../aws/app-metrics.js';
import { ssmClient } from '../aws/clients/ssm.js';
import { CloudWatchReader } from '../aws/cloudwatch-reader.js';
import { awsCredentials } from '../aws/credentials.js';
import { jsonLog } from '../aws/logger.js';
import { ParameterStore } from '../aws/parameter-store.js';
import { type Credentials, fixedPassword, type Login } from '../connection/credentials.js';
import { SharedConnection } from '../connection/shared-connection.js';
import { DEPLOYED_ENVIRONMENT, type Environment } from '../core/environment.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import { Monitor } from '../monitor/monitor.js';
import { PgbouncerReader } from '../poolers/pgbouncer/reader.js';
import { PoolerProbe, type PoolerReaders } from '../poolers/probe.js';
import { proxyAddress } from '../poolers/rds-proxy/address.js';
import { readProxyGauges } from '../poolers/rds-proxy/cloudwatch.js';
import { ProxyDimensions } from '../poolers/rds-proxy/dimensions.js';
import { type ProxySources, RdsProxyReader } from '../poolers/rds-proxy/reader.js';
import { RdsProxies } from '../poolers/rds-proxy/settings.js';
import { PostgresProbe } from '../postgres/probe.js';

/** Watches the pools that SSM defines. Metrics are the check's own to deliver, so that GETs load no client for them. */
export function deployedRuntime(environment: Environment) {
  const { POOL_HEALTH_PARAMETER_PREFIX: prefix = DEPLOYED_ENVIRONMENT.POOL_HEALTH_PARAMETER_PREFIX.default } =
    environment;
  const log = jsonLog();
  const readersFor = managedReaders();
  const monitor = new Monitor(new ParameterStore({ client: ssmClient(), prefix, log }), (config) => {
    const isPooled = config.managed !== null && config.managed.kind !== 'none';
    const credentials = credentialsFor(config);
    const session = new SharedConnection({ target: config, caFile: null, credentials, isPooled });
    const readers = { ...readersFor(config), pgbouncer: pgbouncerReader(config, credentials) };
    return { database: new PostgresProbe(config, session), pooler: new PoolerProbe(config, readers) };
  });
  const loginFor = (config: ValidatedPoolConfig): Login => ({ credentials: credentialsFor(config), caFile: null });
  return { monitor, publish: null, log, loginFor };
}

function credentialsFor({ auth, endpoint, port, user }: ValidatedPoolConfig): Credentials {
  return auth.type === 'url' ? fixedPassword(undefined) : awsCredentials({ auth, endpoint, port, user });
}

/** Logs in to the console as whom the definition names for it, otherwise as the check itself: it may be found out. */
function pgbouncerReader(config: ValidatedPoolConfig, own: Credentials): PgbouncerReader {
  const { managed, endpoint, port } = config;
  if (managed?.kind !== 'pgbouncer') {
    return new PgbouncerReader(config, { user: config.user, credentials: own, caFile: null });
  }
  const { user, auth } = managed;
  return new PgbouncerReader(config, {
    user,
    credentials: awsCredentials({ auth, endpoint, port, user }),
    caFile: null,
  });
}

/** What all pools of an environment ask AWS about, together and at most once a minute. No client is loaded before. */
function managedReaders(): (config: ValidatedPoolConfig) => PoolerReaders {
  const metrics = new CloudWatchReader();
  const apps = new AppMetrics(metrics);
  const dimensions = new ProxyDimensions();
  const proxies = new RdsProxies();
  const sources: ProxySources = {
    settings: (proxy) => proxies.settings(proxy),
    endpoint: (name, proxy) => proxies.endpoint(name, proxy),
    gauges: (proxy, role) => readProxyGauges(metrics, dimensions, proxy, role),
  };
  return (config) => {
    const address = proxyAddress(config);
    const gauges = () => apps.read(config.pool);
    if (!address) {
      return { appGauges: gauges };
    }
    // The reader of the proxy asks the same service: when it cannot be asked, that is one problem, not two.
    return { rdsProxy: new RdsProxyReader({ address, sources }), appGauges: () => gauges().catch(() => null) };
  };
}
