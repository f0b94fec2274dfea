import { AppMetrics, type AppMetricsOptions } from '../aws/app-metrics.js';
import { ssmClient } from '../aws/clients/ssm.js';
import { CloudWatchReader } from '../aws/cloudwatch-reader.js';
import { awsCredentials } from '../aws/credentials.js';
import { jsonLog } from '../aws/logger.js';
import { ParameterStore } from '../aws/parameter-store.js';
import { type Credentials, fixedPassword } from '../connection/credentials.js';
import { SharedConnection } from '../connection/shared-connection.js';
import { DEPLOYED_ENVIRONMENT, type Environment } from '../core/environment.js';
import type { ValidatedPoolConfig } from '../core/pool-config.js';
import { Monitor } from '../monitor/monitor.js';
import { PoolerProbe, type PoolerReaders } from '../poolers/probe.js';
import { ProxyMetrics } from '../poolers/rds-proxy/cloudwatch.js';
import { type ProxySources, rdsProxyReader } from '../poolers/rds-proxy/reader.js';
import { RdsProxyApi } from '../poolers/rds-proxy/settings.js';
import { createReaders } from '../poolers/readers.js';
import { PostgresProbe } from '../postgres/probe.js';
import type { Runtime } from './runtime.js';

export interface AwsMonitorOptions {
  /**
   * Milliseconds for which the metrics of an RDS Proxy are used before they are read again. See `RdsProxyReaderOptions`.
   *
   * @default 0, every minute
   */
  readonly proxyMetricsMaxAgeMs?: number;
}

/**
 * For functions that answer requests: each of their environments that is awake reads metrics, and eight metrics of a proxy
 * every minute cost 3.50 USD a month.
 */
export const FOR_REQUESTS: AwsMonitorOptions = { proxyMetricsMaxAgeMs: 5 * 60_000 };

/** Monitors the pools that SSM defines. The environment names their path and the namespace of the metrics, nothing else. */
export function awsMonitor(
  {
    POOL_HEALTH_PARAMETER_PREFIX: prefix = DEPLOYED_ENVIRONMENT.POOL_HEALTH_PARAMETER_PREFIX.default,
    POOL_HEALTH_NAMESPACE: namespace = DEPLOYED_ENVIRONMENT.POOL_HEALTH_NAMESPACE.default,
  }: Environment,
  options: AwsMonitorOptions = {},
): Runtime {
  const log = jsonLog();
  const readersFor = readerFactory({ namespace, log }, options);
  const monitor = new Monitor(new ParameterStore({ client: ssmClient(), prefix, log }), (config) => {
    const isPooled = config.managed !== null && config.managed.kind !== 'none';
    const credentials = credentialsFor(config);
    const session = new SharedConnection({ target: config, caFile: null, credentials, isPooled });
    const pooler = new PoolerProbe(config, readersFor(config, credentials));
    return { database: new PostgresProbe(config, session), pooler };
  });
  return { monitor, log, loginFor: (config) => ({ credentials: credentialsFor(config), caFile: null }) };
}

function credentialsFor({ auth, endpoint, port, user }: ValidatedPoolConfig): Credentials {
  return auth.type === 'url' ? fixedPassword(undefined) : awsCredentials({ auth, endpoint, port, user });
}

/** Creates the readers of a pool. All pools of a process share the sources in AWS, whose clients load with the first read. */
function readerFactory(
  appOptions: AppMetricsOptions,
  { proxyMetricsMaxAgeMs: metricsMaxAgeMs = 0 }: AwsMonitorOptions,
): (config: ValidatedPoolConfig, credentials: Credentials) => PoolerReaders {
  const reader = new CloudWatchReader();
  const apps = new AppMetrics(reader, appOptions);
  const sources: ProxySources = { metrics: new ProxyMetrics(reader), api: new RdsProxyApi() };
  return (config, credentials) => {
    const { endpoint, port } = config;
    return createReaders(config, {
      login: { credentials, caFile: null },
      consoleLogin: ({ user, auth }) => ({ credentials: awsCredentials({ endpoint, port, user, auth }), caFile: null }),
      rdsProxy: rdsProxyReader(config, sources, { metricsMaxAgeMs }),
      appGauges: () => apps.read(config.pool),
    });
  };
}
