/** The host names of Amazon RDS, and what the host names of RDS Proxies and clusters say. */

/** In China the region follows `rds`, except in the names of older databases. */
const RDS_DOMAIN = String.raw`\.rds(\.cn-[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$`;
const RDS_HOST = new RegExp(RDS_DOMAIN, 'i');
const RDS_PROXY_HOST = new RegExp(String.raw`\.proxy-[a-z0-9]+(\.[a-z0-9-]+)*${RDS_DOMAIN}`, 'i');
const CLUSTER_HOST = new RegExp(
  String.raw`^[^.]+\.cluster-(?<kind>ro-|custom-)?[a-z0-9]+(\.[a-z0-9-]+)*${RDS_DOMAIN}`,
  'i',
);
const FIRST_LABELS = /^(?<label>[^.]+)\.(?<isOther>endpoint\.)?proxy-/i;

/** What the host name of an RDS Proxy says. Names are in lower case. */
export interface RdsProxyHost {
  /** Name of the proxy; null unless the host is its default endpoint. */
  readonly proxy: string | null;
  /** Name of an additional endpoint, which may be read-only; null for the default endpoint. */
  readonly endpoint: string | null;
}

/** Whether the host is a database or a proxy of RDS. */
export function isRdsHost(host: string): boolean {
  return RDS_HOST.test(host);
}

/** Whether the host is an RDS Proxy: its certificates are issued by ACM, whose roots Node knows. */
export function isRdsProxyHost(host: string): boolean {
  return RDS_PROXY_HOST.test(host);
}

/**
 * Reads the host name of an RDS Proxy: `<proxy>.proxy-….rds.amazonaws.com` is its default endpoint,
 * `<endpoint>.endpoint.proxy-….rds.amazonaws.com` an additional one. Any other form names neither.
 *
 * @returns null if the host is not an RDS Proxy
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy-endpoints.html
 */
export function parseRdsProxyHost(host: string): RdsProxyHost | null {
  if (!isRdsProxyHost(host)) {
    return null;
  }
  const { label, isOther } = FIRST_LABELS.exec(host)?.groups ?? {};
  const name = label?.toLowerCase() ?? null;
  return isOther ? { proxy: null, endpoint: name } : { proxy: name, endpoint: null };
}

/** The servers behind an endpoint of a cluster. */
export type ClusterEndpoint = 'writer' | 'readers' | 'custom';

/**
 * Which endpoint of an Aurora or Multi-AZ DB cluster a host name is; null if of none, as an endpoint of one instance.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.Endpoints.html
 */
export function clusterEndpoint(host: string): ClusterEndpoint | null {
  const found = CLUSTER_HOST.exec(host);
  const kind = found?.groups?.kind?.toLowerCase();
  return found && (kind === 'ro-' ? 'readers' : kind === 'custom-' ? 'custom' : 'writer');
}
