import { AppGauges } from './aws/app-gauges.js';
import { ssmClient } from './aws/clients/ssm.js';
import { awsCredentials } from './aws/credentials.js';
import { jsonLog } from './aws/log.js';
import { MetricReader } from './aws/metric-reader.js';
import { ProxyDimensions } from './aws/proxy-dimensions.js';
import { proxyFigures } from './aws/proxy-figures.js';
import { RdsProxies } from './aws/proxy-settings.js';
import { SsmSource } from './aws/ssm-source.js';
import { type Credentials, fixedPassword, type Login } from './connection/credentials.js';
import { Session } from './connection/session.js';
import { DEPLOYED_ENVIRONMENT, type Environment } from './contract/environment.js';
import type { ValidatedPoolConfig } from './health/config.js';
import { ManagedProbe, type ManagedReaders } from './managed/managed-probe.js';
import { PgbouncerReader } from './managed/pgbouncer.js';
import { proxyAddress } from './managed/rds-proxy.js';
import { type ProxySources, RdsProxyReader } from './managed/rds-proxy-reader.js';
import { Monitor } from './monitor.js';
import { PostgresProbe } from './postgres/probe.js';

/** Watches the pools that SSM defines. Metrics are the check's own to deliver, so that GETs load no client for them. */
export function deployedRuntime(environment: Environment) {
  const { POOL_HEALTH_PARAMETER_PREFIX: prefix = DEPLOYED_ENVIRONMENT.POOL_HEALTH_PARAMETER_PREFIX.default } =
    environment;
  const log = jsonLog();
  const readersFor = managedReaders();
  const monitor = new Monitor(new SsmSource({ client: ssmClient(), prefix, log }), (config) => {
    const isPooled = config.managed !== null && config.managed.kind !== 'none';
    const credentials = credentialsFor(config);
    const session = new Session({ target: config, caFile: null, credentials, isPooled });
    const readers = { ...readersFor(config), pgbouncer: pgbouncerReader(config, credentials) };
    return { database: new PostgresProbe(config, session), managed: new ManagedProbe(config, readers) };
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
function managedReaders(): (config: ValidatedPoolConfig) => ManagedReaders {
  const metrics = new MetricReader();
  const apps = new AppGauges(metrics);
  const dimensions = new ProxyDimensions();
  const proxies = new RdsProxies();
  const sources: ProxySources = {
    settings: (proxy) => proxies.settings(proxy),
    endpoint: (name, proxy) => proxies.endpoint(name, proxy),
    gauges: (proxy, role) => proxyFigures(metrics, dimensions, proxy, role),
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
