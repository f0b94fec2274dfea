import {
  type DBProxy,
  type DBProxyEndpoint,
  type DBProxyTargetGroup,
  DescribeDBProxiesCommand,
  DescribeDBProxyEndpointsCommand,
  DescribeDBProxyTargetGroupsCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { deadlineSignal } from '../../time/deadline.js';
import { BOUNDS, type Bounds, bounded, shared } from './bounds.js';

/**
 * Reads RDS Proxies from the RDS API. Import this module with `import()`: only pools behind an RDS Proxy then load the SDK
 * behind it, which is the largest of all.
 */

export function rdsClient(bounds: Bounds = BOUNDS): RDSClient {
  return new RDSClient(bounded(bounds));
}

const sharedClient = shared(rdsClient);

/**
 * A proxy and its target group, of which each proxy has one; undefined where the answer does not contain it.
 *
 * @param client @default a client that all pools share
 * @throws what the SDK throws, and an AbortError after `deadlineMs` milliseconds
 */
export async function describeProxy(
  name: string,
  deadlineMs: number,
  client: RDSClient = sharedClient(),
): Promise<{ readonly proxy: DBProxy | undefined; readonly targetGroup: DBProxyTargetGroup | undefined }> {
  const options = { abortSignal: deadlineSignal(deadlineMs) };
  const [{ DBProxies }, { TargetGroups }] = await Promise.all([
    client.send(new DescribeDBProxiesCommand({ DBProxyName: name }), options),
    client.send(new DescribeDBProxyTargetGroupsCommand({ DBProxyName: name }), options),
  ]);
  return { proxy: DBProxies?.[0], targetGroup: TargetGroups?.[0] };
}

/**
 * An endpoint that is not a proxy's default endpoint, by its name; undefined where the answer does not contain it.
 *
 * @param proxy the proxy that has the endpoint; null when it is unknown
 * @param client @default a client that all pools share
 * @throws what the SDK throws, and an AbortError after `deadlineMs` milliseconds
 */
export async function describeEndpoint(
  name: string,
  proxy: string | null,
  deadlineMs: number,
  client: RDSClient = sharedClient(),
): Promise<DBProxyEndpoint | undefined> {
  const command = new DescribeDBProxyEndpointsCommand({
    DBProxyEndpointName: name,
    ...(proxy !== null && { DBProxyName: proxy }),
  });
  const { DBProxyEndpoints } = await client.send(command, { abortSignal: deadlineSignal(deadlineMs) });
  return DBProxyEndpoints?.[0];
}
