import {
  type DBProxy,
  type DBProxyEndpoint,
  type DBProxyTargetGroup,
  DescribeDBProxiesCommand,
  DescribeDBProxyEndpointsCommand,
  DescribeDBProxyTargetGroupsCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { BOUNDS, type Bounds, bounded } from './bounds.js';

/**
 * What the RDS API knows of an RDS Proxy. Import this module with `import()`, and so the SDK behind it, the heaviest of
 * all, only where a pool has such a proxy.
 */

export function rdsClient(bounds: Bounds = BOUNDS): RDSClient {
  return new RDSClient(bounded(bounds));
}

let shared: RDSClient | undefined;

function sharedClient(): RDSClient {
  shared ??= rdsClient();
  return shared;
}

/**
 * A proxy and its target group, of which each has one; undefined where the answer does not hold it.
 *
 * @param client @default one that all pools share
 * @throws what the SDK throws, and an AbortError after `deadlineMs` milliseconds
 */
export async function describeProxy(
  name: string,
  deadlineMs: number,
  client: RDSClient = sharedClient(),
): Promise<{ readonly proxy: DBProxy | undefined; readonly targetGroup: DBProxyTargetGroup | undefined }> {
  const options = { abortSignal: AbortSignal.timeout(deadlineMs) };
  const [{ DBProxies }, { TargetGroups }] = await Promise.all([
    client.send(new DescribeDBProxiesCommand({ DBProxyName: name }), options),
    client.send(new DescribeDBProxyTargetGroupsCommand({ DBProxyName: name }), options),
  ]);
  return { proxy: DBProxies?.[0], targetGroup: TargetGroups?.[0] };
}

/**
 * An endpoint of a proxy beside its default one, by its name; undefined where the answer does not hold it.
 *
 * @param proxy whose endpoint it is; null when that is what is asked for
 * @param client @default one that all pools share
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
  const { DBProxyEndpoints } = await client.send(command, { abortSignal: AbortSignal.timeout(deadlineMs) });
  return DBProxyEndpoints?.[0];
}
